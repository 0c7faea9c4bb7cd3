"""Any folder of videos with ground truth: `--dataset folder --data-root my-videos`.

    my-videos/sotbench.toml
    my-videos/<sequence>/0001.jpg ...             or in <sequence>/img, /color or /frames, or a video
    my-videos/<sequence>/groundtruth.txt          or groundtruth_rect.txt, gt.txt, <anything>_gt.txt, .csv
    my-videos/<sequence>.mp4 with <sequence>.txt  videos with ground truth beside them

Ground truth has one line per image, in the order of the images' numbers: x, y, w, h, or the corners x1, y1 to
x4, y4. In a test set whose ground truth is kept elsewhere it is the first image's line alone. Nothing in such
numbers tells whether the first pixel is 0 or 1, so `sotbench.toml` has to:

    one_based = false         # x = 0 is the left edge of the image; true if x = 1 is
    title = "My videos"       # what figures call it; the folder's name if left out

CVAT's XML, COCO's and LabelMe's JSON and MOTChallenge's folders are read as well; what else `sotbench.toml`
may say is in docs/own-videos.md. Results are kept under the name `folder-<name of the folder>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.box_columns import BOX_FORMS, Columns
from benchmarks.box_text import read_text
from benchmarks.datasets.annotations.coco import read_coco
from benchmarks.datasets.annotations.cvat import read_cvat
from benchmarks.datasets.annotations.labelme import read_labelme
from benchmarks.datasets.annotations.text import MOT, named_columns, read_tracks
from benchmarks.datasets.annotations.track import MAX_ANNOTATION_BYTES, Track
from benchmarks.datasets.disk_dataset import DiskDataset
from benchmarks.datasets.folder.flags import read_absent, read_attributes
from benchmarks.datasets.folder.frames import count_all, image_size, open_images, open_track
from benchmarks.datasets.folder.layout import (
    AnnotationSource,
    annotation_folder,
    find_images,
    find_sources,
    frames_path,
)
from benchmarks.datasets.folder.settings import (
    ONE_BASED_HINT,
    SEQUENCE_PLACEHOLDER,
    SETTINGS_FILE,
    read_settings,
)
from benchmarks.datasets.polygons import read_regions
from benchmarks.datasets.sequence import Sequence, SequenceError
from benchmarks.geometry.pixel_origin import ONE_BASED_SHIFT
from trackers.errors import UserError, system_reason
from trackers.regular_files import may_exist
from trackers.tracker import Boxes

_LONGEST_NAME = 200
"""Bytes; file systems take 255, of which results need some."""


class FolderDataset(DiskDataset):
    """The sequences of a folder, in the order of their names.

    Args:
        data_root: the folder itself.

    Raises:
        UserError: it is not there, holds no sequence, or does not say where its boxes count from.
    """

    is_user_folder = True
    root_folders = ()
    layout = "<sequence>/img and groundtruth.txt"

    def __init__(self, data_root: Path | None) -> None:
        if data_root is None or not data_root.is_dir():
            missing = "is not given" if data_root is None else f"{data_root} is not a folder"
            raise UserError(
                f"--data-root {missing}; for data set 'folder' it names the folder that holds {self.layout}"
            )
        self.root = data_root
        self.name = plain_name(data_root)
        self._settings = read_settings(data_root)
        self.title = self._settings.title or data_root.resolve().name
        sources = find_sources(data_root, self._settings)
        tables = [source for source in sources if source.kind in ("text", "mot")]
        if (tables or not sources) and self._settings.one_based is None:
            path = data_root / SETTINGS_FILE
            problem = f"{path} does not say" if path.is_file() else f"there is no file {path}, which says"
            raise UserError(f"{problem} where boxes count from; {ONE_BASED_HINT}")
        self.one_based = bool(self._settings.one_based)
        self._tracks: dict[Path, list[Track] | dict[str, list[Track]]] = {}
        self._sequences = self._named(sources)
        if not self._sequences:
            raise UserError(
                f"no folder in {data_root} has ground truth, such as <sequence>/groundtruth.txt, and no "
                "video has it beside it; see docs/own-videos.md"
            )
        self.all_names = tuple(self._sequences)

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name != "attributes"} | {"_tracks": {}}

    def names(self) -> tuple[str, ...]:
        return self.all_names

    def folder(self, name: str) -> Path:
        return annotation_folder(self._source(name)[0])

    def folder_name(self, name: str) -> str:
        return self.folder(name).name

    def has_extra_images(self, name: str) -> bool:
        # Targets may come late, and a folder may hold the images of several videos.
        return self._source(name)[0].kind != "text"

    @cached_property
    def attributes(self) -> tuple[str, ...]:  # type: ignore[override]
        """All that sequences have, in the order in which they first appear."""
        found: dict[str, None] = {}
        for name in self.all_names:
            try:
                found |= dict.fromkeys(self._attributes(name))
            except SequenceError:  # reading the sequence will say so
                continue
        return tuple(found)

    def describe_ground_truth(self, name: str) -> str:
        """How the ground truth of a sequence is read, in a clause."""
        source, target = self._source(name)
        columns = self._columns(source) or Columns()
        what = {"cvat": "CVAT", "coco": "COCO", "labelme": "LabelMe", "mot": "MOT"}.get(source.kind)
        if what is None:
            shares = ", shares of the image" if columns.normalized else ""
            skipped = f" after {columns.skip} columns" if columns.skip else ""
            what = f"{BOX_FORMS[columns.form]}{skipped}{shares}"
        pixel = f", counted from {int(self.one_based)}" if source.kind in ("text", "mot") else ""
        return f"{source.truth.relative_to(self.root)}: {what}{pixel}" + (
            f"; target {target}" if target else ""
        )

    def _source(self, name: str) -> tuple[AnnotationSource, str | None]:
        """Where a sequence lies below the root, which may have moved with the working directory."""
        source, target = self._sequences[name]
        frames = None if source.frames is None else self.root / source.frames
        return AnnotationSource(source.name, source.kind, self.root / source.truth, frames), target

    def __getitem__(self, name: str) -> Sequence:
        if why := _unfit(name, self.all_names):
            raise SequenceError(f"the folder {name} {why}; rename it")
        source, target = self._source(name)
        with _one_sequence():
            columns = self._columns(source)
            if columns is None and source.kind == "text":
                return self._plain(name, source)
            track = self._track(source, target)
            if source.kind == "text" and target is None and len(track.boxes) == 1:
                track = self._whole_video(source, track)
            return self._annotated(name, source, track)

    def _annotated(self, name: str, source: AnnotationSource, track: Track) -> Sequence:
        """A sequence of one target of a file, or of a table with other columns than the box's."""
        shift = 1.0 if self.one_based and source.kind in ("text", "mot") else 0.0
        absent = track.absent
        if source.kind == "text":
            flags = read_absent(source.truth, source.name, track.first + len(track.boxes))
            absent = absent if flags is None else flags[track.first :]
        return Sequence(
            name=name,
            truth=track.boxes - shift * ONE_BASED_SHIFT,
            attributes=self._attributes(name),
            open_frames=lambda: open_track(source, track),
            absent=absent,
            size=track.size or image_size(source),
        )

    def _plain(self, name: str, source: AnnotationSource) -> Sequence:
        """A sequence whose ground truth has nothing but boxes or polygons, a row for each frame."""
        shift = 1.0 if self.one_based else 0.0
        truth, polygons = read_regions(source.truth)
        if len(truth) == 1 and (frames := count_all(source)) > 1:
            # A test set: where the target is later, its server alone knows.
            truth = _first_alone(truth, frames)
            polygons = None if polygons is None else _first_alone(polygons, frames)
        return Sequence(
            name=name,
            truth=truth - shift * ONE_BASED_SHIFT,
            attributes=self._attributes(name),
            open_frames=lambda: open_images(source, len(truth)),
            polygons=None if polygons is None else polygons - shift,
            absent=read_absent(source.truth, source.name, len(truth)),
            size=image_size(source),
        )

    def _attributes(self, name: str) -> tuple[str, ...]:
        declared = self._settings.attributes.get(name)
        return read_attributes(self.folder(name)) if declared is None else declared

    def _columns(self, source: AnnotationSource) -> Columns | None:
        """What is declared of a table's columns, in `sotbench.toml` or in its header."""
        if source.kind == "mot":
            return MOT
        if source.kind != "text" or self._settings.columns is not None:
            return self._settings.columns
        try:
            text = read_text(source.truth)
        except UserError:  # who reads the boxes will say so
            return None
        with _one_sequence():
            return named_columns(text, str(source.truth))

    def _named(self, sources: list[AnnotationSource]) -> dict[str, tuple[AnnotationSource, str | None]]:
        """The sequences by name, each with the target that it follows if its source has several."""
        named: dict[str, tuple[AnnotationSource, str | None]] = {}
        for source in sources:
            relative = AnnotationSource(
                source.name,
                source.kind,
                source.truth.relative_to(self.root),
                None if source.frames is None else source.frames.relative_to(self.root),
            )
            if source.kind == "coco":
                for video, tracks in self._read_coco(source).items():
                    frames = self._settings.frames.replace(SEQUENCE_PLACEHOLDER, video)
                    of_video = AnnotationSource(
                        video, "coco", relative.truth, Path(frames) if frames else None
                    )
                    named |= _targets(video, of_video, tracks)
                continue
            several = self._settings.columns is not None and self._settings.columns.skip == 2
            if source.kind == "text" and not several:
                named[source.name] = relative, None
                continue
            try:
                named |= _targets(source.name, relative, self._read(source))
            except (UserError, OSError):
                # One damaged file is no reason to refuse the others: reading it will say so.
                named[source.name] = relative, None
        return named

    def _track(self, source: AnnotationSource, target: str | None) -> Track:
        tracks = self._read_coco(source)[source.name] if source.kind == "coco" else self._read(source)
        if target is None and len(tracks) == 1:
            return tracks[0]
        found = [track for track in tracks if track.target == target]
        if not found:
            raise SequenceError(f"{source.truth} has no target {target} any more")
        return found[0]

    def _read(self, source: AnnotationSource) -> list[Track]:
        if source.kind == "labelme":
            images = find_images(frames_path(source))
            pairs = [(frame, image.with_suffix(".json")) for frame, image in enumerate(images)]
            return read_labelme([(frame, path) for frame, path in pairs if may_exist(path)])
        if source.kind == "cvat":
            return read_cvat(read_text(source.truth, MAX_ANNOTATION_BYTES), str(source.truth))
        columns = self._columns(source) or Columns()
        size = image_size(source) if columns.normalized else None
        return read_tracks(
            read_text(source.truth), str(source.truth), columns, size, mot=source.kind == "mot"
        )

    def _whole_video(self, source: AnnotationSource, track: Track) -> Track:
        """The track of a table of one row: in a test set it goes on, and its server alone knows where."""
        later = count_all(source) - track.first
        if later < 2 or (self._columns(source) or Columns()).skip > 1:
            return track
        return Track(track.target, track.first, _first_alone(track.boxes, later), size=track.size)

    def _read_coco(self, source: AnnotationSource) -> dict[str, list[Track]]:
        """A file of all videos, which is read once."""
        if not isinstance(tracks := self._tracks.get(source.truth), dict):
            text = read_text(source.truth, MAX_ANNOTATION_BYTES)
            tracks = self._tracks[source.truth] = read_coco(text, str(source.truth))
        return tracks


