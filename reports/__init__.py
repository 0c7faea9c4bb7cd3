"""Reports on scores: plots, tables, pages, videos and the server of pages. Runs no trackers."""

import sys


def _refuse_shadowing_packages() -> None:
    """Ends `python -m reports.X` with a message if other packages of the same name hide ours."""
    try:
        from benchmarks.installation import shadowing_packages
    except ImportError as error:
        if error.name is None or not error.name.startswith("benchmarks"):
            raise
        problems = [
            "another package 'benchmarks' hides sotbench's; start sotbench in another folder, without it "
            "in PYTHONPATH, or rename it"
        ]
    else:
        problems = shadowing_packages()
    if problems:
        sys.stderr.write(f"error: {'; '.join(problems)}\n")
        sys.exit(2)


if sys.argv[:1] == ["-m"]:  # so it is while Python looks for the module that -m names
    _refuse_shadowing_packages()
