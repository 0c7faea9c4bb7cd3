"""Runs all GPU measurements and trainings, as jobs that can be interrupted and resumed.

    python tools/gpu_jobs.py --out DIR [--reference DIR] [--only NAME ...] [--seconds S] [--dry-run]
    python tools/gpu_jobs.py --out DIR --images DIR --teacher FILE --only train-siamfc ...

The first command runs all tests and measurements that need no training, in 560 seconds at most, and packs
DIR/gpu-jobs.tar.gz. The second trains the networks, in as many calls as needed, and runs the demo with them.
Each job writes one file to DIR, under its final name once it has succeeded, and a log; jobs whose file exists
are skipped, and training resumes from its last checkpoint. Neither cv2, pytest's plug-ins nor an installation
of the project are needed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from string import Formatter
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # `bench` is not installed with the project

from benchmarks.environment import describe_environment  # noqa: E402
from trackers.commands import catch_user_errors, positive  # noqa: E402
from trackers.devices import resolve_device  # noqa: E402

ARCHIVE = "gpu-jobs.tar.gz"
EXCLUDED_SUFFIXES = ("checkpoint.pt", ".partial", ".tar.gz", ".results")
"""Suffixes of files and folders that are left out of the archive."""
ARCHIVE_SECONDS = 10.0
"""Seconds reserved for packing the archive."""

# Training data of the project's weights, with sampling weights.
SOURCES = {"davis2016val": 3, "fod-a": 1, "coco-ccby": 2, "caltech101": 2, "clothing-cc0": 0.5}
_SOURCE_WORDS = tuple(
    word for name, weight in SOURCES.items() for word in ("--source", f"folder:{{images}}/{name}={weight}")
)


@dataclass(frozen=True)
class Job:
    """A command and the file it writes.

    Attributes:
        name: for `--only`.
        writes: the file that marks it as done.
        command: arguments of this Python. `{file}` is the file to write, `{out}` its folder, `{device}` the
            device, `{minutes}` the time left, and `{images}`, `{teacher}`, `{reference}`, `{steps}`,
            `{bench_steps}`, `{frames}`, `{repetitions}` and `{slots}` (several arguments) are the options
            of these names; `{sequences}` is the largest of `{slots}`, and `{siamfc}`, `{gradnet}` and
            `{width}` name the networks to measure.
        after: jobs whose files it reads.
        resumes: whether the command writes the final file itself, and resumes when it is run again; otherwise
            the file is `{file}`, or the command's standard output.
        package: an extra package that it needs.
        seconds: time limit; None for all the time left.
        problem: returns what is wrong with the file it wrote, if anything.
    """

    name: str
    writes: str
    command: tuple[str, ...]
    after: tuple[str, ...] = ()
    resumes: bool = False
    package: str | None = None
    seconds: float | None = None
    problem: Callable[[Path], str | None] = lambda path: None  # noqa: ARG005

    def needs(self) -> set[str]:
        """Returns the names of the placeholders in the command."""
        return {name for word in self.command for _, name, _, _ in Formatter().parse(word) if name}


def training(name: str, *words: str, after: tuple[str, ...] = ()) -> Job:
    """Returns a job that trains the network `name`; checkpoint and log are in the folder of its weights."""
    command = ("-m", "trackers.train", "--out", f"{{out}}/{name}", "--minutes", "{minutes}")
    settings = ("--device", "{device}", "--half", "--hold-back", "0.15", "--seed", "0", *_SOURCE_WORDS)
    return Job(f"train-{name}", f"{name}/weights.safetensors", (*command, *settings, *words), after, True)


def demo(tracker: str) -> Job:
    """Returns a job that runs the demo with the weights just trained, and scores it."""
    script = (
        "import sys; from benchmarks.cli.main import main; results, weights, tracker, device = sys.argv[1:]; "
        "place = ['--dataset', 'demo', '--results', results]; "
        "run = ['run', '--tracker', tracker, '--weights', weights, '--device', device, *place]; "
        "sys.exit(main(run) or main(['score', '--format', 'json', *place]))"
    )
    words = ("-c", script, "{file}.results", f"{{out}}/{tracker}/weights.safetensors", tracker, "{device}")
    return Job(f"demo-{tracker}", f"demo-{tracker}.json", words, (f"train-{tracker}",))


def skipped(path: Path) -> str | None:
    """Returns an error if tests in a JUnit file were skipped that should run on a GPU.

    Tests that need torchvision or a second GPU may be skipped without one.
    """
    cases = ElementTree.parse(path).findall(".//testcase")
    left_out = [(case, found) for case in cases if (found := case.find("skipped")) is not None]
    if len(left_out) == len(cases):
        return f"none of {len(cases)} tests ran"
    wrongly = [
        f"{case.get('name')} ({found.get('message')})"
        for case, found in left_out
        if not (found.get("message") or "").endswith(("torchvision is not installed", "one NVIDIA GPU alone"))
    ]
    return f"skipped: {', '.join(wrongly)}" if wrongly else None


def module(name: str, seconds: float, words: str, package: str | None = None) -> Job:
    """Returns a job that runs a module of this repository and keeps its standard output."""
    return Job(name, f"{name}.json", ("-m", *words.split()), package=package, seconds=seconds)


def speed(network: str) -> Job:
    """Returns a job that measures one tracker's updates per second with its bundled weights."""
    words = f"benchmarks speed --tracker {{{network}}} --device {{device}} --sequences easy scale"
    more = "--frames {frames} --repetitions {repetitions} --format json --results {out}"
    return module(f"speed-{network}", 40, f"{words} {more}")


