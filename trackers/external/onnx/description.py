"""The description of a tracker whose networks are ONNX files: a TOML file.

    [network]
    backbone = "backbone.onnx"
    head = "head.onnx"
    template_input = "input1"
    search_input = "input2"
    score_output = "output1"
    box_output = "output2"

`docs/trackers.md` explains all keys.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from trackers.errors import UserError, truncate
from trackers.regular_files import read_regular

_MAX_BYTES = 1 << 20

Share = Annotated[float, Meta(ge=0, le=1)]
Size = Annotated[int, Meta(ge=8, le=4096)]
PerChannel = tuple[float, float, float]


class Network(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ONNX files, and the names of their inputs and outputs.

    Either `backbone` (from an image to features) and `head` (from the features of template and search region
    to maps), or `model`, which takes both images.

    Attributes:
        template_input, search_input: inputs of `head`, or of `model`.
        score_output: scores of the positions, shape (1, 1, n, n), or (1, 2, n, n) with background first.
        box_output: for each position, shape (1, 4, n, n), the distances to the left, top, right and bottom
            edge of the box, in pixels of the search region.
        backbone, head, model: paths, relative to the description's folder.
        template_backbone: the backbone of templates, if it is another file.
    """

    template_input: str
    search_input: str
    score_output: str
    box_output: str
    backbone: str = ""
    template_backbone: str = ""
    head: str = ""
    model: str = ""

    def files(self) -> tuple[str, ...]:
        """Returns the files' paths as they are written."""
        return tuple(filter(None, (self.model, self.backbone, self.template_backbone, self.head)))


class Input(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the networks take: square regions around the target, as (pixel - mean) / std.

    Attributes:
        template_size, search_size: width of the two images, in pixels.
        context: surroundings in the template, on both sides together, as a share of w + h.
        channels: order of the color channels.
        mean, std: of each channel, for pixels from 0 to 255, in the order of `channels`.
    """

    template_size: Size = 127
    search_size: Size = 255
    context: Annotated[float, Meta(ge=0, le=10)] = 0.5
    channels: Literal["rgb", "bgr"] = "rgb"
    mean: PerChannel = (0.0, 0.0, 0.0)
    std: PerChannel = (1.0, 1.0, 1.0)


class Search(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the maps become a box.

    Attributes:
        stride: pixels of the search region between two positions of the maps; the middle position (number
            n // 2) is the middle of the search region.
        activation: what turns the score map into probabilities: the softmax of two channels, the sigmoid of
            one, or nothing.
        rules: how regions are cropped and what the penalty compares with: as in pysot and the trackers
            derived from it, or as in OpenCV's `TrackerNano`.
        window: share of the cosine window in the scores.
        penalty: strength of the penalty on changes of size and aspect ratio.
        size_rate: how far the size moves towards the predicted one, at a score of 1.
    """

    stride: Annotated[float, Meta(gt=0, le=512)] = 8.0
    activation: Literal["softmax", "sigmoid", "none"] = "softmax"
    rules: Literal["pysot", "opencv"] = "pysot"
    window: Share = 0.4
    penalty: Annotated[float, Meta(ge=0, le=100)] = 0.05
    size_rate: Share = 0.3


class Description(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tracker whose networks are ONNX files."""

    network: Network
    input: Input = Input()
    search: Search = Search()


def read_description(path: Path) -> Description:
    """Reads the description of a tracker.

    Raises:
        UserError: the file cannot be read or is invalid.
    """
    try:
        text = read_regular(path, _MAX_BYTES).decode()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; give the description of an ONNX tracker") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not a text file: {error}") from None
    return parse_description(text, str(path))


def parse_description(text: str, where: str) -> Description:
    """Parses the text of a description, which messages call `where`.

    Raises:
        UserError: the text is not TOML, or a key or value is invalid.
    """
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UserError(f"{where}: {error}") from None
    try:
        description = msgspec.convert(content, Description)
    except msgspec.ValidationError as error:
        raise UserError(f"{where}: {_plain(str(error))}") from None
    network = description.network
    whole = bool(network.model)
    if whole == bool(network.backbone and network.head) or (whole and len(network.files()) > 1):
        raise UserError(f"{where}: [network] names either backbone and head, or model alone")
    if 0 in description.input.std:
        raise UserError(f"{where}: [input] has a std of 0; leave std out if pixels are not scaled")
    if description.input.template_size > description.input.search_size:
        raise UserError(f"{where}: [input] has a template_size above search_size")
    return description


def override(description: Description, given: dict[str, object], where: str) -> Description:
    """Returns the description with other values of `[search]`; a value of None leaves it as it is.

    Raises:
        UserError: a value is invalid.
    """
    content = msgspec.to_builtins(description.search)
    content |= {name: value for name, value in given.items() if value is not None}
    try:
        search = msgspec.convert(content, Search)
    except msgspec.ValidationError as error:
        raise UserError(f"{where}: {_plain(str(error))}") from None
    return msgspec.structs.replace(description, search=search)


def _plain(message: str) -> str:
    """Returns a message of msgspec with the place in TOML's words, in front."""
    what, _, place = message.partition(" - at `$")
    keys = place.rstrip("`").strip(".")
    return truncate(f"{keys}: {what}" if keys else what, 300)
