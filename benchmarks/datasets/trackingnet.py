"""TrackingNet: the 511 sequences of the test set, whose ground truth is on a server but for the first frame.

Mueller, Bibi, Giancola, Al-Subaihi, Ghanem: TrackingNet: A Large-Scale Dataset and Benchmark for Object
Tracking in the Wild, ECCV 2018.

    trackingnet/TEST/frames/<sequence>/0.jpg ...    numbers without leading zeros
    trackingnet/TEST/anno/<sequence>.txt            x, y, w, h of the first frame

`trackingnet.csv` lists the names, from the authors' devkit (SilvioGiancola/TrackingNet-devkit on GitHub).
Frame counts are not published: a sequence has the images up to the one with the greatest number.

A folder `TEST/anno` without any of these sequences is a data set of its own: all files in it are sequences,
as for the devkit, which scores the ground truth that it is given, such as its sample `dummy_GT.zip`.

x and y are used unshifted, as in the authors' devkit.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.datasets.listed import ServerScoredDataset


class TrackingNet(ServerScoredDataset):
    """The 511 test sequences of TrackingNet."""

    name = "trackingnet"
    title = "TrackingNet"
    one_based = False
    takes_short_results = True
    table = "trackingnet.csv"
    first_number = 0
    root_folders = ("TrackingNet", "trackingnet")
    layout = "TEST/anno/<sequence>.txt and TEST/frames/<sequence>"
    server = "eval.tracking-net.org"
    server_format = "trackingnet-server"

    def list_rows(self) -> list[dict[str, str]]:
        listed = super().list_rows()
        stored = sorted(path.stem for path in (self.root / "TEST" / "anno").glob("*.txt"))
        if stored and not {row["name"] for row in listed}.intersection(stored):
            return [{"name": name} for name in stored]
        return listed

    def folder(self, name: str) -> Path:
        return self.root / "TEST" / "frames" / name

    def truth_path(self, name: str) -> Path:
        return self.root / "TEST" / "anno" / f"{name}.txt"

    def images_path(self, name: str) -> Path:
        return self.folder(name)
