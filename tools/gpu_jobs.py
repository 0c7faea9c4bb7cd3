"""What waits for a GPU, as one script that can be broken off and started again.

    python tools/gpu_jobs.py --out DIR [--only NAME ...] [--weights FILE] [--dry-run]

Each job writes one file to DIR, under its name when it has succeeded; jobs whose file is there are left out.
Nothing here needs cv2.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.running.environment import describe
from trackers.commands import guarded
from trackers.devices import resolve_device

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Job:
    """A command and what it writes.

    Attributes:
        name: what `--only` calls it.
        writes: the file that shows that it is done; the command's standard output, unless it names the file.
        command: words for this Python; `{file}` is the file to write, `{weights}` that of `--weights`.
    """

    name: str
    writes: str
    command: tuple[str, ...]

    @property
    def needs_weights(self) -> bool:
        """Whether it can only run with `--weights`."""
        return any("{weights}" in word for word in self.command)


JOBS = (
    Job(
        "cuda-tests",
        "cuda-tests.xml",
        (
            "-m",
            "pytest",
            "tests/trackers/siamese/test_cuda.py",
            "-p",
            "no:cacheprovider",
            "--junitxml={file}",
        ),
    ),
    Job(
        "siamfc-demo",
        "siamfc-demo.json",
        (
            "-c",
            "import sys; from benchmarks.cli.main import main; "
            "place = ['--dataset', 'demo', '--results', sys.argv[1]]; "
            "tracker = ['--tracker', 'siamfc', '--weights', sys.argv[2], '--device', 'cuda']; "
            "sys.exit(main(['run', *tracker, *place]) or main(['score', '--format', 'json', *place]))",
            "{file}.results",
            "{weights}",
        ),
    ),
)


def run(job: Job, out: Path, weights: Path | None) -> bool:
    """Runs a job; its file appears only if it succeeds."""
    partial = out / f"{job.writes}.partial"
    words = [word.format(file=partial, weights=weights) for word in job.command]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(f"{job.name}: exit status {done.returncode}\n{done.stdout}", file=sys.stderr)
        return False
    if not partial.exists():
        partial.write_text(done.stdout)
    partial.rename(out / job.writes)
    return True


def main(words: Sequence[str] | None) -> int:
    """Runs what is not done yet; 1 if a job fails."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--only", nargs="+", choices=[job.name for job in JOBS], default=[j.name for j in JOBS]
    )
    parser.add_argument("--weights", type=Path, help="SiamFC's weights")
    parser.add_argument("--dry-run", action="store_true", help="say what would run")
    arguments = parser.parse_args(words)
    if not arguments.dry_run:
        device = resolve_device("cuda")
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / "machine.json").write_text(json.dumps(describe(device), indent=1) + "\n")
    failed = 0
    for job in JOBS:
        if job.name not in arguments.only:
            continue
        if (arguments.out / job.writes).exists():
            print(f"{job.name}: done")
        elif job.needs_weights and arguments.weights is None:
            print(f"{job.name}: needs --weights")
        elif arguments.dry_run:
            print(f"{job.name}: would write {job.writes}")
        else:
            ok = run(job, arguments.out.resolve(), arguments.weights)
            print(f"{job.name}: {'ok' if ok else 'failed'}")
            failed += not ok
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(guarded(main)(None))
