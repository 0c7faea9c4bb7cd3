"""OpenCV's trackers. Which of them are available depends on the installed OpenCV."""

from __future__ import annotations

import contextlib
import importlib.util
import time
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from trackers.box_validation import to_confidence
from trackers.errors import UserError, one_line
from trackers.registry import Entry, unknown_setting
from trackers.tracker import Boxes, Frame, SelfTimedTracker


class OpenCV(SelfTimedTracker):
    """One of OpenCV's trackers. Its time is that of its own methods, without the conversion to BGR.

    Its boxes are whole pixels. It repeats its last box when it reports that the target is lost.

    Args:
        params: fields of OpenCV's `Tracker..._Params`.

    Raises:
        UserError: this OpenCV lacks the tracker, the tracker lacks the field, or a file of its model is
            missing, cannot be read by this OpenCV, or is that of another model.
    """

    kind: ClassVar[str]
    """Its name in OpenCV, such as `"TrackerMIL"`."""
    name: ClassVar[str]
    """Its name here."""
    models: ClassVar[tuple[str, ...]] = ()
    """Fields that name the files of its model, all of them required."""
    wanted: ClassVar[str] = ""
    """Which model that is."""

    def __init__(self, **params: Any) -> None:
        import cv2

        self._cv2: Any = cv2
        self._tracker: Any = None
        if not hasattr(cv2, self.kind):
            raise UserError(f"the installed OpenCV {cv2.__version__} has no {self.kind}")
        fields = [field for field in dir(getattr(cv2, f"{self.kind}_Params")()) if not field.startswith("_")]
        for field in params:
            if field not in fields:
                raise unknown_setting(self.name, field, fields)
        if missing := [field for field in self.models if not params.get(field)]:
            raise UserError(
                f"tracker '{self.name}' needs its model; give --set "
                + " ".join(f"{field}=FILE" for field in missing)
            )
        for field in self.models:
            params[field] = str(params[field])
            if not Path(params[field]).is_file():
                raise UserError(f"{field} of tracker '{self.name}': there is no file {params[field]}")
        self._params = params
        self.model_files = tuple(Path(params[field]).absolute() for field in self.models)
        if self.models:
            with _silent(cv2):
                self._check_model()

    def _check_model(self) -> None:
        """Reads the files and tracks on one gray frame.

        Raises:
            UserError: OpenCV cannot do it.
        """
        version = self._cv2.__version__
        for field in self.models:
            try:
                self._cv2.dnn.readNet(self._params[field])
            except self._cv2.error as error:
                raise UserError(
                    f"{field} of tracker '{self.name}': OpenCV {version} cannot read {self._params[field]}, "
                    f"which is damaged or made for another version ({_reason(error)}); it takes {self.wanted}"
                ) from None
        frame = np.full((160, 160, 3), 128, dtype=np.uint8)
        try:
            self.init(frame, np.array([60.0, 60.0, 40.0, 40.0]))
            self.update(frame)
        except self._cv2.error as error:
            files = ", ".join(f"{field}={self._params[field]}" for field in self.models)
            raise UserError(
                f"tracker '{self.name}' of OpenCV {version} does not work with {files} ({_reason(error)}); "
                f"it takes {self.wanted}"
            ) from None

    def init(self, frame: Frame, box: Boxes) -> None:
        image = self._cv2.cvtColor(frame, self._cv2.COLOR_RGB2BGR)
        x, y = np.rint(box[:2]).astype(int).tolist()
        width, height = np.maximum(np.rint(box[2:]), 1).astype(int).tolist()
        begin = time.perf_counter()
        params = getattr(self._cv2, f"{self.kind}_Params")()
        for field, value in self._params.items():
            setattr(params, field, value)
        self._tracker = getattr(self._cv2, f"{self.kind}_create")(params)
        self._tracker.init(image, (x, y, width, height))
        self.own_seconds = time.perf_counter() - begin
        self._box = np.array(box)

    def update(self, frame: Frame) -> Boxes:
        image = self._cv2.cvtColor(frame, self._cv2.COLOR_RGB2BGR)
        begin = time.perf_counter()
        found, box = self._tracker.update(image)
        self.own_seconds = time.perf_counter() - begin
        if found:
            self._box = np.array(box, dtype=np.float64)
        return self._box.copy()

    def update_with_confidence(self, frame: Frame) -> object:
        box = self.update(frame)
        score = getattr(self._tracker, "getTrackingScore", None)  # MIL has none
        confidence = None if score is None else to_confidence(score())
        return box if confidence is None else (box, confidence)


class MIL(OpenCV):
    """Multiple instance learning (Babenko et al., 2009). It has its own random generator."""

    kind, name = "TrackerMIL", "opencv-mil"


class Nano(OpenCV):
    """NanoTrack: `--set backbone=FILE neckhead=FILE`."""

    kind, name, models = "TrackerNano", "opencv-nano", ("backbone", "neckhead")
    wanted = (
        "NanoTrack V2: backbone is nanotrack_backbone_sim.onnx and neckhead nanotrack_head_sim.onnx, with "
        "maps of 16 x 16 positions"
    )


class DaSiamRPN(OpenCV):
    """DaSiamRPN: `--set model=FILE kernel_cls1=FILE kernel_r1=FILE`."""

    kind, name, models = "TrackerDaSiamRPN", "opencv-dasiamrpn", ("model", "kernel_cls1", "kernel_r1")
    wanted = (
        "DaSiamRPN: model is dasiamrpn_model.onnx, kernel_cls1 dasiamrpn_kernel_cls1.onnx and kernel_r1 "
        "dasiamrpn_kernel_r1.onnx"
    )


class Vit(OpenCV):
    """VitTrack: `--set net=FILE`."""

    kind, name, models = "TrackerVit", "opencv-vit", ("net",)
    wanted = "VitTrack: net is object_tracking_vittrack_2023sep.onnx"


@contextlib.contextmanager
def _silent(cv2: Any) -> Iterator[None]:
    """Keeps OpenCV from printing what becomes one sentence of ours."""
    logging = cv2.utils.logging
    level = logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        logging.setLogLevel(level)


def _reason(error: Any) -> str:
    """Returns OpenCV's reason, without the place in its source code."""
    text = getattr(error, "err", "") or str(error)
    return one_line(text, 160).strip()


@cache
def has(kind: str) -> bool:
    """Returns whether this OpenCV has a tracker, without importing it, which takes a second.

    OpenCV's wheels list their classes in `cv2/__init__.pyi`. Without that file the tracker is assumed to be
    available, and a missing one is reported when it is built.
    """
    return f"class {kind}(" in _stubs() if _stubs() else importlib.util.find_spec("cv2") is not None


@cache
def _stubs() -> str:
    spec = importlib.util.find_spec("cv2")
    if spec is None or not spec.origin:
        return ""
    try:
        return Path(spec.origin).with_name("__init__.pyi").read_text(encoding="utf-8")
    except OSError:
        return ""


ENTRIES = {
    name: Entry(f"trackers.external.toolkits.opencv:{kind}", summary, partial(has, f"Tracker{kind}"))
    for name, kind, summary in (
        ("opencv-dasiamrpn", "DaSiamRPN", "OpenCV's DaSiamRPN; needs its model's files (--set)"),
        ("opencv-mil", "MIL", "OpenCV's multiple instance learning (2009)"),
        ("opencv-nano", "Nano", "OpenCV's NanoTrack; needs its model's files (--set)"),
        ("opencv-vit", "Vit", "OpenCV's VitTrack; needs its model's file (--set)"),
    )
}
