"""A run folder as an archive for download, which `import` takes as it is."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from benchmarks.store import Manifest, RunFolder
from benchmarks.store.journal import journal_path
from benchmarks.store.run_folder import MANIFEST, REPRODUCED, file_names
from trackers.regular_files import is_regular

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of all files, so that the same results give the same archive."""


def run_archive(folder: RunFolder, manifest: Manifest) -> bytes:
    """Returns a zip file with a run's manifest, boxes, times and record of its reproduction.

    Args:
        folder: the run.
        manifest: its manifest, with its journal; files that it does not name are left out.
    """
    names = [MANIFEST, journal_path(Path(MANIFEST)).name, REPRODUCED]
    for name, record in manifest.sequences.items():
        if record.status == "ok" and Path(name).name == name:
            names += file_names(name, record)
    content = io.BytesIO()
    top = f"{folder.dataset}/{folder.tracker}/{folder.protocol}"
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            path = folder.path / name
            try:
                text = path.read_bytes() if is_regular(path) else None
            except FileNotFoundError:
                continue
            if text is not None:
                info = zipfile.ZipInfo(f"{top}/{name}", _EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = 0o644 << 16
                archive.writestr(info, text)
    return content.getvalue()
