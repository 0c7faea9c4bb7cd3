"""Trackers in a checkout that is built on pytracking's test interface: OSTrack, MixFormer, SeqTrack, ARTrack.

Their checkouts share a layout, from which a tracker is built here as their own `create_tracker` does, without
the files of paths that their scripts need:

    lib/test/parameter/NAME.py   parameters(yaml_name), which reads experiments/NAME/YAML_NAME.yaml
    lib/test/tracker/NAME.py     get_tracker_class(), called with (params, dataset_name)
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import io
import math
import os
import pickle
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from trackers.box_validation import ConvertedPrediction
from trackers.errors import UserError, class_name, describe_error, one_line
from trackers.external.toolkits.adapters import PytrackingAdapter
from trackers.provenance import source_files
from trackers.registry import did_you_mean
from trackers.tracker import Boxes, Frame, SelfTimedTracker
from trackers.weights_file import check_weights_file

_LOCAL = "lib.test.evaluation.local"
_PREFIX = "params."


class CheckoutTracker(SelfTimedTracker):
    """A tracker of a checkout that is built on pytracking's test interface.

    Args:
        checkout: the folder that contains `lib`.
        tracker: its name there, such as `ostrack`.
        yaml: its configuration: the name of a file in `experiments/NAME`, or a path.
        checkpoint: the file of its weights.
        dataset_name: the data set's name that the tracker gets; some choose settings by it.
        trust_checkpoint: whether a checkpoint that holds Python objects may be loaded, which can run code.
        device: `"cpu"`, `"cuda"` or `"cuda:N"`.
        params: attributes of the tracker's `params` to change, as `params.NAME`.

    Raises:
        UserError: something is missing, or checkpoint and configuration are not the same model's.
    """

    def __init__(
        self,
        checkout: str = "",
        tracker: str = "",
        yaml: str = "",
        checkpoint: str = "",
        dataset_name: str = "",
        trust_checkpoint: bool = False,
        device: str = "cpu",
        **params: Any,
    ) -> None:
        given = {"checkout": checkout, "tracker": tracker, "yaml": yaml, "checkpoint": checkpoint}
        if missing := [name for name, value in given.items() if not value]:
            raise UserError(
                "tracker 'pytracking' needs a checkout, the tracker's name in it, its configuration and its "
                "weights; give --set " + " ".join(f"{name}=..." for name in missing)
            )
        for name in params:
            if not name.startswith(_PREFIX):
                known = [*given, "dataset_name", "trust_checkpoint"]
                raise UserError(
                    f"tracker 'pytracking' has no setting '{name}'{did_you_mean(name, known)}; "
                    "attributes of its params are params.NAME"
                )
        root = Path(checkout).absolute()
        code = _tracker_file(root, tracker)
        configuration = _yaml_file(root, tracker, yaml)
        weights = Path(checkpoint).absolute()
        _check_checkpoint(weights, trust_checkpoint)
        self._device = device
        with _checkout_modules(root), self._cuda():
            made = self._params(root, tracker, configuration)
            made.checkpoint = str(weights)
            for name, value in params.items():
                _set_parameter(made, name.removeprefix(_PREFIX), value)
            foreign = self._create(tracker, made, dataset_name, configuration, weights, trust_checkpoint)
        self._adapter = PytrackingAdapter(foreign, PytrackingAdapter.options)
        sources = source_files(code, f"lib.test.tracker.{tracker}")
        self.model_files = (*sources, configuration, weights)

    def init(self, frame: Frame, box: Boxes) -> None:
        with self._cuda():
            self._adapter.init(frame, box)
        self.own_seconds = self._adapter.own_seconds

    def update(self, frame: Frame) -> Boxes:
        return self.update_with_confidence(frame).array

    def update_with_confidence(self, frame: Frame) -> ConvertedPrediction:
        with self._cuda():
            predicted = self._adapter.update_with_confidence(frame)
        self.own_seconds = self._adapter.own_seconds
        return predicted

    def synchronize(self) -> None:
        self._adapter.synchronize()

    def _params(self, root: Path, tracker: str, configuration: Path) -> Any:
        """Calls `parameters` of the checkout."""
        module = _import(f"lib.test.parameter.{tracker}", root)
        folder = root / "experiments" / tracker
        # The function puts together experiments/NAME/%s.yaml; a relative path leads it to any file.
        name = os.path.relpath(configuration, folder).removesuffix(".yaml")
        arguments = {}
        if "model" in inspect.signature(module.parameters).parameters:
            arguments["model"] = "checkpoint"  # the name of a file, which is replaced
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                return module.parameters(name, **arguments)
        except Exception as error:  # of the checkout's code, or of YAML
            raise UserError(
                f"{configuration} is not a configuration of {tracker}: {one_line(str(error), 200)}"
            ) from error

    def _create(
        self,
        tracker: str,
        params: Any,
        dataset_name: str,
        configuration: Path,
        weights: Path,
        trusted: bool,
    ) -> Any:
        """Creates the checkout's tracker."""
        module = sys.modules[f"lib.test.tracker.{tracker}"]
        params.debug = getattr(params, "debug", 0) or 0
        params.tracker_name, params.param_name = tracker, configuration.stem
        try:
            with contextlib.redirect_stdout(io.StringIO()), _loading(trusted):
                return module.get_tracker_class()(params, dataset_name)
        except (RuntimeError, KeyError) as error:
            text = str(error)
            if isinstance(error, KeyError) or "loading state_dict" in text:
                what = f"it has no {text}" if isinstance(error, KeyError) else _first_mismatch(text)
                raise UserError(
                    f"{weights} does not fit the model of {configuration.name} ({what}); give the checkpoint "
                    "and the yaml of the same model"
                ) from error
            raise

    @contextlib.contextmanager
    def _cuda(self) -> Iterator[None]:
        """Makes `.cuda()`, which the family calls everywhere, mean the chosen device."""
        import torch

        device = torch.device(self._device)
        if device.type == "cuda":
            with torch.cuda.device(device):
                yield
            return
        saved = torch.Tensor.cuda, torch.nn.Module.cuda

        def stay(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG001
            return self

        torch.Tensor.cuda = torch.nn.Module.cuda = stay  # type: ignore[method-assign]
        try:
            yield
        finally:
            torch.Tensor.cuda, torch.nn.Module.cuda = saved  # type: ignore[method-assign]


def _tracker_file(root: Path, tracker: str) -> Path:
    folder = root / "lib" / "test" / "tracker"
    if not folder.is_dir() or not (root / "lib" / "test" / "parameter").is_dir():
        raise UserError(
            f"{root} is not a checkout with pytracking's test interface: lib/test/tracker or "
            "lib/test/parameter is missing"
        )
    parameters = {path.stem for path in (root / "lib" / "test" / "parameter").glob("*.py")}
    known = sorted(path.stem for path in folder.glob("*.py") if path.stem in parameters - {"__init__"})
    if tracker not in known:
        raise UserError(
            f"{root} has no tracker '{tracker}'{did_you_mean(tracker, known)}; it has: "
            f"{', '.join(known) or 'none'}"
        )
    return folder / f"{tracker}.py"


def _yaml_file(root: Path, tracker: str, yaml: str) -> Path:
    """Returns the configuration's file: a path, or a name in the tracker's folder of experiments."""
    folder = root / "experiments" / tracker
    named = folder / (yaml if yaml.endswith(".yaml") else f"{yaml}.yaml")
    path = Path(yaml).absolute() if yaml.endswith(".yaml") and Path(yaml).is_file() else named
    if not path.is_file():
        known = sorted(found.stem for found in folder.glob("*.yaml"))
        raise UserError(
            f"there is no configuration {path}{did_you_mean(yaml, known)}; {folder} has: "
            f"{', '.join(known) or 'none'}"
        )
    return path


def _check_checkpoint(path: Path, trusted: bool) -> None:
    """Checks that a checkpoint can be loaded, by default without running code that is in it."""
    import torch

    check_weights_file(path)
    if trusted:
        return
    try:
        content = torch.load(path, map_location="meta", weights_only=True)
    except pickle.UnpicklingError as error:
        if "global" not in str(error).lower():
            raise UserError(f"{path} is damaged or is not a PyTorch checkpoint; fetch it again") from None
        raise UserError(
            f"{path} contains more than weights, and loading it may run code; if you trust its source, give "
            "--set trust_checkpoint=true"
        ) from None
    except Exception:  # whatever a damaged file makes PyTorch raise
        raise UserError(f"{path} is damaged or is not a PyTorch checkpoint; fetch it again") from None
    if not isinstance(content, Mapping):
        raise UserError(f"{path} holds a {class_name(content)}, not a checkpoint with weights under 'net'")


def _first_mismatch(text: str) -> str:
    """Returns the first of PyTorch's complaints about a state dict."""
    lines = [line.strip() for line in text.splitlines()[1:] if line.strip()]
    return one_line(lines[0] if lines else text, 160)


def _set_parameter(params: Any, name: str, value: Any) -> None:
    known = [key for key in vars(params) if not key.startswith("_")]
    if name not in known:
        raise UserError(
            f"params of the checkout has no '{name}'{did_you_mean(name, known)}; it has: "
            f"{', '.join(known) or 'none'}"
        )
    setattr(params, name, value)


@contextlib.contextmanager
def _loading(trusted: bool) -> Iterator[None]:
    """Lets `torch.load` load Python objects, as was usual when these checkouts were written, if trusted."""
    import torch

    usual = torch.load
    if trusted:
        torch.load = functools.partial(usual, weights_only=False)
    try:
        yield
    finally:
        torch.load = usual


@contextlib.contextmanager
def _checkout_modules(root: Path) -> Iterator[None]:
    """Makes `lib` the checkout's, loaded anew, and answers what it asks `lib.test.evaluation.local` for.

    Anew, because `lib` may be that of another checkout, and because the configuration is a global of it, in
    which each yaml file leaves its values.
    """
    for name in [name for name in sys.modules if name.partition(".")[0] == "lib"]:
        del sys.modules[name]
    place = str(root)
    if place in sys.path:
        sys.path.remove(place)
    sys.path.insert(0, place)
    importlib.invalidate_caches()
    local = ModuleType(_LOCAL)
    paths = SimpleNamespace(prj_dir=place, save_dir=place)
    local.local_env_settings = lambda: paths  # type: ignore[attr-defined]
    sys.modules[_LOCAL] = local
    removed = "torch._six"
    if (
        removed not in sys.modules and find_spec(removed) is None
    ):  # their data loaders import it; PyTorch 2 has it no more
        six = ModuleType(removed)
        vars(six).update(string_classes=(str, bytes), int_classes=int, inf=math.inf)
        sys.modules[removed] = six
    yield


def _import(name: str, root: Path) -> ModuleType:
    module = name
    try:
        for module in (name.replace(".parameter.", ".tracker."), name):
            imported = importlib.import_module(module)
    except (KeyboardInterrupt, UserError):
        raise
    except BaseException as error:  # importing a checkout's code may raise anything
        advice = "install what the checkout needs" if isinstance(error, ImportError) else "correct it"
        raise UserError(
            f"{root / module.replace('.', '/')}.py cannot be imported: {describe_error(error, 200)}; {advice}"
        ) from error
    return imported
