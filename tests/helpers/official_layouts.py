"""Small made data sets in the folders and files in which their authors publish them.

Each has one sequence, under a real name and with its real number of frames: ten rendered frames of the demo
at a quarter of their size, played forward and backward.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.datasets import Dataset, open_dataset
from benchmarks.datasets.demo import Demo

SHRINK = 4
SIZE = (80, 60)
RENDERED = 10
ABSENT = 5
"""The frame (0-based) without the target, in the layouts that mark such frames."""


@dataclass(frozen=True)
class Layout:
    """A made data set.

    Attributes:
        id: the name of the layout.
        dataset: the data set's name.
        split: its split; None for the default.
        sequence: the sequence that is written.
        frames: its length.
        write: writes it into a data root.
        truth: the ground-truth file, relative to the data root.
        images: the folder of the images, relative to the data root.
        absent: the frames that it marks as without target.
    """

    id: str
    dataset: str
    sequence: str
    frames: int
    write: Callable[[Path], None]
    truth: str
    images: str
    split: str | None = None
    absent: tuple[int, ...] = ()
    first_box_only: bool = False

    def open(self, root: Path) -> Dataset:
        return open_dataset(self.dataset, root, self.split)

    @property
    def split_options(self) -> list[str]:
        return ["--split", self.split] if self.split else []


def boxes(count: int, first_pixel: int) -> list[list[float]]:
    """Returns the target's boxes, x, y, w, h, with the coordinates of the first pixel given."""
    truth = Demo()["easy"].truth / SHRINK + [first_pixel, first_pixel, 0, 0]
    rows: list[list[float]] = truth[_swing(count)].round(2).tolist()
    return rows


def write_rows(path: Path, rows: Iterable[Sequence[object]], separator: str = ",") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(separator.join(map(str, row)) + "\n" for row in rows))


