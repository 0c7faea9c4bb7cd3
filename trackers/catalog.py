"""Registered trackers, and `TrackerSpec`, which builds a tracker from the options of the command line.

    spec = TrackerSpec("siamfc", weights=Path("siamfc.pth"), settings={"scale_step": "1.04"})
    tracker = spec.build()

A tracker class is called with keyword arguments only. `device`, `weights` and `slots` are passed to classes
that declare them; every other parameter of the constructor is a setting (`--set name=value`).

A tracker can also be an object of another toolkit, or a program: see `trackers/external/`.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trackers.devices import cuda_in_use, resolve_device
from trackers.errors import UserError, class_name, describe_error
from trackers.external.programs import Program, read_program
from trackers.external.toolkits import opencv
from trackers.external.toolkits.adapters import PREFIX, make_adapter
from trackers.processes.limits import ProcessLimits, ProcessSpec
from trackers.provenance import Provenance, remember_files, source_files
from trackers.registry import Entry, Registry, unknown_setting
from trackers.tracker import BatchTracker, OneSlot, Tracker

if TYPE_CHECKING:
    from trackers.external.protocols.remote import RemoteTracker

TRACKERS = Registry(
    "tracker",
    {
        "gradnet": Entry("trackers.siamese.gradnet:GradNet", "template corrected by one gradient (2019)"),
        "gradnet-lite": Entry("trackers.siamese.gradnet:GradNetLite", "gradnet, 0.3 times as wide"),
        "gradnet-released": Entry(
            "trackers.siamese.gradnet_released:GradNetReleased", "gradnet by the rules of the released code"
        ),
        "gradnet-released-lite": Entry(
            "trackers.siamese.gradnet_released:GradNetReleasedLite", "gradnet-released, 0.3 times as wide"
        ),
        "gradnet-paper": Entry(
            "trackers.siamese.gradnet_paper:GradNetPaper", "gradnet by the rules of the paper"
        ),
        "gradnet-paper-lite": Entry(
            "trackers.siamese.gradnet_paper:GradNetPaperLite", "gradnet-paper, 0.3 times as wide"
        ),
        "ncc": Entry("trackers.ncc:NCC", "normalized cross-correlation with the first frame's patch"),
        "onnx": Entry(
            "trackers.external.onnx.tracker:OnnxTracker",
            "networks in ONNX files, by onnxruntime; needs a description (--set)",
        ),
        "pytracking": Entry(
            "trackers.external.toolkits.checkout:CheckoutTracker",
            "OSTrack, MixFormer, SeqTrack, ARTrack from a checkout (--set)",
        ),
        "siamfc": Entry("trackers.siamese.siamfc:SiamFC", "fully convolutional Siamese network (2016)"),
        "siamfc-lite": Entry("trackers.siamese.siamfc:SiamFCLite", "siamfc, 0.3 times as wide"),
        "siamfc-gd": Entry(
            "trackers.siamese.siamfc_online:SiamFCGradientDescent",
            "siamfc, template descending on every frame",
        ),
        "siamfc-avg": Entry(
            "trackers.siamese.siamfc_online:SiamFCAverage", "siamfc, template averaged over frames"
        ),
        "baseline": Entry(
            "trackers.siamese.siamfc_online:SiamFCGradientDescent", "another name of siamfc-gd"
        ),
        "still": Entry("trackers.still:Still", "the first box, never moved: the lower bound of every score"),
        **opencv.ENTRIES,
    },
    group="sotbench.trackers",
    by_path=True,
    hint="see `sotbench list trackers`",
)

_RESERVED = ("device", "weights", "slots")


@dataclass(frozen=True)
class TrackerSpec:
    """A tracker as the user describes it; picklable, so that another process can build the same one.

    Attributes:
        tracker: a registered name, `package.module:Class`, `path/file.py:Class`, `process:COMMAND`,
            `trax:COMMAND` or `path/trackers.ini:NAME`.
        device: `"auto"` (CUDA if available), `"cpu"`, `"cuda"` or `"cuda:N"`.
        weights: the file to load, for a tracker that takes one.
        settings: constructor arguments by name; strings are parsed as Python literals if possible.
        isolate: whether a tracker in Python runs in a separate process; programs always do.
        limits: limits of that process.
    """

    tracker: str
    device: str = "auto"
    weights: Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    isolate: bool = False
    limits: ProcessLimits = field(default_factory=ProcessLimits)

    @property
    def label(self) -> str:
        """Default name for results: for `x:Class`, the name of the class."""
        program = self.program
        plain = program.label if program else self.tracker.rpartition(":")[2]
        return re.sub(r"[^\w.+-]", "_", plain)

    def with_absolute_paths(self) -> TrackerSpec:
        """Returns the same with absolute paths, which do not depend on the working directory."""
        place, _, attribute = self.tracker.rpartition(":")
        tracker = self.tracker
        if self.program is None and place.endswith(".py"):
            tracker = f"{Path(place).absolute()}:{attribute}"
        return replace(self, tracker=tracker, weights=self.weights and self.weights.absolute())

    @property
    def program(self) -> Program | None:
        """The program to start, if the tracker is a program."""
        return read_program(self.tracker)

    def factory(self) -> Callable[..., Any]:
        """Imports the class or function that creates the tracker."""
        factory = TRACKERS.load(self.tracker)
        remember_files(self.tracker, factory)
        if not callable(factory):
            raise UserError(f"tracker '{self.tracker}' is a {class_name(factory)}, not a class")
        return factory  # type: ignore[no-any-return]

    def weights_file(self) -> Path | None:
        """Returns the tracker's weights: the file given, or the tracker's default."""
        default = getattr(self.factory(), "default_weights", None)
        return self.weights or (default() if default else None)

    def arguments(self, slots: int = 1) -> dict[str, Any]:
        """Returns the keyword arguments for the factory, checked against its signature.

        Args:
            slots: number of targets that a batch tracker follows at once.

        Raises:
            UserError: an unknown setting, a value of the wrong type, weights or a device for a tracker that
                takes none, or a device that this machine does not have.
        """
        parameters = inspect.signature(self.factory()).parameters
        takes_any = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
        arguments: dict[str, Any] = {}
        if "device" in parameters:
            arguments["device"] = resolve_device(self.device)
        elif self._needs_device:
            raise UserError(f"tracker '{self.tracker}' runs on the CPU only; leave --device out")
        if "slots" in parameters:
            arguments["slots"] = slots
        if "weights" in parameters:
            arguments["weights"] = self.weights
        elif self.weights is not None:
            raise UserError(f"tracker '{self.tracker}' takes no weights; leave --weights out")
        known = [name for name in parameters if name not in _RESERVED]
        for name, value in self.settings.items():
            if name.startswith(PREFIX):
                continue
            if name in _RESERVED:
                raise UserError(f"'{name}' is not a setting; use --{name}")
            if name not in parameters and not takes_any:
                raise unknown_setting(self.tracker, name, known)
            default = parameters[name].default if name in parameters else None
            arguments[name] = setting_value(self.tracker, name, value, default)
        return arguments

    def check_values(self) -> None:
        """Checks the values of the settings, as far as that needs neither weights nor another process.

        Trackers that have weights do so in a class method `check_settings`, which takes the constructor's
        keywords but `weights` and `slots`; without it, only their types are checked. Others are built.

        Raises:
            UserError: as `arguments`, or the tracker refuses a value.
        """
        if self.program is not None:
            return
        arguments = self.arguments()
        check = getattr(self.factory(), "check_settings", None)
        if callable(check):
            check(**{name: value for name, value in arguments.items() if name not in ("weights", "slots")})
        elif "weights" not in arguments and not self.isolate:
            self._create()

    def build(self, log: Path | None = None, watch: bool = False) -> Tracker:
        """Builds the tracker, with one slot if it is a batch tracker.

        Args:
            log: the file for the standard error of a separate process.
            watch: whether that process checks if a tracker in Python changes its frames.

        Raises:
            UserError: as `factory` and `arguments`, not a tracker, or its process does not get ready.
        """
        program = self.program
        if program or self.isolate:
            return self._start(program, log, watch)
        tracker = self._create()
        options = {
            name.removeprefix(PREFIX): value
            for name, value in self.settings.items()
            if name.startswith(PREFIX)
        }
        if isinstance(tracker, BatchTracker | Tracker):
            if options:
                raise UserError(f"tracker '{self.tracker}' is a trackers.Tracker and needs no adapter")
            return OneSlot(tracker) if isinstance(tracker, BatchTracker) else tracker
        if adapter := make_adapter(tracker, options, self.tracker):
            return adapter
        raise UserError(
            f"tracker '{self.tracker}' makes a {class_name(tracker)}, which is not a trackers.Tracker, nor "
            "like one of got10k, pysot or pytracking; derive the class from trackers.Tracker and define "
            "init(frame, box) and update(frame)"
        )

    def build_batch(self, slots: int) -> BatchTracker:
        """Builds a batch tracker that follows up to `slots` targets at once.

        Raises:
            UserError: as `build`, or the tracker follows one target at a time.
        """
        alone = f"tracker '{self.tracker}' follows one target at a time; leave --batch out"
        if self.program or self.isolate or "slots" not in inspect.signature(self.factory()).parameters:
            raise UserError(alone + (" or --isolate" if self.isolate else ""))
        tracker = self._create(slots)
        if not isinstance(tracker, BatchTracker):
            raise UserError(alone)
        return tracker

    def _create(self, slots: int = 1) -> object:
        """Calls the factory."""
        factory, arguments = self.factory(), self.arguments(slots)
        try:
            return factory(**arguments)
        except (UserError, KeyboardInterrupt):
            raise
        except BaseException as error:  # a third-party constructor may raise anything
            raise UserError(f"tracker '{self.tracker}' cannot be built: {describe_error(error)}") from error

    def provenance(self, tracker: Tracker | BatchTracker) -> Provenance:
        """Returns the provenance of `tracker`, which this spec has built."""
        from trackers.external.protocols.remote import RemoteTracker

        if isinstance(tracker, RemoteTracker):
            return tracker.provenance
        module = sys.modules.get(getattr(self.factory(), "__module__", ""))
        source = getattr(module, "__file__", None)
        device = self.arguments().get("device") or ("cuda" if cuda_in_use() else "cpu")
        files = self._source_files(module.__name__, Path(source)) if module and source else ()
        models: tuple[Path, ...] = ()
        if isinstance(tracker, Tracker):
            files += tracker.model_files
            models = tuple(path for path in tracker.model_files if path.suffix != ".py")
        return Provenance(device, files, self.weights_file(), models)

    def _source_files(self, module: str, source: Path) -> tuple[Path, ...]:
        """Returns the files that define the tracker: its module and, for a plug-in, what that imports."""
        if module.partition(".")[0] == "trackers":
            return (source,)  # the record of the environment has this project's version and commit
        files = source_files(source, module)
        place = Path(self.tracker.rpartition(":")[0])
        if place.suffix == ".py" and place.resolve() != source.resolve():  # it re-exports the class
            files = tuple(dict.fromkeys([*source_files(place, place.stem), *files]))
        return files

    @property
    def _needs_device(self) -> bool:
        """Whether the user asks for a device other than the CPU."""
        return self.device not in ("auto", "cpu")

    def _start(self, program: Program | None, log: Path | None, watch: bool) -> RemoteTracker:
        """Starts the tracker's process and waits until it is ready."""
        remote = self._remote(program, log, watch)
        try:
            remote.start()
        except BaseException:
            remote.dispose()
            raise
        return remote

    def _remote(self, program: Program | None, log: Path | None, watch: bool) -> RemoteTracker:
        from trackers.external.protocols.json_lines import JsonLinesTracker

        if program is None:
            from trackers.processes.child_process import python_command

            server = [*python_command("trackers.serving.json_lines"), *self.to_arguments()]
            command = [*server, *(["--watch"] if watch else [])]
            return JsonLinesTracker(ProcessSpec(command, self.limits, log), Provenance())
        if self.weights is not None or self._needs_device:
            option = "device" if self.weights is None else "weights"
            raise UserError(
                f"tracker '{self.tracker}' is a program; leave --{option} out and write it into its command"
            )
        process = ProcessSpec(program.command, self.limits, log, program.environment)
        provenance = Provenance(files=program.files)
        if program.protocol == "trax":
            from trackers.external.protocols.trax import TraxTracker

            settings = {name: str(value) for name, value in self.settings.items()}
            return TraxTracker(process, provenance, {**program.properties, **settings}, program.restart)
        if self.settings:
            raise UserError(
                f"tracker '{self.tracker}' is a program; leave --set out and write it into its command"
            )
        return JsonLinesTracker(process, provenance)

    def to_arguments(self) -> list[str]:
        """Returns the options that name this tracker, without those of isolation.

        `trackers.commands.tracker_spec` is the inverse.
        """
        words = ["--tracker", self.tracker, "--device", self.device]
        if self.weights is not None:
            words += ["--weights", str(self.weights)]
        if self.settings:
            words += ["--set", *(f"{name}={value}" for name, value in self.settings.items())]
        return words


def setting_value(tracker: str, name: str, given: object, default: object) -> object:
    """Parses a setting's text as a Python literal and checks its type against that of the default."""
    value = given.item() if isinstance(given, np.generic) else given
    if isinstance(given, str):
        lowered = {"true": True, "false": False, "none": None}
        try:
            value = lowered[given.lower()] if given.lower() in lowered else ast.literal_eval(given)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            value = given
    if isinstance(default, float) and type(value) is int:
        return float(value)
    if isinstance(default, bool | int | float | str) and type(value) is not type(default):
        raise UserError(
            f"setting '{name}' of tracker '{tracker}' takes a value of type {type(default).__name__} "
            f"(default {default!r}), not {given!r}"
        )
    return value
