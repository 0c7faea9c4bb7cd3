"""`python -m tests.snapshot`: records what a user sees of a checkout, and compares two records."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.snapshot import __doc__ as manual
from tests.snapshot import bad, demo, golden
from tests.snapshot.comparing import differences
from tests.snapshot.recorder import Entry, Place, record

SECTIONS = {"demo": demo.commands, "golden": golden.commands, "bad": bad.commands}
_ROOT = Path(__file__).resolve().parents[2]


def _parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        prog="python -m tests.snapshot",
        description=manual,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = options.add_subparsers(dest="command", required=True)
    recording = commands.add_parser("record", help="run the commands and write what came out")
    add = recording.add_argument
    add("out", type=Path, metavar="OUT.json")
    add(
        "--checkout",
        type=Path,
        default=_ROOT,
        metavar="DIR",
        help="whose packages to run (default: this one)",
    )
    add("--python", default=sys.executable, metavar="FILE", help="the interpreter (default: this one)")
    add("--section", nargs="+", choices=SECTIONS, default=list(SECTIONS), help="(default: all)")
    comparing = commands.add_parser("compare", help="print what differs; exit status 1 if anything does")
    add = comparing.add_argument
    add("before", type=Path, metavar="BEFORE.json")
    add("after", type=Path, metavar="AFTER.json")
    add("--ignore-messages", action="store_true", help="sentences may differ, on both outputs and in files")
    return options


def main() -> int:
    """Records or compares."""
    arguments = _parser().parse_args()
    if arguments.command == "record":
        snapshot = _recorded(arguments.checkout.resolve(), arguments.python, arguments.section)
        arguments.out.write_text(json.dumps(snapshot, indent=1) + "\n", encoding="utf-8")
        return 0
    before, after = (
        json.loads(path.read_text(encoding="utf-8")) for path in (arguments.before, arguments.after)
    )
    status = 0
    for name, snapshot in (("before", before), ("after", after)):
        print(f"{name}: {snapshot['checkout']['commit']}", file=sys.stderr)
    for section in SECTIONS:
        if (section in before["sections"]) != (section in after["sections"]):
            print(f"section {section} is in one of the two alone")
            status = 1
            continue
        old, new = (snapshot["sections"].get(section, {}) for snapshot in (before, after))
        for difference in differences(old, new, arguments.ignore_messages):
            print(difference)
            status = 1
    return status


def _recorded(checkout: Path, python: str, sections: list[str]) -> dict[str, Any]:
    shared = _ROOT.parent / "shared"
    begun: dict[str, str] = {}
    entries: dict[str, dict[str, Entry]] = {}
    for section in sections:
        with tempfile.TemporaryDirectory(prefix="snapshot-") as work:
            place = Place(Path(work).resolve(), checkout, python, shared if shared.is_dir() else None)
            place.require_checkout()
            begun = begun or place.state()
            # Matplotlib says on standard error that it lists the fonts, where it has not yet.
            place.run(["-c", "import matplotlib.font_manager"])
            entries[section] = record(place, SECTIONS[section](place))
            if place.state() != begun:
                sys.exit(
                    f"error: files in {checkout} were changed while it was recorded; record a copy of it"
                )
    return {"checkout": begun, "sections": entries}


if __name__ == "__main__":
    sys.exit(main())
