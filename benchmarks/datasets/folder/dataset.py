"""Any folder of videos with ground truth: `--dataset folder --data-root my-videos`.

    my-videos/sotbench.toml
    my-videos/<sequence>/0001.jpg ...             or in <sequence>/img, /color or /frames, or a video
    my-videos/<sequence>/groundtruth.txt          or groundtruth_rect.txt, gt.txt, <anything>_gt.txt, .csv
    my-videos/<sequence>.mp4 with <sequence>.txt  videos with ground truth beside them

Ground truth has one line per image, in the order of the images' numbers: x, y, w, h, or the corners x1, y1 to
x4, y4. A test set whose ground truth is secret has the first image's line only. The numbers do not tell
whether the first pixel is 0 or 1, so `sotbench.toml` must:

    one_based = false         # x = 0 is the left edge of the image; true if x = 1 is
    title = "My videos"       # name in plots; the folder's name by default

CVAT's XML, COCO's and LabelMe's JSON and MOTChallenge's folders are supported as well. All settings are in
docs/own-videos.md. Results are stored under the name `folder-<name of the folder>`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property, partial
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
    find_images,
    find_sources,
)
from benchmarks.datasets.folder.settings import (
    ONE_BASED_HINT,
    SEQUENCE_PLACEHOLDER,
    SETTINGS_FILE,
    read_settings,
)
from benchmarks.datasets.sequence import Sequence, SequenceError, as_sequence_error
from benchmarks.datasets.truth_files import read_regions
from benchmarks.geometry.pixel_origin import to_zero_based
from trackers.errors import UserError
from trackers.regular_files import may_exist
from trackers.tracker import Boxes
from trackers.wording import counted

_MAX_NAME_BYTES = 200
"""File systems allow 255; result files need some of them for their endings."""
_FORMAT_NAMES = {"cvat": "CVAT", "coco": "COCO", "labelme": "LabelMe", "mot": "MOT"}

NamedSources = dict[str, tuple[AnnotationSource, str | None]]
"""By sequence: its source, and the target that it follows if the source has several."""


class FolderDataset(DiskDataset):
    """The sequences of a user's folder, sorted by name.

    Args:
        data_root: the folder itself.

    Raises:
        UserError: the folder is missing, has no sequence, or does not say whether pixels count from 0 or 1.
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
            problem = f"{path} does not say" if path.is_file() else f"there is no file {path} to say"
            raise UserError(f"{problem} whether pixels count from 0 or 1; {ONE_BASED_HINT}")
        self.one_based = bool(self._settings.one_based)
        self._coco_tracks: dict[Path, dict[str, list[Track]]] = {}
        self._sequences = self._name_sequences(sources)
        if not self._sequences:
            raise UserError(
                f"no folder in {data_root} has ground truth, such as <sequence>/groundtruth.txt, and no "
                "video has a ground-truth file beside it; see docs/own-videos.md"
            )
        self.all_names = tuple(self._sequences)

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name != "attributes"} | {"_coco_tracks": {}}

    def names(self) -> tuple[str, ...]:
        return self.all_names

    def folder(self, name: str) -> Path:
        return self._source(name)[0].folder

    def folder_name(self, name: str) -> str:
        return self.folder(name).name

    def has_extra_images(self, name: str) -> bool:
        # Targets may appear late, and a folder may contain the images of several videos.
        return self._source(name)[0].kind != "text"

    @cached_property
    def attributes(self) -> tuple[str, ...]:  # type: ignore[override]
        """The attributes of all sequences, in order of first appearance."""
        found: dict[str, None] = {}
        for name in self.all_names:
            try:
                found |= dict.fromkeys(self._attributes(name))
            except SequenceError:  # reading the sequence reports the error
                continue
        return tuple(found)

    def describe_ground_truth(self, name: str) -> str:
        """Describes in a clause how the ground truth of a sequence is read."""
        source, target = self._source(name)
        columns = self._columns(source) or Columns()
        form = _FORMAT_NAMES.get(source.kind)
        if form is None:
            normalized = ", fractions of the image" if columns.normalized else ""
            skipped = f" after {counted(columns.skip, 'column')}" if columns.skip else ""
            form = f"{BOX_FORMS[columns.form]}{skipped}{normalized}"
        origin = f", counted from {int(self.one_based)}" if source.kind in ("text", "mot") else ""
        suffix = f"; target {target}" if target else ""
        return f"{source.truth.relative_to(self.root)}: {form}{origin}{suffix}"

    def _source(self, name: str) -> tuple[AnnotationSource, str | None]:
        """Returns a sequence's source and target, with paths below the root as it is now."""
        source, target = self._sequences[name]
        return source.below(self.root), target

    def __getitem__(self, name: str) -> Sequence:
        if problem := _name_problem(name, self.all_names):
            raise SequenceError(f"the folder {name} {problem}; rename it")
        source, target = self._source(name)
        with as_sequence_error():
            columns = self._columns(source)
            if columns is None and source.kind == "text":
                return self._read_plain(name, source)
            track = self._track(source, target)
            if source.kind == "text" and target is None and len(track.boxes) == 1:
                track = self._extend_test_track(source, track)
            return self._read_track_sequence(name, source, track)

    def _read_track_sequence(self, name: str, source: AnnotationSource, track: Track) -> Sequence:
        """Reads a sequence from an annotation file, or from a table that has more columns than the box's."""
        one_based = self.one_based and source.kind in ("text", "mot")
        absent = track.absent
        if source.kind == "text":
            flags = read_absent(source.truth, source.name, track.first + len(track.boxes))
            absent = absent if flags is None else flags[track.first :]
        return Sequence(
            name=name,
            truth=to_zero_based(track.boxes) if one_based else track.boxes,
            attributes=self._attributes(name),
            open_frames=partial(open_track, source, track),
            absent=absent,
            size=track.size or image_size(source),
        )

    def _read_plain(self, name: str, source: AnnotationSource) -> Sequence:
        """Reads a sequence whose ground truth has only boxes or polygons, one row per frame."""
        truth, polygons = read_regions(source.truth)
        if len(truth) == 1 and (frames := count_all(source)) > 1:
            # A test set: the other rows are kept on a server.
            truth = _pad_with_nan(truth, frames)
            polygons = None if polygons is None else _pad_with_nan(polygons, frames)
        if self.one_based:
            truth = to_zero_based(truth)
            polygons = None if polygons is None else to_zero_based(polygons)
        return Sequence(
            name=name,
            truth=truth,
            attributes=self._attributes(name),
            open_frames=partial(open_images, source, len(truth)),
            polygons=polygons,
            absent=read_absent(source.truth, source.name, len(truth)),
            size=image_size(source),
        )

    def _attributes(self, name: str) -> tuple[str, ...]:
        declared = self._settings.attributes.get(name)
        return read_attributes(self.folder(name)) if declared is None else declared

    def _columns(self, source: AnnotationSource) -> Columns | None:
        """Returns a table's columns if `sotbench.toml` or its header declares them."""
        if source.kind == "mot":
            return MOT
        if source.kind != "text" or self._settings.columns is not None:
            return self._settings.columns
        try:
            text = read_text(source.truth)
        except UserError:  # reading the boxes reports the error
            return None
        with as_sequence_error():
            return named_columns(text, str(source.truth))

    def _name_sequences(self, sources: list[AnnotationSource]) -> NamedSources:
        """Returns the sequences of all sources, with paths relative to the root."""
        named: NamedSources = {}
        for source in sources:
            relative = source.relative_to(self.root)
            if source.kind == "coco":
                for video, tracks in self._read_coco(source).items():
                    frames = self._settings.frames.replace(SEQUENCE_PLACEHOLDER, video)
                    of_video = replace(relative, name=video, frames=Path(frames) if frames else None)
                    named |= _name_targets(video, of_video, tracks)
                continue
            has_target_column = self._settings.columns is not None and self._settings.columns.skip == 2
            if source.kind == "text" and not has_target_column:
                named[source.name] = relative, None
                continue
            try:
                named |= _name_targets(source.name, relative, self._read(source))
            except (UserError, OSError):
                # Keep the other sequences usable; reading this one reports the error.
                named[source.name] = relative, None
        return named

    def _track(self, source: AnnotationSource, target: str | None) -> Track:
        tracks = self._read_coco(source)[source.name] if source.kind == "coco" else self._read(source)
        if target is None and len(tracks) == 1:
            return tracks[0]
        found = [track for track in tracks if track.target == target]
        if not found:
            raise SequenceError(f"{source.truth} no longer has target {target}")
        return found[0]

    def _read(self, source: AnnotationSource) -> list[Track]:
        if source.kind == "labelme":
            images = find_images(source.frames_path)
            pairs = [(frame, image.with_suffix(".json")) for frame, image in enumerate(images)]
            return read_labelme([(frame, path) for frame, path in pairs if may_exist(path)])
        if source.kind == "cvat":
            return read_cvat(read_text(source.truth, MAX_ANNOTATION_BYTES), str(source.truth))
        columns = self._columns(source) or Columns()
        size = image_size(source) if columns.normalized else None
        return read_tracks(
            read_text(source.truth), str(source.truth), columns, size, mot=source.kind == "mot"
        )

    def _extend_test_track(self, source: AnnotationSource, track: Track) -> Track:
        """Extends a track of one row to the end of the video; a test set keeps the rest on a server."""
        frames = count_all(source) - track.first
        if frames < 2 or (self._columns(source) or Columns()).skip > 1:
            return track
        return Track(track.target, track.first, _pad_with_nan(track.boxes, frames), size=track.size)

    def _read_coco(self, source: AnnotationSource) -> dict[str, list[Track]]:
        """Reads a file with the annotations of all videos, once."""
        if source.truth not in self._coco_tracks:
            text = read_text(source.truth, MAX_ANNOTATION_BYTES)
            self._coco_tracks[source.truth] = read_coco(text, str(source.truth))
        return self._coco_tracks[source.truth]


