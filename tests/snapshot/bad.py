"""Mistakes and damage: what a user is told, and what is left alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.snapshot.fixtures import ROWS, write_video, write_videos
from tests.snapshot.recorder import Place

OWN = "--dataset folder --data-root videos"
RUN = f"benchmarks run --tracker still {OWN}"
DEMO = "--tracker still --dataset demo --sequences easy"

WORDS = f"""
benchmarks
benchmarks nothing
benchmarks run
benchmarks run --tracker still
benchmarks run --dataset demo
benchmarks run --tracker nope --dataset demo
benchmarks run --tracker nc --dataset demo
benchmarks run --tracker still --dataset dmeo
benchmarks run --tracker still --dataset otb2015
benchmarks run --tracker still --dataset otb2015 --data-root nowhere
benchmarks run --tracker still --dataset vot2017 --data-root videos
benchmarks run --tracker still --dataset folder
benchmarks run --tracker still --dataset folder --data-root nowhere
benchmarks run --tracker still --dataset folder --data-root empty
benchmarks run --tracker still --dataset demo --sequences esay
benchmarks run --tracker still --dataset demo --split all
benchmarks run {DEMO} --protocol opee
benchmarks run {DEMO} --device cuda
benchmarks run {DEMO} --device gpu
benchmarks run {DEMO} --seed x
benchmarks run {DEMO} --repeat 0
benchmarks run {DEMO} --repeat -1
benchmarks run {DEMO} --batch 2
benchmarks run {DEMO} --batch 0
benchmarks run {DEMO} --workers 0
benchmarks run {DEMO} --workers 2 --batch 2 --ray auto
benchmarks run {DEMO} --cpus-per-worker 2
benchmarks run {DEMO} --timeout 0
benchmarks run {DEMO} --timeout never
benchmarks run {DEMO} --frame-timeout 1
benchmarks run {DEMO} --memory 0
benchmarks run {DEMO} --set a
benchmarks run {DEMO} --set a=1
benchmarks run {DEMO} --weights nowhere.pth
benchmarks run {DEMO} --precision fp8
benchmarks run {DEMO} --decoder torchvision
benchmarks run {DEMO} --name ../up
benchmarks run {DEMO} --name 'a b'
benchmarks run {DEMO} --results file.txt
benchmarks run --tracker siamfc-lite --weights file.txt --dataset demo
benchmarks run --tracker siamfc-lite --set widht=1 --dataset demo
benchmarks run --tracker trackers.ini:X --dataset demo
benchmarks run --tracker opencv-nano --dataset demo
benchmarks list nothing
benchmarks list sequences
benchmarks list sequences --dataset nothing
benchmarks list sequences --dataset tc128 --data-root nowhere
benchmarks score
benchmarks score --dataset demo
benchmarks score {OWN} --tracker nope
benchmarks score {OWN} --protocol tre
benchmarks score {OWN} --protocol nope
benchmarks score {OWN} --profile nope
benchmarks score {OWN} --profile vot2017
benchmarks score {OWN} --by nothing
benchmarks score {OWN} --format xml
benchmarks score {OWN} --sequences nope
benchmarks score {OWN} --sequences @nowhere.txt
benchmarks score {OWN} --sequences @file.txt
benchmarks score {OWN} --attribute NOPE
benchmarks score {OWN} --results nowhere
benchmarks score {OWN} --results file.txt
benchmarks compare still {OWN}
benchmarks compare still still {OWN}
benchmarks compare still nope {OWN}
benchmarks compare still moved {OWN} --metric nope
benchmarks rank {OWN}
benchmarks rank {OWN} --protocol ope
benchmarks export out --to nope --tracker still {OWN}
benchmarks export out --to got10k --tracker nope {OWN}
benchmarks export videos --to got10k --tracker still {OWN}
benchmarks export out --to vot --tracker still {OWN}
benchmarks export out --to otb-mat --tracker still {OWN}
benchmarks export out --to txt --tracker still {OWN} --one-based --zero-based
benchmarks import nowhere --from txt --tracker x {OWN}
benchmarks import empty --from txt --tracker x {OWN}
benchmarks import empty --from txt {OWN}
benchmarks import file.txt --from nope --tracker x {OWN}
benchmarks import file.txt --from txt --tracker x {OWN}
benchmarks import file.txt --from txt --tracker a/b {OWN}
benchmarks import good --from txt --tracker x {OWN} --columns wxyz
benchmarks import good --from txt --tracker x {OWN} --skip-columns 9
benchmarks import good --from txt --tracker x {OWN} --protocol tre
benchmarks import good --from txt --tracker x {OWN} --protocol nope
benchmarks import good --from txt --tracker x {OWN}
benchmarks import good --from txt --tracker x {OWN}
benchmarks import good --from txt --tracker x --dataset demo
benchmarks import good --from vot --tracker y {OWN}
benchmarks import good --from otb-mat --tracker y {OWN}
benchmarks import good --from otb-json --tracker y {OWN}
benchmarks verify --dataset nothing
benchmarks verify --dataset lasot --data-root videos
benchmarks download --dataset nothing
benchmarks download --dataset demo
benchmarks speed --tracker nope
reports.plot --dataset demo
reports.plot {OWN} --kind nope
reports.plot {OWN} --kind eao
reports.plot {OWN} --metric nope
reports.plot {OWN} --published nope
reports.plot {OWN} --out file.txt --format svg
reports.table {OWN} --kind nope
reports.table {OWN} --kind comparison --tracker still
reports.table {OWN} --format json
reports.html {OWN} --megabytes 0
reports.html {OWN} --tracker nope
reports.html {OWN} --out nowhere/page.html
reports.video {OWN} --sequences nope
reports.serve --port 99999999
trackers new still
trackers new 'a b'
trackers check nope
trackers.demo --video nowhere.mp4
trackers.convert nowhere.pth out.pth
trackers.train --tracker siamfc --out out --source nope:videos
"""
BOXES = {
    "empty": "",
    "letters": "a,b,c,d\n" * 6,
    "short": "\n".join(ROWS[:4]),
    "long": "\n".join([*ROWS, *ROWS]),
    "three-columns": "1,2,3\n" * 6,
    "uneven": "1,2,3,4\n1,2,3\n" * 3,
    "nan": "nan,nan,nan,nan\n" * 6,
    "infinite": "\n".join([*ROWS[:5], "inf,1,2,3"]),
    "overflow": "\n".join([*ROWS[:5], "1e400,1,2,3"]),
    "huge": "\n".join([*ROWS[:5], "1e300,1,1e300,3"]),
    "negative": "\n".join([*ROWS[:5], "1,1,-2,-3"]),
    "decimal-commas": "10,5;8,5;12,0;10,0\n" * 6,
    "not-utf8": "\udcff\udcfe\udc81" * 20,
    "nul": "1,2,3,4\0\n" * 6,
    "one-line": "1,2,3,4",
    "other-first-box": "\n".join(["40,30,5,5", *ROWS[1:]]),
    "many-columns": "\n".join([",".join(["1"] * 2000)] * 6),
    "escapes": "\x1b[2J\x1b]0;x\x07,1,2,3\n" * 6,
}
TOMLS = {
    "no-toml": "one_based = \n",
    "unknown-key": "one_based = false\none_bassed = true\n",
    "no-origin": "title = 'x'\n",
    "wrong-type": "one_based = 3\n",
    "columns": "one_based = false\ncolumns = 'wxyz'\n",
    "skip": "one_based = false\nskip_columns = -1\n",
    "lost-truth": "one_based = false\nground_truth = 'anno/{sequence}.txt'\n",
    "no-place": "one_based = false\nframes = '{video}'\n",
    "outside": "one_based = false\nframes = '../../{sequence}'\n",
    "attribute": "one_based = false\n[attributes]\ncow = ['OCC']\n",
    "attributes": "one_based = false\nattributes = 'OCC'\n",
}
PLUGIN = """\
import numpy as np
from trackers import Tracker