def write_images(folder: Path, names: Iterable[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    names = list(names)
    suffix = Path(names[0]).suffix
    for name, index in zip(names, _swing(len(names)), strict=True):
        (folder / name).write_bytes(_encoded(int(index), suffix))


def flags(count: int, ones: Iterable[int]) -> list[list[int]]:
    """Returns one flag per frame, as rows of one number."""
    return [[int(frame in set(ones))] for frame in range(count)]


def _swing(count: int) -> np.ndarray:
    """Returns the rendered frames' indices forward, back and so on: shape (count,)."""
    return RENDERED - 1 - np.abs(np.arange(count) % (2 * RENDERED - 2) - (RENDERED - 1))


@cache
def _encoded(index: int, suffix: str) -> bytes:
    content = io.BytesIO()
    _rendered()[index].save(content, "PNG" if suffix == ".png" else "JPEG")
    return content.getvalue()


@cache
def _rendered() -> list[Image.Image]:
    frames = Demo()["easy"].open_frames()
    images = [Image.fromarray(frames[index]) for index in range(RENDERED)]
    return [image.resize(SIZE, Image.Resampling.BOX) for image in images]


def _numbers(form: str, first: int, last: int) -> list[str]:
    return [form % number for number in range(first, last + 1)]


def _uav(root: Path, folder: str, annotations: str, images: str, window: tuple[str, str, int, int]) -> None:
    sequence, video, first, last = window
    rows: list[list[float]] = boxes(last - first + 1, 1)
    rows[ABSENT] = [float("nan")] * 4
    write_rows(root / folder / "anno" / annotations / f"{sequence}.txt", rows)
    # An image before the window, which belongs to another sequence.
    write_images(
        root / folder / "data_seq" / images / video, ["000001.jpg", *_numbers("%06d.jpg", first, last)]
    )


def _uav123(root: Path) -> None:
    _uav(root, "UAV123", "UAV123", "UAV123", ("person8_2", "person8", 1075, 1525))


def _uav20l(root: Path) -> None:
    _uav(root, "UAV123", "UAV20L", "UAV123", ("car3", "car3", 1, 1717))


def _uav123_10fps(root: Path) -> None:
    _uav(root, "UAV123_10fps", "UAV123_10fps", "UAV123_10fps", ("person8_2", "person8", 359, 509))


def _dtb70(root: Path) -> None:
    write_rows(root / "DTB70" / "Motor2" / "groundtruth_rect.txt", boxes(68, 1))
    write_images(root / "DTB70" / "Motor2" / "img", _numbers("%05d.jpg", 1, 68))


def _uavdt(root: Path) -> None:
    write_rows(root / "uavdt" / "anno" / "S0601_gt.txt", boxes(82, 1))
    write_images(root / "uavdt" / "UAV-benchmark-S" / "S0601", _numbers("img%06d.jpg", 1, 82))


def _nfs(root: Path) -> None:
    write_rows(root / "nfs" / "anno" / "nfs_car_jumping.txt", boxes(22, 0), "\t")
    write_images(root / "nfs" / "sequences" / "car_jumping", _numbers("%05d.jpg", 1, 22))


def _nfs_official(root: Path, rate: int, frames: int) -> None:
    folder = root / "nfs" / "car_jumping" / str(rate)
    step = 240 // rate
    # The rows at 240 frames per second, also beside the images at 30.
    rows = [box for box in boxes(frames, 0) for _ in range(step)]
    write_rows(
        folder / "car_jumping.txt",
        ([0, x, y, x + w, y + h, n, 0, 0, 1, '"small car"'] for n, (x, y, w, h) in enumerate(rows)),
        " ",
    )
    write_images(folder / "car_jumping", _numbers("%05d.jpg", 1, frames))


def _got10k_val(root: Path) -> None:
    folder = root / "GOT-10k" / "val" / "GOT-10k_Val_000001"
    write_images(folder, _numbers("%08d.jpg", 1, 60))
    write_rows(folder / "groundtruth.txt", boxes(60, 0))
    write_rows(folder / "cover.label", ([0 if frame == ABSENT else 8] for frame in range(60)))
    write_rows(folder / "absence.label", flags(60, []))
    (folder / "meta_info.ini").write_text("[METAINFO]\nanno_fps: 10Hz\nresolution: (80, 60)\n")
    (folder.parent / "list.txt").write_text("GOT-10k_Val_000001\n")


def _got10k_test(root: Path) -> None:
    folder = root / "GOT-10k" / "test" / "GOT-10k_Test_000033"
    write_images(folder, _numbers("%08d.jpg", 1, 51))
    write_rows(folder / "groundtruth.txt", boxes(1, 0))


def _trackingnet(root: Path) -> None:
    write_images(root / "TrackingNet" / "TEST" / "frames" / "0-6LB4FqxoE_0", _numbers("%d.jpg", 0, 11))
    write_rows(root / "TrackingNet" / "TEST" / "anno" / "0-6LB4FqxoE_0.txt", boxes(1, 0))


def _lasot_ext(root: Path) -> None:
    folder = root / "lasot-ext" / "atv" / "atv-1"
    write_images(folder / "img", _numbers("%08d.jpg", 1, 20))
    write_rows(folder / "groundtruth.txt", boxes(20, 1))
    (folder / "full_occlusion.txt").write_text(",".join(str(f[0]) for f in flags(20, [ABSENT])))
    (folder / "out_of_view.txt").write_text(",".join(str(f[0]) for f in flags(20, [ABSENT, 9])))
    (folder / "nlp.txt").write_text("a red vehicle\n")


def _tnl2k(root: Path) -> None:
    folder = root / "TNL2K_test_subset" / "HaiBao_video_06-done"
    rows = boxes(46, 0)
    rows[ABSENT] = [0.0] * 4
    # Nine one-digit numbers, then two digits: not in alphabetical order.
    write_images(folder / "imgs", [f"HaiBao video ({number}).png" for number in range(1, 47)])
    write_rows(folder / "groundtruth.txt", rows)
    (folder / "language.txt").write_text("the seal\n")


def _vasttrack(root: Path) -> None:
    folder = root / "VastTrack" / "Badminton Racket" / "Badminton Racket-2"
    rows = boxes(6, 1)
    rows[ABSENT] = [0.0] * 4
    write_images(folder / "imgs", _numbers("%05d.jpg", 1, 6))
    write_rows(folder / "Groundtruth.txt", rows)
    (folder / "nlp.txt").write_text("a racket\n")


def _avist(root: Path) -> None:
    folder = root / "avist"
    write_images(folder / "sequences" / "air_show", _numbers("img_%05d.jpg", 1, 20))
    write_rows(folder / "anno" / "air_show.txt", boxes(20, 0), " ")
    for kind, ones in (("full_occlusion", [ABSENT]), ("out_of_view", [9])):
        (folder / kind).mkdir()
        line = ",".join(str(f[0]) for f in flags(20, ones))
        (folder / kind / f"air_show_{kind}.txt").write_text(line + "\n")


LAYOUTS = (
    Layout(
        *("uav123", "uav123", "person8_2", 451, _uav123),
        *("UAV123/anno/UAV123/person8_2.txt", "UAV123/data_seq/UAV123/person8"),
    ),
    Layout(
        *("uav20l", "uav20l", "car3", 1717, _uav20l),
        *("UAV123/anno/UAV20L/car3.txt", "UAV123/data_seq/UAV123/car3"),
    ),
    Layout(
        *("uav123_10fps", "uav123_10fps", "person8_2", 151, _uav123_10fps),
        *("UAV123_10fps/anno/UAV123_10fps/person8_2.txt", "UAV123_10fps/data_seq/UAV123_10fps/person8"),
    ),
    Layout(
        *("dtb70", "dtb70", "Motor2", 68, _dtb70),
        *("DTB70/Motor2/groundtruth_rect.txt", "DTB70/Motor2/img"),
    ),
    Layout(
        *("uavdt", "uavdt", "S0601", 82, _uavdt),
        *("uavdt/anno/S0601_gt.txt", "uavdt/UAV-benchmark-S/S0601"),
    ),
    Layout(
        *("nfs", "nfs", "car_jumping", 22, _nfs),
        *("nfs/anno/nfs_car_jumping.txt", "nfs/sequences/car_jumping"),
    ),
    Layout(
        *("nfs-official-30", "nfs", "car_jumping", 22, lambda root: _nfs_official(root, 30, 22)),
        *("nfs/car_jumping/30/car_jumping.txt", "nfs/car_jumping/30/car_jumping"),
    ),
    Layout(
        *("nfs-official-240", "nfs", "car_jumping", 176, lambda root: _nfs_official(root, 240, 176)),
        *("nfs/car_jumping/240/car_jumping.txt", "nfs/car_jumping/240/car_jumping", "240"),
    ),
    Layout(
        *("got10k-val", "got10k", "GOT-10k_Val_000001", 60, _got10k_val),
        *("GOT-10k/val/GOT-10k_Val_000001/groundtruth.txt", "GOT-10k/val/GOT-10k_Val_000001", "val"),
        absent=(ABSENT,),
    ),
    Layout(
        *("got10k-test", "got10k", "GOT-10k_Test_000033", 51, _got10k_test),
        *("GOT-10k/test/GOT-10k_Test_000033/groundtruth.txt", "GOT-10k/test/GOT-10k_Test_000033", "test"),
        first_box_only=True,
    ),
    Layout(
        *("trackingnet", "trackingnet", "0-6LB4FqxoE_0", 12, _trackingnet),
        *("TrackingNet/TEST/anno/0-6LB4FqxoE_0.txt", "TrackingNet/TEST/frames/0-6LB4FqxoE_0"),
        first_box_only=True,
    ),
    Layout(
        *("lasot-ext", "lasot-ext", "atv-1", 20, _lasot_ext),
        *("lasot-ext/atv/atv-1/groundtruth.txt", "lasot-ext/atv/atv-1/img"),
        absent=(ABSENT, 9),
    ),
    Layout(
        *("tnl2k", "tnl2k", "HaiBao_video_06-done", 46, _tnl2k),
        "TNL2K_test_subset/HaiBao_video_06-done/groundtruth.txt",
        "TNL2K_test_subset/HaiBao_video_06-done/imgs",
        absent=(ABSENT,),
    ),
    Layout(
        *("vasttrack", "vasttrack", "Badminton Racket-2", 6, _vasttrack),
        "VastTrack/Badminton Racket/Badminton Racket-2/Groundtruth.txt",
        "VastTrack/Badminton Racket/Badminton Racket-2/imgs",
        absent=(ABSENT,),
    ),
    Layout(
        *("avist", "avist", "air_show", 20, _avist),
        *("avist/anno/air_show.txt", "avist/sequences/air_show"),
        absent=(ABSENT, 9),
    ),
)
"""One of each layout that the data sets here can have."""