def batches(network: str, precision: str) -> Job:
    """Returns a job that measures frames per second by batch size."""
    words = (
        f"bench.batch --tracker {{{network}}} --precision {precision} --device {{device}} --slots {{slots}}"
    )
    more = "--steps {bench_steps} --repetitions {repetitions} --json"
    return module(f"batch-{network}-{precision}", 30, f"{words} {more}")


MEASUREMENTS = (
    # First, while the load average, which is recorded, is still low.
    speed("siamfc"),
    speed("gradnet"),
    module(
        "speed-siamfc-pytorch",
        30,
        "bench.siamfc_pytorch --reference {reference} --width {width} --frames {frames} --device {device} "
        "--json",
    ),
    Job(
        "cuda-tests",
        "cuda-tests.xml",
        (
            *("-m", "pytest", "-m", "cuda", "--noconftest", "-p", "no:cacheprovider", "--junitxml={file}"),
            *("tests/trackers/siamese/test_cuda.py", "tests/trackers/test_jpeg_cuda.py"),
        ),
        seconds=75,
        problem=skipped,
    ),
    module("gradnet-checks", 40, "bench.gradnet_checks --device {device} --frames {frames}"),
    *(batches("siamfc", precision) for precision in ("float32", "tf32", "bf16")),
    batches("gradnet", "float32"),
    module(
        "variants",
        40,
        "bench.variants --tracker {siamfc} --device {device} --slots {slots} --steps {bench_steps} "
        "--turns {repetitions} --json",
    ),
    module(
        "decoding-siamfc",
        60,
        "bench.decoding --tracker {siamfc} --device {device} --slots {slots} --sequences {sequences} "
        "--frames {frames} --repetitions {repetitions} --json",
        package="torchvision",
    ),
    module(
        "run-batch",
        60,
        "bench.run_batch --tracker {siamfc} --device {device} --batch {sequences} --workers 1 3 "
        "--frames {frames}",
    ),
)
_SIAMFC = (
    *("--tracker", "siamfc", "--teacher", "{teacher}", "--steps", "{steps}", "--batch", "32"),
    *("--location", "0.5"),
)
_HARD = ("--look-alikes", "0.3", "--average", "0.998")
_GRADNET = (
    *(
        "--tracker",
        "gradnet",
        "--steps",
        "{steps}",
        "--batch",
        "32",
        "--rate",
        "0.002",
        "--last-rate",
        "0.00005",
    ),
    *("--distractors", "0.6", "--occlusion", "0.15", *_HARD),
)
_CARRIED = (
    *("--carry", "1", "--burn-in", "4", "--regions", "8", "--spacing", "3"),
    *("--own-labels", "0.8", "--foreign", "0"),
)


def trainings(suffix: str, width: str) -> tuple[Job, ...]:
    """Returns the jobs that train SiamFC of a width, and the networks of GradNet on top of it."""
    siamfc = f"siamfc{suffix}"
    on_top = ("--backbone", f"{{out}}/{siamfc}/weights.safetensors", *_GRADNET)
    after = (f"train-{siamfc}",)
    return (
        training(siamfc, "--width", width, *_SIAMFC, *_HARD),
        training(f"gradnet{suffix}", *on_top, after=after),
        training(f"gradnet-paper{suffix}", *on_top, *_CARRIED, after=after),
    )


NETWORKS = tuple(
    f"{name}{suffix}" for suffix in ("", "-lite") for name in ("siamfc", "gradnet", "gradnet-paper")
)
TRAINING = (*trainings("", "1"), *trainings("-lite", "0.3"), *map(demo, NETWORKS))
JOBS = (*MEASUREMENTS, *TRAINING)


def run(job: Job, out: Path, places: dict[str, str], left: float, slack: float = 1.0) -> str:
    """Runs a job for at most `left` seconds, or `slack` times its own limit; its file appears if it succeeds.

    Returns:
        `ok`, `unfinished`, or `failed: ` and the reason.
    """
    partial = out / f"{job.writes}.partial"
    partial.unlink(missing_ok=True)
    words = [
        filled
        for word in job.command
        for filled in (
            places["slots"].split() if word == "{slots}" else [word.format(file=partial, out=out, **places)]
        )
    ]
    modules = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    # Training limits its own time, and writes a checkpoint first.
    limit = None if job.resumes else min(left, slack * (job.seconds or left))
    path = out / f"{job.name}.log"
    with path.open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=os.environ | {"PYTHONPATH": modules},
            start_new_session=True,
        )
        try:
            printed, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            return f"failed: it took longer than {limit:.0f} s"
        finally:
            # Its child processes would keep using the device.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
    last = path.read_text(encoding="utf-8").strip().splitlines()[-1:]
    path.write_text(path.read_text(encoding="utf-8") + printed, encoding="utf-8")
    if process.returncode:
        return f"failed: exit status {process.returncode}{': ' + last[0] if last else ''}"
    if job.resumes:
        return "ok" if (out / job.writes).exists() else "unfinished"
    if not partial.exists():
        partial.write_text(printed)
    if problem := job.problem(partial):
        return f"failed: {problem}"
    partial.rename(out / job.writes)
    return "ok"