class T(Tracker):
    def __init__(self): pass
    def init(self, frame, box): self.box = box
    def update(self, frame): return self.box
"""
PLUGINS = {
    "syntax": "class T(:\n",
    "lost-module": "import nothing_of_this_name\n",
    "raises": "raise RuntimeError('at import')\n",
    "leaves": "import sys\nsys.exit(0)\n",
    "other-class": "class U: pass\n",
    "no-tracker": "T = 3\n",
    "constructor": PLUGIN.replace("pass", "raise OSError('no model')"),
    "argument": PLUGIN.replace("__init__(self)", "__init__(self, needed)"),
    "init": PLUGIN.replace("self.box = box", "raise ValueError('init')"),
    "update": PLUGIN.replace("return self.box", "raise ValueError('two\\nlines')"),
    "none": PLUGIN.replace("return self.box", "return None"),
    "shape": PLUGIN.replace("return self.box", "return np.zeros(3)"),
    "nan": PLUGIN.replace("return self.box", "return np.array([1, np.nan, 2, 3])"),
    "absent": PLUGIN.replace("return self.box", "return np.full(4, np.nan)"),
    "negative": PLUGIN.replace("return self.box", "return np.array([1, 2, -3, 4])"),
    "text": PLUGIN.replace("return self.box", "return 'box'"),
    "prints": PLUGIN.replace("return self.box", "print('hello'); return self.box"),
    "scribbles": PLUGIN.replace("return self.box", "frame[:] = 0; return self.box"),
}
PROGRAMS = ("nothing-of-this-name", "false", "true", "cat", "echo hello", "$PYTHON -c 1/0", 'unclosed "quote')


def commands(place: Place) -> Iterator[str]:
    """The command lines of this section."""
    work = place.work
    write_videos(work / "videos")
    (work / "empty").mkdir()
    (work / "good").mkdir()
    (work / "file.txt").write_text("no file of boxes\n")
    for name in ("bird", "cat", "dog"):
        (work / f"good/{name}.txt").write_text("\n".join(ROWS) + "\n")
    yield RUN
    yield f"{RUN} --name moved"
    yield from WORDS.strip().splitlines()
    yield from _boxes(work)
    yield from _data(work)
    yield from _plugins(work)
    yield from _manifests(work)
    yield from _archives(work)
    if place.shared:
        yield from _cases(place.shared / "cases")


def _boxes(work: Path) -> Iterator[str]:
    imported = "--zero-based --results imported"
    for name, content in BOXES.items():
        shutil.copytree(work / "good", work / "boxes" / name)
        (work / "boxes" / name / "cat.txt").write_text(content, errors="surrogateescape")
        yield f"benchmarks import boxes/{name} --from txt --tracker {name} {OWN} {imported}"
    yield f"benchmarks import boxes --from txt {OWN} --zero-based --results all --skip-bad"
    yield f"benchmarks score {OWN} --results imported --format json"
    yield f"benchmarks score {OWN} --results all --format json"


def _data(work: Path) -> Iterator[str]:
    kinds = [("truth", name, {"cat": text}) for name, text in BOXES.items() if name != "not-utf8"]
    kinds += [("toml", name, {"toml": text}) for name, text in TOMLS.items()]
    for kind, name, parts in kinds:
        write_videos(work / kind / name, **parts)
        yield f"benchmarks verify --dataset folder --data-root {kind}/{name}"
    for name in ("letters", "short", "nan", "escapes"):
        yield f"benchmarks run --tracker still --dataset folder --data-root truth/{name} --results ran"
        yield f"benchmarks score --dataset folder --data-root truth/{name} --results ran --format json"
    frames = work / "frames"
    write_videos(frames)
    (frames / "bird/0003.png").write_bytes((frames / "bird/0003.png").read_bytes()[:400])
    (frames / "cat/0002.png").unlink()
    (frames / "dog/0001.png").write_text("no picture")
    (frames / "fox").mkdir()
    write_video(frames / "two\nlines")
    yield "benchmarks verify --dataset folder --data-root frames"
    yield "benchmarks run --tracker still --dataset folder --data-root frames --results ran"


def _plugins(work: Path) -> Iterator[str]:
    for name, text in PLUGINS.items():
        (work / f"{name}.py").write_text(text)
        more = "--sequences bird cat --results plugged"
        yield f"benchmarks run --tracker {name}.py:T --name {name} {OWN} {more}"
    for name in ("syntax", "update", "prints", "leaves"):
        yield f"benchmarks run --tracker {name}.py:T --name {name}-own {OWN} --isolate --results plugged"
    yield f"benchmarks run --tracker none.py {OWN}"
    yield f"benchmarks run --tracker nowhere.py:T {OWN}"
    yield f"benchmarks run --tracker nowhere:T {OWN}"
    for number, program in enumerate(PROGRAMS):
        more = f"--name p{number} {OWN} --results plugged --start-timeout 30"
        yield f"benchmarks run --tracker 'process:{program}' {more}"
    yield f"benchmarks score {OWN} --results plugged --format json"
    yield f"reports.html {OWN} --results plugged --out plugged.html"


def _manifests(work: Path) -> Iterator[str]:
    folder = work / "results/folder-videos/still/ope"
    if not (folder / "run.json").is_file():
        return  # the run above failed, which is a difference already
    content = json.loads((folder / "run.json").read_text())
    cat = content["sequences"]["cat"]
    texts = {
        "empty": "",
        "cut": (folder / "run.json").read_text()[:300],
        "list": "[]",
        "schema": json.dumps(content | {"schema": 99}),
        "no-schema": json.dumps({key: value for key, value in content.items() if key != "schema"}),
        "other-data": json.dumps(content | {"dataset": "demo"}),
        "sequences": json.dumps(content | {"sequences": 3}),
        "status": json.dumps(content | {"sequences": {"cat": cat | {"status": "fine"}}}),
        "no-runs": json.dumps(content | {"sequences": {"cat": cat | {"runs": []}}}),
        "digest": json.dumps(
            content | {"sequences": {"cat": cat | {"runs": [cat["runs"][0] | {"boxes": "0"}]}}}
        ),
        "stranger": json.dumps(content | {"sequences": {"../cat": cat, "cow": cat}}),
        "deep": "[" * 100_000,
        "nan": (folder / "run.json").read_text().replace('"start": 0', '"start": NaN'),
    }
    damages: dict[str, Callable[[Path], object]] = {
        "lost-boxes": lambda run: (run / "cat.txt").unlink(),
        "lost-times": lambda run: (run / "cat.time.txt").unlink(),
        "edited": lambda run: (run / "cat.txt").write_text("1,2,3,4\n" * 6),
        "lost-manifest": lambda run: (run / "run.json").unlink(),
        "folder": lambda run: (run / "run.json").rename(run / "old.json").with_name("run.json").mkdir(),
        "journal": lambda run: (run / "run.journal").write_text('{"continues": 3}\nx\n'),
    }
    for name in [*texts, *damages]:
        copy = work / "broken" / name / folder.relative_to(work / "results")
        shutil.copytree(folder, copy)
        if name in texts:
            (copy / "run.json").write_text(texts[name])
        else:
            damages[name](copy)
        yield f"benchmarks score {OWN} --results broken/{name} --format json"
    for name in ("cut", "digest", "lost-boxes", "edited", "journal", "schema"):
        yield f"{RUN} --results broken/{name}"
    yield f"benchmarks run --tracker ncc {OWN} --name still"
    yield f"{RUN} --seed 7"


def _archives(work: Path) -> Iterator[str]:
    imported = "--zero-based --results imported"
    packed = work / "packed"
    packed.mkdir()
    shutil.make_archive(str(packed / "good"), "zip", work / "good")
    whole = (packed / "good.zip").read_bytes()
    contents = {
        "cut.zip": whole[: len(whole) // 2],
        "damaged.zip": whole[:40] + b"\xff" * 8 + whole[48:],
        "text.zip": b"no archive",
        "text.tar.gz": b"no archive",
        "text.rar": b"Rar!\x1a\x07\0",
        "cat.mat": b"MATLAB 5.0 MAT-file" + b" " * 105 + b"\0\x01IM" + b"\xff" * 64,
        "cat.json": b'[{"res": [[1, 2, 3]]}]',
        "cut.json": b'[{"res": [[1, 2,',
        "deep.json": b"[" * 100_000,
        "cat.bin": b"\x01\0",
    }
    forms = {"mat": "otb-mat", "json": "otb-json", "bin": "vot"}
    for name, content in contents.items():
        (packed / name).write_bytes(content)
        form = forms.get(name.rpartition(".")[2], "txt")
        yield f"benchmarks import packed/{name} --from {form} --tracker packed {OWN} {imported}"


def _cases(cases: Path) -> Iterator[str]:
    places = "--data-root $SHARED/annotations --results cases"
    for kind, form, dataset in (
        ("rows", "txt", "otb2015"),
        ("mat", "otb-mat", "otb2015"),
        ("vot", "vot", "vot2017"),
    ):
        for path in sorted(cases.glob(f"{kind}/*")):
            more = f"--from {form} --tracker {kind}-{path.name} --dataset {dataset} {places}"
            yield f"benchmarks import $SHARED/cases/{kind}/{path.name} {more}"
    for name, protocol in (
        ("ccot_sre", "sre"),
        ("ccot_sre", "ope"),
        ("mdnet_short", "ope"),
        ("half_pixel", "ope"),
    ):
        form = "otb-mat" if name == "ccot_sre" else "txt"
        more = f"--from {form} --tracker {name}-{protocol} --protocol {protocol} --dataset otb2015"
        yield f"benchmarks import $SHARED/cases/{name} {more} {places}"
    cars = "--dataset folder --data-root $SHARED/cases/car11/data --results cases"
    yield f"benchmarks import $SHARED/cases/car11/results --from txt --tracker cars {cars}"
    yield f"benchmarks score --dataset otb2015 {places} --format csv"
    yield f"benchmarks score {cars} --format csv"
