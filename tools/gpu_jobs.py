"""What waits for a GPU, as one script that can be broken off and started again.

    python tools/gpu_jobs.py --out DIR --images DIR --teacher FILE [--only NAME ...] [--minutes M] [--dry-run]

Each job writes one file to DIR, under its name when it has succeeded; jobs whose file is there are left out,
and training goes on from its last checkpoint, so the same command is given until everything is done. First
the networks are trained, then everything is measured with them. Nothing here needs cv2.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from string import Formatter

from benchmarks.running.environment import describe
from trackers.commands import guarded, positive
from trackers.devices import resolve_device

ROOT = Path(__file__).resolve().parents[1]

# What the project's weights are trained on, with how often each part is drawn from.
SOURCES = {"davis2016val": 3, "fod-a": 1, "coco-ccby": 2, "caltech101": 2, "clothing-cc0": 0.5}
_SOURCE_WORDS = tuple(
    word for name, weight in SOURCES.items() for word in ("--source", f"folder:{{images}}/{name}={weight}")
)


@dataclass(frozen=True)
class Job:
    """A command and what it writes.

    Attributes:
        name: what `--only` calls it.
        writes: the file that shows that it is done.
        command: words for this Python. `{file}` is the file to write, `{out}` its folder, `{device}` the
            device, `{minutes}` how much time is left, and `{images}`, `{teacher}`, `{steps}`,
            `{bench_steps}` and `{slots}`, which is several words, are the options of these names;
            `{sequences}` is the largest of `{slots}`.
        after: jobs whose files it reads.
        resumes: whether the command writes the file itself when all is done, and goes on where it was when
            it is run again; otherwise the file is `{file}`, or the command's standard output.
        package: what has to be installed for it beside the project's own needs.
    """

    name: str
    writes: str
    command: tuple[str, ...]
    after: tuple[str, ...] = ()
    resumes: bool = False
    package: str | None = None

    def needs(self) -> set[str]:
        """Names of the places to be filled in."""
        return {name for word in self.command for _, name, _, _ in Formatter().parse(word) if name}


def training(name: str, *words: str, after: tuple[str, ...] = ()) -> Job:
    """A job that trains the network `name`; a checkpoint and a log stay in a folder beside its weights."""
    command = ("-m", "trackers.train", "--out", f"{{out}}/{name}", "--minutes", "{minutes}")
    settings = ("--device", "{device}", "--half", "--hold-back", "0.15", "--seed", "0", *_SOURCE_WORDS)
    return Job(f"train-{name}", f"{name}/weights.safetensors", (*command, *settings, *words), after, True)


def demo(tracker: str) -> Job:
    """A job that runs the demo with the weights just trained, and scores it."""
    script = (
        "import sys; from benchmarks.cli.main import main; results, weights, tracker, device = sys.argv[1:]; "
        "place = ['--dataset', 'demo', '--results', results]; "
        "run = ['run', '--tracker', tracker, '--weights', weights, '--device', device, *place]; "
        "sys.exit(main(run) or main(['score', '--format', 'json', *place]))"
    )
    words = ("-c", script, "{file}.results", f"{{out}}/{tracker}/weights.safetensors", tracker, "{device}")
    return Job(f"demo-{tracker}", f"demo-{tracker}.json", words, (f"train-{tracker}",))


def batches(tracker: str, precision: str) -> Job:
    """A job that measures frames per second by the size of the batch."""
    name = f"batch-{tracker}-{precision}"
    words = ("-m", "bench.batch", "--tracker", tracker, "--precision", precision, "--device", "{device}")
    return Job(name, f"{name}.json", (*words, "--slots", "{slots}", "--steps", "{bench_steps}", "--json"))


def speed(tracker: str) -> Job:
    """A job that measures one tracker's FPS with the weights that come with it; the record is its file."""
    name = f"speed-{tracker}"
    words = ("-m", "benchmarks", "speed", "--tracker", tracker, "--device", "{device}", "--format", "json")
    return Job(name, f"{name}.json", (*words, "--sequences", "easy", "scale", "--results", "{out}"))


def decoding(tracker: str) -> Job:
    """A job that measures frames per second from JPEG files to boxes, by Pillow and by torchvision."""
    words = ("-m", "bench.decoding", "--tracker", tracker, "--device", "{device}", "--slots", "{slots}")
    load = ("--sequences", "{sequences}", "--json")
    return Job(f"decoding-{tracker}", f"decoding-{tracker}.json", (*words, *load), package="torchvision")


