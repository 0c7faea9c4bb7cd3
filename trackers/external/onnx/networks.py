"""Loads ONNX files with onnxruntime, and checks that they fit their description."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trackers.errors import UserError, describe_error
from trackers.external.onnx.description import Description
from trackers.regular_files import LARGEST_WEIGHTS, open_regular
from trackers.weights_file import check_weights_file
from trackers.wording import counted

Floats32 = NDArray[np.float32]
_CHANNELS = {"softmax": (2,), "sigmoid": (1, 2), "none": (1, 2)}


class Network:
    """An ONNX file.

    Args:
        path: the file.
        threads: threads of one operation.
        device: `"cpu"` or `"cuda"`, perhaps with a number.
        resizable: whether images of any size are to be accepted, where the file fixes one.

    Raises:
        UserError: onnxruntime is missing, or the file cannot be loaded.
    """

    def __init__(self, path: Path, threads: int, device: str, resizable: bool = False) -> None:
        runtime = _onnxruntime()
        self.path = path
        try:
            open_regular(path, LARGEST_WEIGHTS).close()
        except FileNotFoundError:
            raise UserError(f"there is no model {path}") from None
        except OSError as error:
            raise UserError(f"{path}: {error.strerror}") from None
        check_weights_file(path)
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # its errors are reported below
        source = _without_image_size(path) if resizable else str(path)
        try:
            self._session = runtime.InferenceSession(source, options, providers=_providers(runtime, device))
        except Exception as error:  # onnxruntime's exceptions have no common base
            raise UserError(
                f"{path} cannot be loaded by onnxruntime {runtime.__version__}: {describe_error(error, 200)}"
            ) from None
        self.inputs = {given.name: given.shape for given in self._session.get_inputs()}
        self.outputs = [output.name for output in self._session.get_outputs()]

    def __call__(self, inputs: dict[str, Floats32], outputs: list[str] | None = None) -> list[Floats32]:
        """Computes outputs, by default all."""
        found: list[Floats32] = self._session.run(outputs, inputs)
        return found

    def check_names(self, inputs: list[str], outputs: list[str]) -> None:
        """Checks that inputs and outputs exist, and that there is no other input.

        Raises:
            UserError: they do not.
        """
        for kind, wanted, there in (("input", inputs, list(self.inputs)), ("output", outputs, self.outputs)):
            for name in wanted:
                if name not in there:
                    raise UserError(f"{self.path} has no {kind} '{name}'; its {kind}s: {', '.join(there)}")
        if other := [name for name in self.inputs if name not in inputs]:
            raise UserError(f"{self.path} takes another input, '{other[0]}', that the description lacks")


class Networks:
    """The networks of a description.

    Args:
        description: the description.
        folder: the folder of its files.
        threads: threads of one operation.
        device: `"cpu"` or `"cuda"`, perhaps with a number.

    Raises:
        UserError: a network cannot be loaded, or does not fit the description.
    """

    def __init__(self, description: Description, folder: Path, threads: int, device: str) -> None:
        self._description = description
        names, sizes = description.network, description.input

        def load(name: str, image: str = "", size: int = 0) -> Network:
            network = Network(folder / name, threads, device)
            fixed = (network.inputs.get(image or next(iter(network.inputs))) or [0])[-1]
            if size and isinstance(fixed, int) and fixed != size:
                network = Network(folder / name, threads, device, resizable=True)
            return network

        self._template: Network | None = None
        if names.model:
            self._last = load(names.model)
        else:
            self._search = load(names.backbone, size=sizes.search_size)
            self._template = load(names.template_backbone or names.backbone, size=sizes.template_size)
            for backbone in (self._search, self._template):
                if len(backbone.inputs) != 1 or len(backbone.outputs) != 1:
                    raise UserError(
                        f"{backbone.path} has {counted(len(backbone.inputs), 'input')} and "
                        f"{counted(len(backbone.outputs), 'output')}, not one of each; is it the backbone?"
                    )
            self._last = load(names.head)
        self._last.check_names(
            [names.template_input, names.search_input], [names.score_output, names.box_output]
        )
        self._check()

    def template(self, image: Floats32) -> Floats32:
        """Returns what `maps` takes of a template, shape (1, 3, template_size, template_size)."""
        return image if self._template is None else _features(self._template, image)

    def maps(self, template: Floats32, image: Floats32) -> tuple[Floats32, Floats32]:
        """Returns score map and box map of a search region, shape (1, 3, search_size, search_size)."""
        names = self._description.network
        search = image if self._template is None else _features(self._search, image)
        inputs = {names.template_input: template, names.search_input: search}
        score, box = self._last(inputs, [names.score_output, names.box_output])
        return score, box

    def _check(self) -> None:
        """Computes black images and checks the shapes of the maps.

        Raises:
            UserError: they do not fit the description, or the networks do not fit each other.
        """
        names, sizes = self._description.network, self._description.input
        images = [
            np.zeros((1, 3, size, size), np.float32) for size in (sizes.template_size, sizes.search_size)
        ]
        try:
            score, box = self.maps(self.template(images[0]), images[1])
        except Exception as error:  # onnxruntime's exceptions have no common base
            files = " and ".join(names.files())
            raise UserError(
                f"{files} cannot compute a template of {sizes.template_size} and a search region of "
                f"{sizes.search_size} pixels: {describe_error(error, 200)}"
            ) from None
        channels = _CHANNELS[self._description.search.activation]
        count = score.shape[-1] if score.ndim else 0
        expected = {names.score_output: (score, channels), names.box_output: (box, (4,))}
        for name, (found, depths) in expected.items():
            if found.shape not in [(1, depth, count, count) for depth in depths]:
                wanted = " or ".join(f"(1, {depth}, n, n)" for depth in depths)
                raise UserError(
                    f"{self._last.path}: output '{name}' has shape {found.shape}, not {wanted}; "
                    "is this the head that the description means?"
                )


def _features(network: Network, image: Floats32) -> Floats32:
    return network({next(iter(network.inputs)): image})[0]


def _onnxruntime() -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise UserError(
            f"ONNX models need onnxruntime ({error}); install it with: pip install 'sotbench[onnx]'"
        ) from None
    return onnxruntime


def _providers(runtime: Any, device: str) -> list[Any]:
    kind, _, number = device.partition(":")
    if kind != "cuda":
        return ["CPUExecutionProvider"]
    if "CUDAExecutionProvider" not in runtime.get_available_providers():
        raise UserError(
            f"onnxruntime {runtime.__version__} has no CUDA; give --device cpu, or install onnxruntime-gpu"
        )
    return [("CUDAExecutionProvider", {"device_id": int(number or 0)}), "CPUExecutionProvider"]


def _without_image_size(path: Path) -> bytes:
    """Returns a network with inputs of any height and width, where the file fixes them.

    A convolutional network serves templates and search regions alike, but is exported for one size.
    """
    try:
        import onnx
    except ImportError as error:
        raise UserError(
            f"{path} is made for images of another size; to change that needs the package onnx ({error}): "
            "pip install 'sotbench[onnx]'"
        ) from None
    model = onnx.load(str(path))
    del model.graph.value_info[:]  # shapes within the network, which follow from the input's
    for value in (*model.graph.input, *model.graph.output):
        for number, size in enumerate(value.type.tensor_type.shape.dim):
            if number >= 2:
                size.Clear()
                size.dim_param = f"{value.name}_{number}"
    content: bytes = model.SerializeToString()
    return content