def _pad_with_nan(row: Boxes, frames: int) -> Boxes:
    """Returns one row, shape (1, n), followed by NaN: shape (frames, n)."""
    return np.concatenate([row, np.full((frames - 1, row.shape[1]), np.nan)])


def _name_targets(name: str, source: AnnotationSource, tracks: list[Track]) -> NamedSources:
    """Returns one sequence per target: `<video>` for a single target, `<video>.<target>` for several."""
    if len(tracks) == 1:
        return {name: (source, None)}
    plain = {track.target: re.sub(r"[^\w+-]+", "-", track.target).strip("-") for track in tracks}
    return {f"{name}.{plain[track.target]}": (source, track.target) for track in tracks}


def open_folder(name: str, data_root: Path | None) -> FolderDataset:
    """Opens the folder whose results are stored under `name`: `data_root` or a folder in it.

    Raises:
        UserError: neither has that name, or as for `FolderDataset`.
    """
    if data_root is not None and data_root.is_dir() and plain_name(data_root) != name:
        for path in sorted(data_root.iterdir()):
            if path.is_dir() and plain_name(path) == name:
                return FolderDataset(path)
        raise UserError(
            f"--data-root {data_root} is data set '{plain_name(data_root)}', not '{name}'; give the folder "
            "that these results belong to"
        )
    return FolderDataset(data_root)


def plain_name(path: Path) -> str:
    """Returns the name of a user's folder in the results."""
    # Resolved, so that `--data-root .` has a name.
    plain = re.sub(r"[^\w+-]+", "-", path.resolve().name, flags=re.ASCII).strip("-")
    return f"folder-{plain}" if plain else "folder"


def _name_problem(name: str, names: tuple[str, ...]) -> str:
    """Returns why result files cannot have a sequence's name; "" if they can."""
    if not name.isprintable():
        return "has unprintable characters in its name"
    if len(name.encode()) > _MAX_NAME_BYTES:
        return f"has a name of more than {_MAX_NAME_BYTES} bytes"
    stem, _, suffix = name.rpartition(".")
    if stem in names and (suffix == "time" or suffix.isdecimal()):
        return f"has a name that result files of {stem} may have"
    return ""