_SIAMFC = ("--tracker", "siamfc", "--teacher", "{teacher}", "--steps", "{steps}", "--batch", "32")
_GRADNET = ("--tracker", "gradnet", "--steps", "{steps}", "--batch", "32", "--k", "8", "--rate", "0.0003")
JOBS = (
    Job(
        "cuda-tests",
        "cuda-tests.xml",
        ("-m", "pytest", "-m", "cuda", "tests/trackers", "-p", "no:cacheprovider", "--junitxml={file}"),
    ),
    training("siamfc", "--width", "1", *_SIAMFC),
    training("gradnet", "--backbone", "{out}/siamfc/weights.safetensors", *_GRADNET, after=("train-siamfc",)),
    training("siamfc-lite", "--width", "0.3", *_SIAMFC),
    training(
        "gradnet-lite",
        "--backbone",
        "{out}/siamfc-lite/weights.safetensors",
        *_GRADNET,
        after=("train-siamfc-lite",),
    ),
    *(batches("siamfc", precision) for precision in ("float32", "tf32", "bf16")),
    batches("gradnet", "float32"),
    decoding("siamfc"),
    *(speed(name) for name in ("siamfc", "gradnet", "siamfc-lite", "gradnet-lite")),
    *(demo(name) for name in ("siamfc", "gradnet", "siamfc-lite", "gradnet-lite")),
)


def run(job: Job, out: Path, places: dict[str, str]) -> str:
    """Runs a job; its file appears only if it succeeds. Returns `ok`, `unfinished` or `failed`."""
    partial = out / f"{job.writes}.partial"
    words = [
        filled
        for word in job.command
        for filled in (
            places["slots"].split() if word == "{slots}" else [word.format(file=partial, out=out, **places)]
        )
    ]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(f"{job.name}: exit status {done.returncode}\n{done.stdout}", file=sys.stderr)
        return "failed"
    if job.resumes:
        return "ok" if (out / job.writes).exists() else "unfinished"
    if not partial.exists():
        partial.write_text(done.stdout)
    partial.rename(out / job.writes)
    return "ok"


def main(words: Sequence[str] | None = None) -> int:
    """Runs what is not done yet; 1 if a job fails."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [job.name for job in JOBS]
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument(
        "--images", type=Path, help=f"training images: the folder that holds {', '.join(SOURCES)}"
    )
    parser.add_argument("--teacher", type=Path, help="weights of a trained SiamFC to learn from")
    parser.add_argument("--steps", type=int, default=20000, help="of each training (default: 20000)")
    parser.add_argument("--bench-steps", type=int, default=50, help="of each measurement (default: 50)")
    parser.add_argument("--slots", type=int, nargs="+", default=[1, 8, 32, 64], help="sizes of batches")
    parser.add_argument(
        "--minutes", type=positive, default=9.0, help="start nothing after so many (default: 9)"
    )
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--dry-run", action="store_true", help="say what would run")
    given = parser.parse_args(words)
    end = time.monotonic() + 60 * given.minutes
    places = {"device": given.device, "steps": str(given.steps), "bench_steps": str(given.bench_steps)}
    places["slots"] = " ".join(map(str, given.slots))
    places["sequences"] = str(max(given.slots))
    places |= {name: str(path.resolve()) for name in ("images", "teacher") if (path := getattr(given, name))}
    out = given.out.resolve()
    if not given.dry_run:
        device = resolve_device(given.device)
        out.mkdir(parents=True, exist_ok=True)
        (out / "machine.json").write_text(json.dumps(describe(device), indent=1) + "\n")
    failed = 0
    files = {job.name: out / job.writes for job in JOBS}
    for job in JOBS:
        if job.name not in given.only:
            continue
        places["minutes"] = f"{max(0.0, (end - time.monotonic()) / 60):.2f}"
        missing = sorted(job.needs() - places.keys() - {"file", "out"})
        waits = [name for name in job.after if not files[name].exists()]
        if files[job.name].exists():
            print(f"{job.name}: done")
        elif missing:
            print(f"{job.name}: needs --{' and --'.join(missing)}")
        elif job.package and find_spec(job.package) is None:
            print(f"{job.name}: needs {job.package}, which is not installed")
        elif given.dry_run:
            print(f"{job.name}: would write {job.writes}{' after ' + ', '.join(waits) if waits else ''}")
        elif waits:
            print(f"{job.name}: waits for {', '.join(waits)}")
        elif time.monotonic() > end:
            print(f"{job.name}: no time left; give the same command again")
        else:
            outcome = run(job, out, places)
            print(f"{job.name}: {outcome}", flush=True)
            failed += outcome == "failed"
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(guarded(main)(None))
