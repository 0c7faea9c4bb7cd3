"""`sotbench train`: trains SiamFC or GradNet."""

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
from trackers.training.settings import (
    OBJECTIVES_OF,
    Difficulty,
    GradNetOptions,
    Schedule,
    SiamFCOptions,
    add_options,
    read_options,
    require,
)
from trackers.wording import counted

EXAMPLES = """\
examples:
  sotbench train --tracker siamfc --width 0.3 --steps 5000 --out training/lite \\
      --source folder:videos=2 --source coco:COCO --teacher FDSiamfc_30.pth
  sotbench train --tracker gradnet --backbone training/lite/weights.safetensors \\
      --steps 5000 --out training/gradnet-lite --source got10k:GOT-10k --objective paper --k 4

sources:
  folder:DIR      videos (folders of images with boxes), images with boxes, images alone: see
                  trackers/training/sources/folder.py
  ilsvrc-vid:DIR  ILSVRC2015-VID     got10k:DIR  GOT-10k     coco:DIR  COCO 2017

Give the same command again to resume an interrupted run.
"""


def build_parser() -> argparse.ArgumentParser:
    """Builds the command's parser."""
    parser = Parser(
        prog="sotbench train",
        description="Train SiamFC or GradNet and write the weights.",
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
        help="training images; a source of weight 2 is sampled twice as often as one of weight 1",
    )
    add_options(parser, SiamFCOptions)
    add("--backbone", type=Path, metavar="FILE", help="gradnet: weights of a trained SiamFC, for f_x")
    add_options(parser, GradNetOptions)
    add("--steps", type=int, required=True)
    add("--minutes", type=float, help="stop after this time; the same command resumes (default: no limit)")
    add("--seed", type=int, default=0)
    add("--device", default="auto")
    add("--precision", choices=["float32", "bf16"], default="float32")
    add("--half", action="store_true", help="write the weights in half precision")
    add("--memory", type=float, default=4.0, metavar="GB", help="for images on the device (default: 4)")
    add("--hold-back", type=float, default=0.05, metavar="SHARE", help="of the videos, for validation")
    add("--validate-steps", type=int, default=1000)
    add("--log-steps", type=int, default=20)
    add_options(parser.add_argument_group("schedule"), Schedule, skip=("steps",))
    add_options(parser.add_argument_group("difficulty"), Difficulty)
    return parser


@catch_user_errors
def main(words: Sequence[str] | None = None) -> int:
    """Trains; see `--help`."""
    parser = build_parser()
    args = parser.parse_args(words)

    import torch
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from trackers.devices import keep_freed_memory, resolve_device
    from trackers.siamese.precision import numerics
    from trackers.training.patch_cache import PATCH_BYTES, PatchCache
    from trackers.training.sampling import Sampler
    from trackers.training.sources.reading import read_sources
    from trackers.training.tasks import GradNetTask, SiamFCTask
    from trackers.training.trainer import Trainer
    from trackers.training.validation import average_overlap

    started = time.monotonic()
    console = Console(stderr=True)
    keep_freed_memory()

    def report(sentence: str) -> None:
        console.print(sentence, style="yellow", markup=False, highlight=False)

    for name in ("log_steps", "validate_steps", "memory"):
        require(name, getattr(args, name), getattr(args, name) > 0, "a number above 0")
    require("hold_back", args.hold_back, 0 <= args.hold_back < 1, "a share from 0 to less than 1")
    siamfc, gradnet = read_options(SiamFCOptions, args), read_options(GradNetOptions, args)
    if args.tracker == "gradnet" and args.backbone is None:
        raise UserError("gradnet needs the weights of a trained SiamFC; give --backbone FILE")
    _refuse_idle_options(args, parser)
    device = torch.device(resolve_device(args.device))
    numerics(args.precision, device).apply()
    torch.manual_seed(args.seed)
    schedule, difficulty = read_options(Schedule, args), read_options(Difficulty, args)
    task = SiamFCTask(siamfc) if args.tracker == "siamfc" else GradNetTask(args.backbone, gradnet)
    task.to(device)
    clips, weights, held = read_sources(args.source, args.hold_back, report)
    console.print(
        f"{counted(len(clips), 'clip')}, {counted(sum(len(c.files) for c in clips), 'image')}; "
        f"{counted(len(held), 'video')} held back",
        highlight=False,
    )
    capacity = max(1, int(args.memory * 1e9 / PATCH_BYTES))
    cache = PatchCache(clips, device, capacity, args.seed, report)
    sampler = Sampler(torch.tensor(weights), difficulty, args.seed)
    if isinstance(task, GradNetTask):
        task.calibrate(sampler.pairs(cache.round(0), -1, schedule.batch, distinct=True))

    def validate(task: Any) -> dict[str, float]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "weights.safetensors"
            task.save(path)
            return {"overlap": average_overlap(task.tracker(path, str(device)), held, report)}

    trainer = Trainer(
        task,
        cache,
        sampler,
        schedule,
        args.out,
        _about(args, siamfc, gradnet, difficulty),
        bf16=args.precision == "bf16",
        validate=validate if held else None,
        validate_steps=args.validate_steps,
        log_steps=args.log_steps,
        deadline=None if args.minutes is None else started + 60 * args.minutes,
    )
    columns = (
        TextColumn(args.tracker),
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

        finished = trainer.run(progress)
    if not finished:
        console.print("stopped at the time limit; give the same command again to resume", highlight=False)
        return 0
    path = args.out / "weights.safetensors"
    task.save(path, torch.float16 if args.half else torch.float32)
    console.print(f"wrote {path}", highlight=False)
    return 0


def _refuse_idle_options(args: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """Raises a UserError if an option was given that has no effect on the training asked for."""
    gradnet = args.tracker == "gradnet"
    idle = {
        item.name: f"with --tracker {args.tracker}"
        for item in fields(SiamFCOptions if gradnet else GradNetOptions)
    }
    if gradnet:
        for name, objectives in OBJECTIVES_OF.items():
            if args.objective not in objectives:
                idle[name] = f"with --objective {args.objective}"
        if args.carry == 0:
            idle["burn_in"] = "with --carry 0"
    else:
        idle["backbone"] = "with --tracker siamfc"
        if args.teacher is None:
            idle |= dict.fromkeys(("distillation", "last_distillation"), "without --teacher")
    if not gradnet or args.objective != "later":
        idle["spacing"] = "with a single search region per target"
    for name, reason in idle.items():
        if getattr(args, name) != parser.get_default(name):
            raise UserError(f"--{name.replace('_', '-')} has no effect {reason}; leave it out")


def _about(
    args: argparse.Namespace, siamfc: SiamFCOptions, gradnet: GradNetOptions, difficulty: Difficulty
) -> dict[str, Any]:
    """Returns everything besides the schedule that the result depends on; a checkpoint resumes if equal."""
    options = {**asdict(siamfc), **asdict(gradnet), "backbone": args.backbone}
    names = ("tracker", "seed", "precision", "hold_back", "memory")
    return {
        **{name: value.name if isinstance(value, Path) else value for name, value in options.items()},
        **{name: getattr(args, name) for name in names},
        "difficulty": asdict(difficulty),
        "sources": [Path(text).name for text in args.source],
    }


if __name__ == "__main__":
    sys.exit(main(None))
