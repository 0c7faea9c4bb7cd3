"""The differences between two snapshots."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from tests.snapshot.normalize import MESSAGES

DATA = ("json", "csv", "markdown", "latex", "html")


def differences(
    before: dict[str, Any], after: dict[str, Any], ignore_messages: bool = False
) -> Iterator[str]:
    """What differs, command by command; the texts as unified diffs."""
    for command in [*before, *(command for command in after if command not in before)]:
        if command not in before or command not in after:
            yield f"== {command}\nonly {'before' if command in before else 'after'}"
            continue
        old, new = (_parts(command, entry[command], ignore_messages) for entry in (before, after))
        found = [_difference(part, old.get(part), new.get(part)) for part in sorted({*old, *new})]
        if told := [difference for difference in found if difference]:
            yield "\n".join([f"== {command}", *told])


def _parts(command: str, entry: dict[str, Any], ignore_messages: bool) -> dict[str, dict[str, str]]:
    """What is compared of a command, by name."""
    parts = {"exit status": {"sha256": str(entry["status"])}}
    parts |= {f"file {name}": file for name, file in entry["files"].items()}
    if ignore_messages:
        parts = {name: part for name, part in parts.items() if not name.endswith(MESSAGES)}
        parts["lines of stderr"] = {"sha256": str(entry["stderr"]["lines"])}
    else:
        parts["stderr"] = entry["stderr"]
    if not ignore_messages or prints_data(command):
        parts["stdout"] = entry["stdout"]
    return parts


def prints_data(command: str) -> bool:
    """Whether standard output is for programs."""
    return command.startswith("reports.table") or any(f"--format {form}" in command for form in DATA)


def _difference(part: str, old: dict[str, str] | None, new: dict[str, str] | None) -> str:
    if old is None or new is None:
        return f"{part}: only {'after' if old is None else 'before'}"
    if old["sha256"] == new["sha256"]:
        return ""
    if "text" not in old or "text" not in new:
        return f"{part}: {old['sha256'][:64]} -> {new['sha256'][:64]}"
    lines = difflib.unified_diff(
        old["text"].splitlines(),
        new["text"].splitlines(),
        f"{part} before",
        f"{part} after",
        lineterm="",
        n=1,
    )
    return "\n".join(lines)
