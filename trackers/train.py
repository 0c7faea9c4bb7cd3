"""`python -m trackers.train`: trains SiamFC or GradNet."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from trackers.commands import Parser, catch_user_errors
from trackers.errors import UserError

EXAMPLES = """\
examples:
  python -m trackers.train --tracker siamfc --width 0.3 --steps 5000 --out training/lite \\
      --source folder:videos=2 --source coco:COCO --teacher FDSiamfc_30.pth
  python -m trackers.train --tracker gradnet --backbone training/lite/weights.safetensors \\
      --steps 5000 --out training/gradnet-lite --source got10k:GOT-10k --k 4

sources:
  folder:DIR      videos (folders of images with boxes), images with boxes, images alone: see
                  trackers/training/sources/folder.py
  ilsvrc-vid:DIR  ILSVRC2015-VID     got10k:DIR  GOT-10k     coco:DIR  COCO 2017

A run that was broken off goes on when the same command is given again.
"""


def build_parser() -> argparse.ArgumentParser:
    """The command's parser."""
    from trackers.training.settings import Difficulty, Schedule

    parser = Parser(
        prog="python -m trackers.train",
        description="Trains SiamFC or GradNet and writes their weights.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--tracker", required=True, choices=["siamfc", "gradnet"])
    add("--out", required=True, type=Path, metavar="DIR", help="folder of this run: checkpoint, log, weights")
    add(
        "--source",
        action="append",
        required=True,
        metavar="KIND:DIR[=WEIGHT]",
        help="training images; a source of weight 2 is drawn from twice as often as one of weight 1",
    )
    add("--width", type=float, default=1.0, help="of siamfc's network (default: 1, the full one)")
    add("--start", type=Path, metavar="FILE", help="siamfc: weights to begin with, at most as wide")
    add("--teacher", type=Path, metavar="FILE", help="siamfc: weights of a trained SiamFC to learn from")
    add("--distillation", type=float, default=1.0, help="weight of the teacher at the start (default: 1)")
    add("--last-distillation", type=float, default=0.2, help="and at the end (default: 0.2)")
    add("--backbone", type=Path, metavar="FILE", help="gradnet: weights of a trained SiamFC, for f_x")
    add(
        "--objective",
        choices=["later", "paper", "released"],
        default="later",
        help="gradnet: what judges a correction: the peak's place on later frames, the paper's loss on the "
        "same frame, or the released code's (default: later)",
    )
    add("--k", type=int, default=8, help="gradnet: paper, released: pairs that share a template (default: 8)")
    add("--regions", type=int, default=4, help="gradnet: later: frames per target (default: 4)")
    add("--foreign", type=float, default=0.25, help="gradnet: later: share of pairs with another's template")
    add("--label-noise", type=float, default=4.0, help="gradnet: later: error of labels, in pixels")
    add("--own-labels", type=float, default=0.5, help="gradnet: later: share of labels that are found")
    add("--template-rate", type=float, default=0.05, help="gradnet: rate of f_2, U_1 as a share of U_2's")
    add("--location", type=float, default=0.0, help="siamfc: weight of the loss of the peak's place")
    add("--steps", type=int, required=True)
    add("--minutes", type=float, help="stop after so many; the same command goes on (default: at the end)")
    add("--seed", type=int, default=0)
    add("--device", default="auto")
    add("--precision", choices=["float32", "bf16"], default="float32")
    add("--half", action="store_true", help="write the weights in half precision")
    add("--memory", type=float, default=4.0, metavar="GB", help="for images on the device (default: 4)")
    add("--hold-back", type=float, default=0.05, metavar="SHARE", help="of the videos, to validate on")
    add("--validate-steps", type=int, default=1000)
    add("--log-steps", type=int, default=20)
    for settings, skip in ((Schedule, ("steps",)), (Difficulty, ())):
        group = parser.add_argument_group(settings.__name__.lower())
        for field in fields(settings):
            if field.name not in skip:
                group.add_argument(
                    f"--{field.name.replace('_', '-')}", type=type(field.default), default=field.default
                )
    return parser