def pack(out: Path) -> Path:
    """Packs `out` into an archive there, without files that only a later call needs."""

    def wanted(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        return None if member.name.endswith(EXCLUDED_SUFFIXES) else member

    archive = out / ARCHIVE
    with tarfile.open(archive, "w:gz") as file:
        for path in sorted(out.iterdir()):
            file.add(path, path.name, filter=wanted)
    return archive


def main(words: Sequence[str] | None = None) -> int:
    """Runs the jobs that are not done yet; returns 1 if one fails."""
    begun = time.monotonic()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [job.name for job in JOBS]
    measurements = [job.name for job in MEASUREMENTS]
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--only",
        nargs="+",
        choices=names,
        default=measurements,
        metavar="NAME",
        help=f"what to run (default: all but training), of {', '.join(names)}",
    )
    parser.add_argument("--reference", type=Path, help="a checkout of siamfc-pytorch to compare with")
    parser.add_argument(
        "--images", type=Path, help=f"training images: the folder that holds {', '.join(SOURCES)}"
    )
    parser.add_argument("--teacher", type=Path, help="weights of a trained SiamFC to learn from")
    parser.add_argument("--steps", type=int, default=20000, help="of each training (default: 20000)")
    parser.add_argument("--bench-steps", type=int, default=50, help="of each measurement (default: 50)")
    parser.add_argument("--slots", type=int, nargs="+", default=[1, 8, 32, 64], help="sizes of batches")
    parser.add_argument("--frames", type=int, default=60, help="of each sequence, at most 60 (default: 60)")
    parser.add_argument("--lite", action="store_true", help="measure narrow networks, to rehearse")
    parser.add_argument("--repetitions", type=int, default=3, help="of each measurement (default: 3)")
    parser.add_argument(
        "--seconds", type=positive, default=560.0, help="for everything, including packing (default: 560)"
    )
    parser.add_argument("--limits", type=positive, default=1.0, help="factor on the jobs' times (default: 1)")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--dry-run", action="store_true", help="print what would run")
    args = parser.parse_args(words)
    end = begun + args.seconds - ARCHIVE_SECONDS
    places = {"device": args.device, "steps": str(args.steps), "bench_steps": str(args.bench_steps)}
    places["slots"] = " ".join(map(str, args.slots))
    places["repetitions"] = str(args.repetitions)
    places |= {name: f"{name}-lite" if args.lite else name for name in ("siamfc", "gradnet")}
    places["width"] = "0.3" if args.lite else "1"
    places |= {"sequences": str(max(args.slots)), "frames": str(args.frames)}
    options = ("images", "teacher", "reference")
    places |= {name: str(path.resolve()) for name in options if (path := getattr(args, name))}
    out = args.out.resolve()
    if not args.dry_run:
        device = resolve_device(args.device)
        out.mkdir(parents=True, exist_ok=True)
        (out / "machine.json").write_text(json.dumps(describe_environment(device), indent=1) + "\n")
    outcomes: dict[str, dict[str, object]] = {}
    files = {job.name: out / job.writes for job in JOBS}
    for job in JOBS:
        if job.name not in args.only:
            continue
        left = end - time.monotonic()
        places["minutes"] = f"{max(0.0, left / 60):.2f}"
        missing = sorted(job.needs() - places.keys() - {"file", "out"})
        waits = [name for name in job.after if not files[name].exists()]
        if files[job.name].exists():
            said = "done"
        elif missing:
            said = f"needs --{' and --'.join(missing)}"
        elif job.package and find_spec(job.package) is None:
            said = f"needs {job.package}, which is not installed"
        elif args.dry_run:
            said = f"would write {job.writes}{' after ' + ', '.join(waits) if waits else ''}"
        elif waits:
            said = f"waits for {', '.join(waits)}"
        elif left <= 0:
            said = "no time left; give the same command again"
        else:
            start = time.monotonic()
            said = run(job, out, places, left, args.limits)
            outcomes[job.name] = {"outcome": said, "seconds": round(time.monotonic() - start, 1)}
        print(f"{job.name}: {said}", flush=True)
    if not args.dry_run:
        (out / "jobs.json").write_text(json.dumps(outcomes, indent=1) + "\n")
        print(f"packed {pack(out)} after {time.monotonic() - begun:.0f} s")
    return 1 if any(str(row["outcome"]).startswith("failed") for row in outcomes.values()) else 0


if __name__ == "__main__":
    sys.exit(catch_user_errors(main)(None))
