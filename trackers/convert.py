"""`python -m trackers.convert`: weights of others become files of this project."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from trackers.commands import Parser, catch_user_errors
from trackers.errors import UserError

EXAMPLES = """\
examples: python -m trackers.convert siamfc_alexnet_e50.pth siamfc.safetensors;
python -m trackers.convert ckpt/model_epoch49.ckpt gradnet.safetensors"""


def parser() -> Parser:
    """The command's options."""
    options = Parser(
        prog="python -m trackers.convert",
        description="Turns weights of siamfc-pytorch, FDSiamFC or GradNet's authors into this project's own.",
        epilog=EXAMPLES,
    )
    options.add_argument(
        "source",
        type=Path,
        metavar="IN",
        help="a .pth of siamfc-pytorch or FDSiamFC, or GradNet's TensorFlow checkpoint: its .index "
        "file, or what the names of its files begin with",
    )
    options.add_argument("target", type=Path, metavar="OUT", help="the .safetensors file to write")
    options.add_argument("--overwrite", action="store_true", help="replace OUT if it is there")
    return options


@catch_user_errors
def main(arguments: Sequence[str] | None = None) -> int:
    """Converts and prints what was converted."""
    chosen = parser().parse_args(arguments)
    if chosen.target.exists() and not chosen.overwrite:
        raise UserError(f"{chosen.target} is there already; give --overwrite to replace it")
    from trackers.siamese.conversion import convert  # torch takes two seconds, which --help should not

    print(convert(chosen.source, chosen.target))
    return 0


if __name__ == "__main__":
    sys.exit(main(None))
