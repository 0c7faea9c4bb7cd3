"""The command line: one file per sub-command.

Each has `NAME`, `HELP`, `EXAMPLES`, `add_arguments(parser)` and `run(arguments) -> exit status`, and imports
what is heavy inside `run`, so that `--help` answers at once.
"""
