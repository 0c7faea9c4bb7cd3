"""What a user sees of sotbench, before and after a change: `python -m tests.snapshot`, from the root.

A refactoring is to change nothing of it. Record a checkout of the commit before and the one after, on one
machine (another may round the networks' boxes differently), and compare:

    git worktree add /tmp/before main
    python -m tests.snapshot record before.json --checkout /tmp/before
    python -m tests.snapshot record after.json
    python -m tests.snapshot compare before.json after.json

`record` runs a few hundred commands, each in a process of its own, in a temporary folder: sections `demo`
(run, score, compare, rank, export, import, reports), `golden` (published results of ../shared, imported and
scored) and `bad` (wrong command lines, damaged files); `--section` chooses. It keeps exit status, standard
output, standard error and the sha256 of every file that was written, without what varies from run to run
(`normalize.py`). After each run the measured times are replaced by made-up ones, so that whatever is computed
from them is compared as well.

`compare` prints what differs and exits with 1 if anything does. Where messages were changed on purpose,
`--ignore-messages` compares exit statuses, files, json, csv, markdown, latex and html on standard output and
the number of lines on standard error.

The commands are always those of this checkout, also where `--checkout` names another. A full record takes
about four minutes of CPU time.
"""
