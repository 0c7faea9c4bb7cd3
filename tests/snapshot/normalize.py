"""Outputs and files without what varies from run to run."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

VARYING = (
    (re.compile(r"-?[\d.]+(e[+-]?\d+)? FPS"), "<N> FPS"),
    (re.compile(r"[\d.]+ frames/s"), "<N> frames/s"),
    (re.compile(r"transport [\d.]+ ms"), "transport <N> ms"),
    (re.compile(r"-?\d+ s left"), "<N> s left"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:\d\d|Z)?"), "<DATE>"),
    (re.compile(r"\b[0-9a-f]{40}\b(\+changes)?"), "<COMMIT>"),
    (re.compile(r"0x[0-9a-f]{6,}"), "<ADDRESS>"),
    (re.compile(r'\.py", line \d+'), '.py", line <N>'),
    (re.compile(r"\bprocess \d+\b"), "process <N>"),
)
DROPPED = {"code", "commit", "times", "transport", "packages", "processor", "cores", "python", "system"} | {
    "torch_threads",
    "made",
    "version",
}
"""Keys of manifests and of a page's data: times, machine, and digests of the code."""

PROSE = {"message", "traceback", "notes", "remarks", "title", "reference", "differs", "label", "left_out"}
"""Keys of sentences, which are compared apart."""

MESSAGES = " (messages)"
"""Ends the names of what `--ignore-messages` leaves out."""

RASTER = {".png", ".jpg", ".pdf"}
IN_WORDS = {".csv", ".json", ".md", ".markdown", ".tex", ".latex", ".log", ".py", ".toml"}
"""Files that are kept as text, to show what differs in them."""

Words = Callable[[str], str]
_KEPT = 20_000


def words(places: dict[str, str]) -> Words:
    """A function that puts names, such as <WORK>, for these paths, and signs for what varies."""
    ordered = sorted(places.items(), key=lambda place: -len(place[0]))

    def normalized(text: str) -> str:
        for path, name in ordered:
            text = text.replace(path, name)
        for pattern, sign in VARYING:
            text = pattern.sub(sign, text)
        return text

    return normalized


def sorted_lines(text: str) -> str:
    """The lines of a run whose sequences end in any order, without the numbers at which they ended."""
    return "".join(sorted(re.sub(r"^\[\d+/", "[<N>/", line) for line in text.splitlines(keepends=True)))


def digest(content: bytes | str) -> str:
    """Sha256 of text in UTF-8, or of bytes."""
    return hashlib.sha256(
        content.encode("utf-8", "replace") if isinstance(content, str) else content
    ).hexdigest()


def described(content: str) -> dict[str, str]:
    """Digest and, if it is no book, the text."""
    return {"sha256": digest(content)} | ({"text": content} if len(content) <= _KEPT else {})


def described_file(path: Path, name: str, normalized: Words) -> dict[str, dict[str, str]]:
    """What is kept of a file, by name; of files that hold sentences, these under a name of their own."""
    if path.suffix in RASTER:
        return {name: {"sha256": "not compared"}}
    content = path.read_bytes()
    if path.name.endswith(".time.txt"):
        return {name: {"sha256": f"{len(content.splitlines())} times"}}
    if path.suffix == ".html" and b'<script type="text/plain" id="data">' in content:
        return _page(content.decode(), name, normalized)
    if path.name == "run.json":
        try:
            figures, prose = without_prose(json.loads(content))
        except ValueError:
            return {name: {"sha256": digest(content)}}
        return {
            name: described(normalized(_dump(figures))),
            name + MESSAGES: described(normalized(_dump(prose))),
        }
    if path.suffix in IN_WORDS:
        return {name: described(normalized(content.decode("utf-8", "replace")))}
    return {name: {"sha256": digest(content)}}


def _dump(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True)


def without_prose(value: Any) -> tuple[Any, list[Any]]:
    """JSON without what varies and without sentences, but whether there are any; and the sentences."""
    prose: list[Any] = []

    def cleaned(part: Any) -> Any:
        if isinstance(part, list):
            return [cleaned(each) for each in part]
        if not isinstance(part, dict):
            return part
        prose.extend(part[key] for key in sorted(PROSE & part.keys()) if part[key])
        kept = {key: each for key, each in part.items() if key not in DROPPED}
        return {key: bool(each) if key in PROSE else cleaned(each) for key, each in kept.items()}

    return cleaned(value), prose


def _page(text: str, name: str, normalized: Words) -> dict[str, dict[str, str]]:
    """A report's page: its data, the sentences in these, and all else that it consists of."""
    pattern = re.compile(r'(<script type="text/plain" id="[\w-]+">)(.*?)</script>', re.DOTALL)
    figures, prose = without_prose([_unbundled(part) for _, part in pattern.findall(text)])
    return {
        name: {"sha256": digest(normalized(_dump(figures)))},
        name + MESSAGES: described(normalized(_dump(prose))),
        f"{name}, markup{MESSAGES}": described(normalized(pattern.sub(r"\1</script>", text))),
    }


def _unbundled(text: str) -> Any:
    content = zlib.decompress(base64.b64decode(text))
    begin = 4 + int.from_bytes(content[:4], "little")

    def numbers(found: dict[str, Any]) -> Any:
        if "$packed" not in found:
            return found
        kind, place, length, width = found["$packed"]
        return [kind, width, digest(content[begin + place :][:length])]

    return json.loads(content[4:begin], object_hook=numbers)


def retime(manifest: Path) -> None:
    """Replaces the measured times of a run by made-up ones, and their digests in its manifest."""
    content = json.loads(manifest.read_text(encoding="utf-8"))
    for sequence, record in content["sequences"].items():
        record["transport"] = 0.0
        runs = record.get("runs", [])
        for number, run in enumerate(runs, start=1):
            name = f"{sequence}.{number}" if len(runs) > 1 else sequence
            times = manifest.with_name(f"{name}.time.txt")
            if not times.is_file():
                continue
            lines = times.read_text().splitlines()
            made_up = [
                line if line == "nan" else f"{0.01 + 0.001 * (k % 7):.3f}" for k, line in enumerate(lines)
            ]
            times.write_text("".join(f"{line}\n" for line in made_up))
            run["times"] = digest(times.read_bytes())
    manifest.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
