"""Reports on scores: plots, tables, pages, videos and the server of pages. Runs no trackers."""

import sys


def _refuse_foreign_packages() -> None:
    """Ends `python -m reports.X` with a message if other packages of the same name hide ours."""
    try:
        from benchmarks.installation import foreign_packages
    except ImportError as error:
        if error.name is None or not error.name.startswith("benchmarks"):
            raise
        foreign = [
            "another package 'benchmarks' hides sotbench's; start sotbench in another folder, without it "
            "in PYTHONPATH, or rename it"
        ]
    else:
        foreign = foreign_packages()
    if foreign:
        sys.stderr.write(f"error: {'; '.join(foreign)}\n")
        sys.exit(2)


if sys.argv[:1] == ["-m"]:  # its value while Python locates the module of -m
    _refuse_foreign_packages()
