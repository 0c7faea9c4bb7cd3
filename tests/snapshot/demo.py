"""The commands as they are meant to be used: on the demo and on small videos."""

from __future__ import annotations

from collections.abc import Iterator

from tests.snapshot.fixtures import PATH, TOML, write_video, write_videos
from tests.snapshot.recorder import Place

FORMATS = ("otb-mat", "otb-json", "got10k", "pysot", "pytracking", "txt")
FORMS = ("table", "json", "csv", "markdown", "latex", "html")
OPE = ("otb", "tc128", "lasot", "got10k", "pysot", "pytracking", "all")
PROGRAMS = """
benchmarks
benchmarks list
benchmarks run
benchmarks score
benchmarks compare
benchmarks rank
benchmarks speed
benchmarks import
benchmarks export
benchmarks verify
benchmarks download
benchmarks doctor
reports.plot
reports.table
reports.html
reports.serve
reports.video
trackers
trackers check
trackers new
trackers.demo
trackers.train
trackers.convert
"""
MINE = """\
from trackers import Tracker

class Mine(Tracker):
    def __init__(self, step: float = 1.0): self.step = step
    def init(self, frame, box): self.box = box
    def update(self, frame):
        self.box = self.box + [self.step, 0, 0, 0]
        return self.box
"""


def commands(place: Place) -> Iterator[str]:
    """The command lines of this section."""
    write_videos(place.work / "videos")
    write_video(place.work / "long" / "ball", "\n".join(PATH), len(PATH), seed=1)
    (place.work / "long" / "sotbench.toml").write_text(TOML.partition("[")[0])
    (place.work / "mine.py").write_text(MINE)
    (place.work / "some.txt").write_text("easy\nmotion\n")
    yield from (f"{program} --help" for program in PROGRAMS.strip().splitlines())
    yield from (f"benchmarks list {what}" for what in ("", "trackers", "sequences --dataset demo"))
    yield "benchmarks verify --dataset demo"
    yield "benchmarks verify --dataset folder --data-root videos"
    yield "trackers new own-tracker"
    yield from _runs()
    yield from _scores()
    yield from _exports()
    yield from _reports()


def _runs() -> Iterator[str]:
    videos = "--dataset folder --data-root videos"
    yield "benchmarks run --tracker still --dataset demo"
    yield "unordered benchmarks run --tracker ncc --dataset demo --workers 2"
    yield "benchmarks run --tracker ncc --dataset demo"
    for tracker in ("still", "ncc"):
        yield f"benchmarks run --tracker {tracker} {videos} --protocol sre"
        for protocol in ("supervised", "unsupervised"):
            two = "--dataset demo --sequences easy motion"
            yield f"benchmarks run --tracker {tracker} --protocol {protocol} {two}"
    yield "benchmarks run --tracker ncc --protocol tre --dataset demo --sequences easy"
    yield f"benchmarks run --tracker still --repeat 2 {videos} --seed 3 --name twice"
    yield f"benchmarks run --tracker ncc --isolate {videos}"
    yield f"benchmarks run --tracker ncc {videos} --name ncc --sequences cat --overwrite"
    yield f"benchmarks run --tracker mine.py:Mine --set step=2 {videos} --live"
    yield f"benchmarks run --tracker mine.py:Mine --set step=3 {videos}"
    mean_shift = "'process:$PYTHON $CHECKOUT/examples/mean_shift.py' --name mean-shift"
    yield f"benchmarks run --tracker {mean_shift} {videos}"
    yield f"benchmarks run --tracker siamfc-lite {videos}"
    yield f"benchmarks run --tracker siamfc-lite {videos} --batch 4 --name batched"
    for tracker in ("siamfc-lite", "gradnet-lite", "gradnet-released-lite", "siamfc-gd"):
        yield f"benchmarks run --tracker {tracker} --dataset folder --data-root long"
    yield f"benchmarks run --tracker opencv-mil {videos} --sequences cat"