@catch_user_errors
def main(words: Sequence[str] | None = None) -> int:
    """Trains; see `--help`."""
    given = build_parser().parse_args(words)

    import torch
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from trackers.devices import keep_freed_memory, resolve_device
    from trackers.siamese.precision import numerics
    from trackers.training.patch_cache import PATCH_BYTES, PatchCache
    from trackers.training.sampling import Sampler
    from trackers.training.settings import Difficulty, Schedule, require
    from trackers.training.trainer import Trainer
    from trackers.training.validation import average_overlap, hold_back

    started = time.monotonic()
    console = Console(stderr=True)
    keep_freed_memory()

    def report(sentence: str) -> None:
        console.print(sentence, style="yellow", markup=False, highlight=False)

    for name in ("width", "k", "log_steps", "validate_steps", "memory"):
        require(name, getattr(given, name), getattr(given, name) > 0, "a number above 0")
    for name in ("foreign", "own_labels"):
        require(name, getattr(given, name), 0 <= getattr(given, name) <= 1, "a share from 0 to 1")
    for name in ("label_noise", "template_rate", "location"):
        require(name, getattr(given, name), 0 <= getattr(given, name) < float("inf"), "a number of 0 or more")
    require("regions", given.regions, given.regions >= 2, "2 or more")
    require("hold_back", given.hold_back, 0 <= given.hold_back < 1, "a share from 0 to less than 1")
    device = torch.device(resolve_device(given.device))
    numerics(given.precision, device).apply()
    torch.manual_seed(given.seed)
    schedule = _settings(Schedule, given)
    difficulty = _settings(Difficulty, given)
    clips, weights = [], []
    held = []
    for text in given.source:
        kind, root, weight = parse_source(text)
        some, back = hold_back(load_reader(kind)(root, report), given.hold_back)
        clips += some
        held += back
        weights += [weight / len(some)] * len(some)
    console.print(
        f"{len(clips)} clips, {sum(len(c.files) for c in clips)} images; {len(held)} videos held back",
        highlight=False,
    )
    capacity = max(1, int(given.memory * 1e9 / PATCH_BYTES))
    bank = PatchCache(clips, device, capacity, given.seed, report)
    sampler = Sampler(torch.tensor(weights), difficulty, given.seed)
    task = _task(given)
    task.to(device)
    if given.tracker == "gradnet":
        task.calibrate(sampler.pairs(bank.round(0), -1, schedule.batch, distinct=True))

    def validate(task: Any) -> dict[str, float]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "weights.safetensors"
            task.save(path)
            return {"overlap": average_overlap(task.tracker(path, str(device)), held, report)}

    loop = Trainer(
        task,
        bank,
        sampler,
        schedule,
        given.out,
        _about(given, difficulty),
        bf16=given.precision == "bf16",
        validate=validate if held else None,
        validate_steps=given.validate_steps,
        log_steps=given.log_steps,
        deadline=None if given.minutes is None else started + 60 * given.minutes,
    )
    columns = (
        TextColumn(given.tracker),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[figures]}"),
    )
    with Progress(*columns, console=console) as bar:
        row = bar.add_task("", total=schedule.steps, figures="")
        shown: dict[str, float] = {}

        def progress(step: int, figures: dict[str, float]) -> None:
            shown.update(figures)
            text = " ".join(f"{name} {value:.3g}" for name, value in shown.items() if name != "norm")
            bar.update(row, completed=step, figures=text)

        finished = loop.run(progress)
    if not finished:
        console.print("stopped for lack of time; give the same command to go on", highlight=False)
        return 0
    path = given.out / "weights.safetensors"
    task.save(path, torch.float16 if given.half else torch.float32)
    console.print(f"wrote {path}", highlight=False)
    return 0


def _settings(kind: type[Any], given: argparse.Namespace) -> Any:
    return kind(**{field.name: getattr(given, field.name) for field in fields(kind)})


def parse_source(text: str) -> tuple[str, Path, float]:
    kind, colon, rest = text.partition(":")
    path, equals, weight = rest.rpartition("=")
    if not equals:
        path, weight = rest, "1"
    try:
        value = float(weight)
    except ValueError:
        path, value = rest, 1.0
    if not colon or not path or not value > 0:
        raise UserError(f"--source {text} is not KIND:DIR or KIND:DIR=WEIGHT with a weight above 0")
    return kind, Path(path), value


def load_reader(kind: str) -> Any:
    from trackers.training.sources import SOURCES

    return SOURCES.load(kind)


def _task(given: argparse.Namespace) -> Any:
    from trackers.siamese.backbone import scaled_widths
    from trackers.training.tasks import GradNetTask, SiamFCTask

    if given.tracker == "siamfc":
        return SiamFCTask(
            scaled_widths(given.width),
            given.teacher,
            given.distillation,
            given.last_distillation,
            given.start,
            given.location,
        )
    if given.backbone is None:
        raise UserError("gradnet needs the weights of a trained SiamFC; give --backbone FILE")
    return GradNetTask(
        given.backbone,
        given.objective,
        given.k,
        regions=given.regions,
        foreign=given.foreign,
        label_noise=given.label_noise,
        own_labels=given.own_labels,
        template_rate=given.template_rate,
    )


def _about(given: argparse.Namespace, difficulty: Any) -> dict[str, Any]:
    """What the outcome depends on, besides the schedule."""
    names = (
        "tracker",
        "width",
        "distillation",
        "last_distillation",
        "k",
        "objective",
        "regions",
        "foreign",
        "label_noise",
        "own_labels",
        "template_rate",
        "location",
        "seed",
        "precision",
    )
    about = {name: getattr(given, name) for name in names}
    for name in ("start", "teacher", "backbone"):
        about[name] = getattr(given, name) and getattr(given, name).name
    return about | {
        "difficulty": asdict(difficulty),
        "sources": [Path(text).name for text in given.source],
        "hold_back": given.hold_back,
        "memory": given.memory,
    }


if __name__ == "__main__":
    sys.exit(main(None))
