"""The command line: one file per sub-command.

Each has `NAME`, `HELP`, `EXAMPLES`, `add_arguments(parser)` and `run(arguments) -> exit status`. Heavy
modules are imported inside `run`, so that `--help` is fast.
"""