def _scores() -> Iterator[str]:
    yield from (f"benchmarks score --dataset demo --profile {profile} --format json" for profile in OPE)
    for by in ("", " --by sequence", " --by attribute"):
        yield from (f"benchmarks score --dataset demo --format {form}{by}" for form in FORMS)
    yield "benchmarks score --dataset demo --tracker ncc --attribute OCC --format json"
    yield "benchmarks score --dataset demo --sequences @some.txt --format csv --profile got10k"
    yield "benchmarks score --dataset demo --protocol tre --format json"
    yield "benchmarks score --dataset folder --data-root videos --protocol sre --format json"
    yield "benchmarks score --dataset demo --protocol unsupervised --profile vot2017 --format json"
    for profile in ("vot2017", "vot-toolkit", "all"):
        yield f"benchmarks score --dataset demo --protocol supervised --profile {profile} --format json"
    yield "benchmarks score --dataset folder --data-root videos"
    yield "benchmarks score --dataset folder --data-root long --format json"
    yield "benchmarks score --dataset folder --data-root videos --profile all --format csv"
    yield "benchmarks score --dataset folder --data-root videos --by sequence --format json"
    for form in FORMS:
        yield f"benchmarks compare ncc still --dataset demo --format {form}"
        profile = "vot-toolkit" if form == "csv" else "vot2017"
        yield f"benchmarks rank --dataset demo --profile {profile} --format {form}"
    yield "benchmarks compare ncc still --dataset demo --metric success precision --profile pysot"


def _exports() -> Iterator[str]:
    for form in FORMATS:
        yield f"benchmarks export out/{form} --to {form} --tracker ncc --dataset demo"
        where = f"out/{form}/ncc" if form in ("got10k", "pysot", "pytracking") else f"out/{form}"
        yield f"benchmarks import {where} --from {form} --tracker {form} --dataset demo --results back"
        yield f"benchmarks import {where} --from {form} --tracker {form} --dataset demo --results back"
    yield "benchmarks export out/one --to txt --tracker ncc --dataset demo --one-based"
    yield "benchmarks import out/one --from txt --tracker one --dataset demo --results back --one-based"
    yield "benchmarks import out/one --from txt --tracker bad --dataset demo --results back --zero-based"
    for protocol, data in (("tre", "--dataset demo"), ("sre", "--dataset folder --data-root videos")):
        more = f"{data} --protocol {protocol} --zero-based"
        yield f"benchmarks export out/{protocol} --to otb-mat --tracker ncc {more}"
        yield f"benchmarks import out/{protocol} --from otb-mat --tracker ncc --results back {more}"
        yield f"benchmarks score {data} --protocol {protocol} --results back --format json"
    yield "benchmarks export out/twice --to txt --tracker twice --dataset folder --data-root videos"
    yield "benchmarks export out/once --to vot --protocol unsupervised --tracker ncc --dataset demo"
    yield "benchmarks export out/vot --to vot --tracker ncc --dataset demo"
    yield "benchmarks import out/vot --from vot --tracker ncc --dataset demo --results back"
    yield "benchmarks import out/pysot --from pysot --dataset demo --results all"
    yield "benchmarks score --dataset demo --results back --format json"
    vot = "--protocol supervised --profile vot2017"
    yield f"benchmarks score --dataset demo {vot} --results back --format json"


def _reports() -> Iterator[str]:
    vot = "--dataset demo --protocol supervised --profile vot2017"
    yield "reports.plot --dataset demo --format svg"
    yield f"reports.plot {vot} --format svg --out vot"
    yield "reports.plot --dataset demo --kind attributes --metric precision --no-band --format svg --out a"
    for form in ("markdown", "latex", "html", "csv"):
        yield f"reports.table --dataset demo --format {form}"
        kinds = "--kind accuracy attributes comparison --out tables"
        yield f"reports.table --dataset demo --format {form} {kinds}"
    yield f"reports.table {vot} --format csv"
    yield "reports.table --dataset demo --no-interval --profile got10k"
    yield "reports.html --dataset demo"
    yield "reports.html --dataset demo --sequences easy --frames --profile otb --out frames.html"
    yield f"reports.html {vot} --out vot.html"
    yield "reports.html --dataset folder --data-root videos"
