"""`python -m trackers.serving.json_lines --tracker NAME`: serves a Python tracker by JSON lines.

This is what `--isolate` runs. docs/process-protocol.md describes the protocol.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from trackers.box_validation import validate_region
from trackers.commands import Parser, add_tracker_options, tracker_spec
from trackers.errors import InvalidPrediction, UserError, describe_error, format_traceback
from trackers.external.protocols.frame_files import read_ppm
from trackers.external.protocols.json_messages import encode, greeting, region_to_json
from trackers.processes.process_tree import exit_if_forked
from trackers.seeding import seed_generators
from trackers.serving.session import redirect_stdio, send
from trackers.timing import timed_call
from trackers.tracker import Tracker


def main(words: Sequence[str] | None = None) -> int:
    """Serves until standard input ends, and returns the exit status."""
    parser = Parser(
        prog="python -m trackers.serving.json_lines", description="Serve a tracker by JSON lines."
    )
    add_tracker_options(parser)
    parser.add_argument("--watch", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args(words)
    requests, replies = redirect_stdio()
    directory = _working_directory()
    try:
        spec = tracker_spec(arguments)
        tracker = spec.build()
    except UserError as error:
        send(replies, encode({"error": str(error)}))
        return 2
    send(replies, encode(greeting(spec.provenance(tracker), tracker.deterministic)))
    session = Session(tracker, arguments.watch, directory)
    for line in requests:
        send(replies, encode(session.reply(json.loads(line))))
    return 0


class Session:
    """Replies to requests.

    Args:
        tracker: the tracker that is served.
        watch: whether to check after each frame if the tracker changed it, or the working directory.
        directory: the working directory before the tracker was built.
    """

    def __init__(self, tracker: Tracker, watch: bool = False, directory: str = "") -> None:
        self.tracker = tracker
        self.watch = watch
        self.directory = directory

    def reply(self, request: dict[str, Any]) -> dict[str, Any]:
        """Carries out a request and returns the reply; an exception of the tracker becomes an error reply."""
        starts = "init" in request
        frame = read_ppm(request["init" if starts else "track"])
        before = frame.copy() if self.watch else frame
        reply: dict[str, Any] = {}
        main_pid = os.getpid()
        if "seed" in request:
            seed_generators(request["seed"])
        try:
            box = np.array(request["box"], dtype=np.float64) if starts else None
            call = timed_call(self.tracker, frame, box)
            if not starts:
                reply["box"] = region_to_json(validate_region(call.prediction, frame.shape[:2]))
                if call.confidence is not None:
                    reply["confidence"] = call.confidence
        except InvalidPrediction as error:
            return {"invalid": str(error)}
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a tracker must not end the process, not even by SystemExit
            return {"error": describe_error(error), "traceback": format_traceback(error)}
        finally:
            exit_if_forked(main_pid)
        reply["seconds"] = call.seconds
        if self.watch and not np.array_equal(before, frame):
            reply["changed"] = True
        if self.watch and (now := _working_directory()) != self.directory:
            reply["moved"] = now
        return reply


def _working_directory() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - called for each frame
    except OSError:  # it was removed
        return ""


if __name__ == "__main__":
    sys.exit(main())
