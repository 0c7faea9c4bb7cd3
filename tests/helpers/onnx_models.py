"""Small ONNX files for tests: a tracker that moves to where its search region is brightest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

DESCRIPTION = """
[network]
backbone = "backbone.onnx"
head = "head.onnx"
template_input = "z"
search_input = "x"
score_output = "score"
box_output = "box"

[input]
template_size = {template}
search_size = {search}

[search]
stride = 8
activation = "sigmoid"
window = 0.1
penalty = 0.0
size_rate = 0.0
"""
"""Describes the files of `write_tracker`, for both values of `search`."""


def save(path: Path, nodes: list[onnx.NodeProto], inputs: dict, outputs: dict, constants: dict) -> None:
    """Writes a graph; `inputs` and `outputs` have shapes, None where a size is open."""

    def values(shapes: dict) -> list[onnx.ValueInfoProto]:
        return [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()
        ]

    tensors = [
        numpy_helper.from_array(np.asarray(value, np.float32), name) for name, value in constants.items()
    ]
    graph = helper.make_graph(nodes, "graph", values(inputs), values(outputs), tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.save(model, str(path))


def write_tracker(folder: Path, size: int | None = None, depth: int = 1) -> Path:
    """Writes backbone, head and description, and returns the description's path.

    Args:
        folder: where to write.
        size: the image size that the backbone is exported for; None for any.
        depth: channels of the score map.
    """
    mean = np.full((1, 3, 8, 8), 1 / (3 * 64))
    save(
        folder / "backbone.onnx",
        [helper.make_node("Conv", ["image", "mean"], ["features"], strides=[8, 8])],
        {"image": [1, 3, size, size]},
        {"features": [1, 1, size and size // 8, size and size // 8]},
        {"mean": mean},
    )
    # (search - template) / 32: far above 0 only where it is as bright as the target.
    save(
        folder / "head.onnx",
        [
            helper.make_node("ReduceMean", ["z"], ["level"], axes=[2, 3], keepdims=1),
            helper.make_node("Sub", ["x", "level"], ["difference"]),
            helper.make_node("Conv", ["difference", "deep"], ["score"]),
            helper.make_node("Conv", ["x", "zero", "edges"], ["box"]),
        ],
        {"z": [1, 1, None, None], "x": [1, 1, None, None]},
        {"score": [1, depth, None, None], "box": [1, 4, None, None]},
        {
            "deep": np.full((depth, 1, 1, 1), 1 / 32),
            "zero": np.zeros((4, 1, 1, 1)),
            "edges": np.full(4, 12.0),
        },
    )
    description = folder / "tracker.toml"
    description.write_text(DESCRIPTION.format(template=40, search=72))
    return description