@contextmanager
def _one_sequence() -> Iterator[None]:
    """Turns what is wrong with files into an error of one sequence alone."""
    try:
        yield
    except SequenceError:
        raise
    except UserError as error:
        raise SequenceError(str(error)) from None
    except OSError as error:
        raise SequenceError(system_reason(error)) from None


def _first_alone(row: Boxes, frames: int) -> Boxes:
    """One known row, shape (1, n), for so many frames: the others are NaN."""
    return np.concatenate([row, np.full((frames - 1, row.shape[1]), np.nan)])


def _targets(
    name: str, source: AnnotationSource, tracks: list[Track]
) -> dict[str, tuple[AnnotationSource, str | None]]:
    """Sequences of a video: its own name for one target, and with the target's after a dot for several."""
    if len(tracks) == 1:
        return {name: (source, None)}
    plain = {track.target: re.sub(r"[^\w+-]+", "-", track.target).strip("-") for track in tracks}
    return {f"{name}.{plain[track.target]}": (source, track.target) for track in tracks}


def open_folder(name: str, data_root: Path | None) -> FolderDataset:
    """Opens the folder whose results are kept under `name`: `data_root` itself, or a folder in it.

    Raises:
        UserError: it is another folder, or as for `FolderDataset`.
    """
    if data_root is not None and data_root.is_dir() and plain_name(data_root) != name:
        for path in sorted(data_root.iterdir()):
            if path.is_dir() and plain_name(path) == name:
                return FolderDataset(path)
        raise UserError(
            f"--data-root {data_root} is data set '{plain_name(data_root)}', not '{name}'; name the folder "
            "that these are results on"
        )
    return FolderDataset(data_root)


def plain_name(path: Path) -> str:
    """What results on a folder are kept under."""
    # The resolved name, so that `--data-root .` has one.
    plain = re.sub(r"[^\w+-]+", "-", path.resolve().name, flags=re.ASCII).strip("-")
    return f"folder-{plain}" if plain else "folder"


def _unfit(name: str, names: tuple[str, ...]) -> str:
    """Why results of a sequence of this name cannot be kept, or an empty string."""
    if not name.isprintable():
        return "has a name with odd characters"
    if len(name.encode()) > _LONGEST_NAME:
        return f"has a name of more than {_LONGEST_NAME} bytes"
    stem, _, end = name.rpartition(".")
    if stem in names and (end == "time" or end.isdecimal()):
        return f"has a name that files of results of {stem} may have"
    return ""
