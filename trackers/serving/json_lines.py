"""`python -m trackers.serving.json_lines --tracker NAME`: a tracker in Python behind JSON lines.

What `--isolate` runs. docs/process-protocol.md says what is spoken.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from typing import IO, Any

import numpy as np

from trackers.box_validation import prediction_array, validate_region
from trackers.catalogue import TrackerSpec
from trackers.commands import Parser, add_tracker_options, tracker_spec
from trackers.errors import InvalidPrediction, UserError, describe_error, format_traceback
from trackers.external.protocols.frame_files import read_ppm
from trackers.external.protocols.json_lines import VERSION
from trackers.processes.forks import exit_if_forked
from trackers.seeding import seed_generators
from trackers.serving.streams import redirect_stdio
from trackers.tracker import Boxes, Tracker, tracker_seconds


def main(words: Sequence[str] | None = None) -> int:
    """Serves until standard input ends."""
    parser = Parser(
        prog="python -m trackers.serving.json_lines", description="Serves a tracker by JSON lines."
    )
    add_tracker_options(parser)
    parser.add_argument("--watch", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args(words)
    requests, answers = redirect_stdio()
    place = _working_directory()
    try:
        spec = tracker_spec(arguments)
        tracker = spec.build()
    except UserError as error:
        _say(answers, {"error": str(error)})
        return 2
    _say(answers, _introduction(spec, tracker))
    session = Session(tracker, arguments.watch, place)
    for line in requests:
        _say(answers, session.answer(json.loads(line)))
    return 0


class Session:
    """Answers requests.

    Args:
        tracker: who answers.
        watch: whether to look after each frame if the tracker has changed it, or the working directory.
        place: the working directory before the tracker was built.
    """

    def __init__(self, tracker: Tracker, watch: bool = False, place: str = "") -> None:
        self.place = place
        self.tracker = tracker
        self.watch = watch

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Carries out one request; an error of the tracker's is the answer."""
        frame = read_ppm(request["init"] if "init" in request else request["track"])
        before = frame.copy() if self.watch else frame
        reply: dict[str, Any] = {}
        main_pid = os.getpid()
        if "seed" in request:
            seed_generators(request["seed"])
        try:
            self.tracker.synchronize()
            begin = time.perf_counter()
            if "init" in request:
                self.tracker.init(frame, np.array(request["box"], dtype=np.float64))
            else:
                # An answer may do its work only when it is converted: lazy and asynchronous arrays.
                answer = prediction_array(self.tracker.update(frame))
            self.tracker.synchronize()
            elapsed = time.perf_counter() - begin
            if "track" in request:
                reply["box"] = _plain(validate_region(answer, frame.shape[:2]))
        except InvalidPrediction as error:
            return {"invalid": str(error)}
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # to leave is not for a tracker to decide
            return {"error": describe_error(error), "traceback": format_traceback(error)}
        finally:
            exit_if_forked(main_pid)
        reply["seconds"] = tracker_seconds(self.tracker, elapsed)
        if self.watch and not np.array_equal(before, frame):
            reply["changed"] = True
        if self.watch and (now := _working_directory()) != self.place:
            reply["moved"] = now
        return reply


def _working_directory() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - with each frame
    except OSError:  # it was removed
        return ""


def _introduction(spec: TrackerSpec, tracker: Tracker) -> dict[str, Any]:
    provenance = spec.provenance(tracker)
    return {
        "ready": VERSION,
        "deterministic": tracker.deterministic,
        "device": provenance.device,
        "files": [str(path) for path in provenance.files],
        "weights": str(provenance.weights) if provenance.weights else None,
    }


def _say(answers: IO[bytes], message: dict[str, Any]) -> None:
    answers.write(json.dumps(message).encode() + b"\n")
    answers.flush()


def _plain(region: Boxes) -> object:
    """A region in JSON: four numbers, pairs of numbers for a polygon, null for an absent target."""
    if np.isnan(region).all():
        return None
    return region.tolist() if len(region) == 4 else region.reshape(-1, 2).tolist()


if __name__ == "__main__":
    sys.exit(main())
