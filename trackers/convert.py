"""`sotbench convert`: converts weights of other projects to this project's format."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from trackers.commands import Parser, catch_user_errors
from trackers.errors import UserError

EXAMPLES = """\
examples: sotbench convert siamfc_alexnet_e50.pth siamfc.safetensors;
sotbench convert ckpt/model_epoch49.ckpt gradnet.safetensors"""


def build_parser() -> Parser:
    """Builds the command's parser."""
    options = Parser(
        prog="sotbench convert",
        description="Convert weights of siamfc-pytorch, FDSiamFC or GradNet to this project's format.",
        epilog=EXAMPLES,
    )
    options.add_argument(
        "source",
        type=Path,
        metavar="IN",
        help="a .pth of siamfc-pytorch or FDSiamFC, or GradNet's TensorFlow checkpoint: its .index "
        "file, or the common prefix of its files",
    )
    options.add_argument("target", type=Path, metavar="OUT", help="the .safetensors file to write")
    options.add_argument("--overwrite", action="store_true", help="replace OUT if it exists")
    return options


@catch_user_errors
def main(arguments: Sequence[str] | None = None) -> int:
    """Converts, and prints a summary."""
    args = build_parser().parse_args(arguments)
    if args.target.exists() and not args.overwrite:
        raise UserError(f"{args.target} already exists; give --overwrite to replace it")
    from trackers.siamese.conversion import convert  # --help need not wait for torch

    print(convert(args.source, args.target))
    return 0


if __name__ == "__main__":
    sys.exit(main(None))
