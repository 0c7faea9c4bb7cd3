"""Python trackers in a separate process, by JSON lines."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from trackers import TrackerSpec, UserError
from trackers.box_validation import to_bounding_box
from trackers.external.protocols.remote import RemoteTracker
from trackers.processes.limits import ProcessLimits
from trackers.tracker import Tracker

PLUGIN = """
import os, sys, time
import numpy as np
from trackers import Tracker

class Slow(Tracker):
    deterministic = True
    def __init__(self, seconds: float = 0.02, word: str = "x"):
        print("made", word)
        self.seconds = seconds
    def init(self, frame, box): self.box = box
    def update(self, frame):
        time.sleep(self.seconds)
        frame[:] = 0
        assert sys.stdin.read() == ""
        return self.box + float(np.random.rand())

class Lazy:
    def __array__(self, dtype=None, copy=None): time.sleep(0.05); return np.array([1.0, 2, 3, 4])

class Asynchronous(Tracker):
    own_seconds = 1e-12
    def init(self, frame, box): pass
    def update(self, frame): return Lazy()

class Masks(Tracker):
    def init(self, frame, box): pass
    def update(self, frame):
        mask = np.zeros(frame.shape[:2], bool)
        mask[2:4, 3:8] = True
        return mask

class Pid(Tracker):
    def init(self, frame, box): self.box = box
    def update(self, frame): return [os.getpid(), 0, 1, 1]

class Quits(Tracker):
    def init(self, frame, box): self.box = box
    def update(self, frame): os._exit(1)

if os.environ.get("SOTBENCH_CHILD") is None: raise RuntimeError("imported outside its process")
"""


@pytest.fixture
def plugin(tmp_path: Path) -> str:
    path = tmp_path / "plugin.py"
    path.write_text(PLUGIN)
    return str(path)


@pytest.fixture
def built() -> Iterator[list[Tracker]]:
    trackers: list[Tracker] = []
    yield trackers
    for tracker in trackers:
        if isinstance(tracker, RemoteTracker):
            tracker.dispose()


FRAME = np.full((20, 30, 3), 9, np.uint8)
BOX = np.array([3.0, 4, 5, 6])


def test_plugin_is_imported_only_in_child_and_logged(
    plugin: str, built: list[Tracker], tmp_path: Path
) -> None:
    log = tmp_path / "some" / "tracker.log"
    tracker = TrackerSpec(f"{plugin}:Slow", settings={"word": "hello=you"}, isolate=True).build(log)
    built.append(tracker)
    assert isinstance(tracker, RemoteTracker)
    assert tracker.deterministic
    assert tracker.provenance.files == (Path(plugin),)
    assert tracker.provenance.device == "cpu"
    tracker.dispose()
    assert "made hello=you" in log.read_text()


def test_time_excludes_transport(plugin: str, built: list[Tracker]) -> None:
    tracker = TrackerSpec(f"{plugin}:Slow", isolate=True).build()
    built.append(tracker)
    frame = FRAME.copy()
    tracker.init(frame, BOX)
    begin = time.perf_counter()
    tracker.update(frame)
    elapsed = time.perf_counter() - begin
    assert tracker.own_seconds is not None
    assert 0.02 <= tracker.own_seconds < elapsed
    np.testing.assert_array_equal(frame, FRAME)


def test_time_includes_conversion_and_ignores_own_seconds(plugin: str, built: list[Tracker]) -> None:
    tracker = TrackerSpec(f"{plugin}:Asynchronous", isolate=True).build()
    built.append(tracker)
    tracker.init(FRAME, BOX)
    np.testing.assert_array_equal(tracker.update(FRAME), [1, 2, 3, 4])
    assert tracker.own_seconds is not None
    assert tracker.own_seconds >= 0.05


def test_mask_arrives_as_polygon(plugin: str, built: list[Tracker]) -> None:
    tracker = TrackerSpec(f"{plugin}:Masks", isolate=True).build()
    built.append(tracker)
    tracker.init(FRAME, BOX)
    np.testing.assert_array_equal(to_bounding_box(tracker.update(FRAME)), [3, 2, 5, 2])


def test_seed_is_set_in_child_process(plugin: str, built: list[Tracker]) -> None:
    tracker = TrackerSpec(f"{plugin}:Slow", settings={"seconds": 0.0}, isolate=True).build()
    built.append(tracker)
    assert isinstance(tracker, RemoteTracker)
    drawn = []
    for seed in (1, 2, 1):
        tracker.next_seed = seed
        tracker.init(FRAME, BOX)
        drawn.append(tuple(tracker.update(FRAME)))
    assert drawn[0] == drawn[2] != drawn[1]


def test_process_is_reused_until_closed(plugin: str, built: list[Tracker]) -> None:
    tracker = TrackerSpec(f"{plugin}:Pid", isolate=True).build()
    built.append(tracker)
    assert isinstance(tracker, RemoteTracker)
    pids = []
    for _ in range(2):
        tracker.init(FRAME, BOX)
        pids.append(tracker.update(FRAME)[0])
    tracker.close()
    assert not Path(f"/proc/{pids[0]:.0f}").exists()
    tracker.init(FRAME, BOX)
    pids.append(tracker.update(FRAME)[0])
    assert pids[0] == pids[1] != pids[2]
    assert pids[0] != os.getpid()
    assert tracker.resident_memory() > 1e6


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("Slow", {"secnods": "1"}, r"no setting 'secnods' \(did you mean 'seconds'\?\)"),
        ("Slwo", {}, r"has no 'Slwo' \(did you mean 'Slow'\?\)"),
    ],
)
def test_user_errors_are_one_sentence(
    plugin: str, name: str, settings: dict[str, str], expected: str
) -> None:
    with pytest.raises(UserError, match=expected) as error:
        TrackerSpec(f"{plugin}:{name}", settings=settings, isolate=True).build()
    assert "\n" not in str(error.value)


def test_default_weights_are_part_of_provenance(built: list[Tracker]) -> None:
    spec = TrackerSpec("siamfc-lite", device="cpu", isolate=True)
    tracker = spec.build()
    built.append(tracker)
    assert isinstance(tracker, RemoteTracker)
    assert tracker.provenance.weights == spec.weights_file()
    assert tracker.provenance == spec.provenance(TrackerSpec("siamfc-lite", device="cpu").build())


def test_file_that_hangs_on_import_times_out(tmp_path: Path) -> None:
    (tmp_path / "hangs.py").write_text("import time; time.sleep(600)")
    spec = TrackerSpec(f"{tmp_path}/hangs.py:X", isolate=True, limits=ProcessLimits(start_timeout=1.0))
    with pytest.raises(UserError, match=r"it said nothing within 1 s \(--start-timeout\)"):
        spec.build()
