"""What else a folder may hold, where no file of it is named after a sequence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence as Items
from pathlib import PurePosixPath

from benchmarks.store.formats.nested import EXPERIMENTS

_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
_OTHER_FORMATS = {".mat": "otb-mat", ".json": "otb-json", ".txt": "txt", ".bin": "vot"}
_MULTI_START = re.compile(r".*/(?P<sequence>[^/]+)/(?P=sequence)_\d{8}\.(?:txt|bin)")
_OBJECTS = re.compile(r".*/(?P<sequence>[^/]+)/(?P=sequence)_\d{3}_\d+\.(?:txt|bin)")


def other_contents(names: Items[str], form: str, protocol: str) -> str:
    """What the files `names` are instead of results of format `form`, in a clause, or an empty string."""
    slashed = ["/" + name for name in names]
    if any(map(_MULTI_START.fullmatch, slashed)):
        return (
            "these are runs from several start frames (the multi-start protocol of VOT2020 and later), which "
            "cannot be scored here"
        )
    if any(map(_OBJECTS.fullmatch, slashed)):
        return "these are results on several objects of a video (VOTS), which cannot be scored here"
    there = {part for name in names for part in name.split("/")[:-1]}
    for other, folders in EXPERIMENTS.items():
        if (found := there.intersection(folders)) and other != protocol:
            return f"there are results of experiment '{min(found)}': give --from vot --protocol {other}"
    suffixes = Counter(PurePosixPath(name).suffix.casefold() for name in names)
    if packed := [name for name in names if name.casefold().endswith(_ARCHIVES)]:
        return f"it holds another archive, {packed[0]}: unpack that and import it by itself"
    for suffix, count in suffixes.most_common(1):
        likely = _OTHER_FORMATS.get(suffix)
        if likely and likely != form:
            return f"it holds {count} files *{suffix}: perhaps --from {likely}"
        if suffix:
            return f"it holds {count} files *{suffix}"
    return ""
