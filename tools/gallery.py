"""Draws the images of docs/gallery.md from runs on the demo.

    python tools/gallery.py --results DIR docs/images

`--results` holds runs of `still`, `ncc`, `siamfc-lite` and `gradnet-lite`, supervised ones of the first
three, and the speed of all four as `benchmarks speed --results DIR` recorded it. The images have 200 dots
per inch and 256 colors, to keep files small.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

from PIL import Image

from reports.plot import parser
from reports.plots import PLOTS
from reports.plots.figure import figure_bytes
from reports.report_data import InapplicableError
from reports.several import read_reports

SHOWN = {
    "ope": ("success", "precision", "scores", "attributes", "attribute-dots", "sequences", "speed"),
    "supervised": ("eao", "ar"),
}
PROFILES = {"ope": "otb", "supervised": "vot2017"}


def small(png: bytes) -> Image.Image:
    """Returns the image at two thirds of its size, in 256 colors."""
    with Image.open(io.BytesIO(png)) as picture:
        size = (picture.width * 2 // 3, picture.height * 2 // 3)
        smaller = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        return smaller.quantize(256, Image.Quantize.FASTOCTREE)


def main() -> None:
    """Writes the images and prints their names."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--results", required=True)
    options.add_argument("out", type=Path)
    args = options.parse_args()
    for protocol, kinds in SHOWN.items():
        place = ["--results", args.results, "--protocol", protocol, "--profile", PROFILES[protocol]]
        [report] = read_reports(parser().parse_args(["--dataset", "demo", *place]))
        for kind in kinds:
            path = args.out / f"gallery-{kind}.png"
            try:
                figure = PLOTS.load(kind)(report)
            except InapplicableError as reason:
                print(f"{path} is left as it is: {reason}")
                continue
            small(figure_bytes(figure, "png")).save(path, optimize=True)
            print(path)


if __name__ == "__main__":
    main()
