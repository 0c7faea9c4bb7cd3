"""How the pool distributes sequences and accepts workers, with workers in this process."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from benchmarks.datasets import open_dataset
from benchmarks.running.parallel import worker
from benchmarks.running.parallel.messages import Message, WorkerCrashed, WorkerLost, WorkerReady
from benchmarks.running.parallel.pool import MAX_ATTEMPTS, WorkerHandle, WorkerPool
from benchmarks.running.parallel.worker import Worker, pickle_dataset
from benchmarks.running.schedulers.base import Outcome
from benchmarks.running.settings import RunSettings
from benchmarks.running.tasks import plan_task
from benchmarks.running.tracking.provider import TrackerInfo
from benchmarks.store import SequenceRecord
from trackers.catalog import TrackerSpec
from trackers.errors import UserError

SETTINGS = RunSettings(TrackerSpec("still"), "still", Path("results"))

Edit = Callable[[Message], Message]


def unchanged(message: Message) -> Message:
    return message


class InProcessHandle(WorkerHandle):
    """A worker in this thread; `edit` changes its messages."""

    def __init__(self, dataset: bytes, edit: Edit, batches: list[list[str]]) -> None:
        super().__init__()
        self.messages: list[Message] = []
        self.batches = batches
        self.worker = Worker(lambda message: self.messages.append(edit(message)))
        self.worker.begin(SETTINGS, 1, None, dataset)

    def send(self, records: dict[str, SequenceRecord]) -> None:
        self.batches.append(list(records))
        self.worker.run_tasks(records)

    def terminate(self) -> None:
        self.worker.close()


class InProcessPool(WorkerPool):
    """Workers in this thread: each new one takes the next of `edits`, and all others the last."""

    def __init__(self, data: Path, size: int, slots: int = 1, edits: tuple[Edit, ...] = (unchanged,)) -> None:
        super().__init__(size, slots)
        self.dataset = pickle_dataset(open_dataset("folder", data))
        self.edits = list(edits)
        self.batches: list[list[str]] = []

    def start_worker(self) -> WorkerHandle:
        edit = self.edits.pop(0) if len(self.edits) > 1 else self.edits[0]
        return InProcessHandle(self.dataset, edit, self.batches)

    def receive_messages(self, handles: Any) -> Iterator[tuple[WorkerHandle, Message]]:
        for handle in list(handles):
            while handle.messages:
                message = handle.messages.pop(0)
                if isinstance(message, WorkerLost):
                    handle.messages.clear()
                yield handle, message

    def with_pool_environment(self, tracker_info: TrackerInfo) -> TrackerInfo:
        return tracker_info


class RecordedProgress:
    """Records the messages to the user and the running sequences."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.running: set[str] = set()

    def start(self, sequence: str, frames: int) -> None:
        self.running.add(sequence)

    def advance(self, sequence: str, frames: float) -> None:
        assert sequence in self.running

    def log(self, line: str) -> None:
        self.lines.append(line)


def outcomes(pool: InProcessPool, videos: Path) -> tuple[list[Outcome], list[str]]:
    dataset, progress = open_dataset("folder", videos), RecordedProgress()
    tasks = [plan_task(dataset, name) for name in dataset.names()]
    with pool:
        pool.tracker_info()
        found = []
        for outcome in pool.outcomes(tasks, progress):
            progress.running.remove(outcome.sequence)
            found.append(outcome)
    return found, progress.lines


def test_longest_sequences_run_first(videos: Path) -> None:
    pool = InProcessPool(videos, 1)
    found, _ = outcomes(pool, videos)
    assert pool.batches == [["long"], ["middle"], ["tail"], ["short"]]
    assert [outcome.record.status for outcome in found] == ["ok"] * 4


@pytest.mark.parametrize(
    ("size", "slots", "orders"),
    [
        (1, 3, [["long", "middle", "tail"], ["short"]]),
        (2, 8, [["long", "middle"], ["tail"], ["short"]]),
        (4, 8, [["long"], ["middle"], ["tail"], ["short"]]),
    ],
)
def test_batches_are_filled_unless_workers_would_idle(
    videos: Path, size: int, slots: int, orders: list[list[str]]
) -> None:
    pool = InProcessPool(videos, size, slots)
    outcomes(pool, videos)
    assert sorted(name for order in pool.batches for name in order) == ["long", "middle", "short", "tail"]
    assert pool.batches[0] == orders[0]
    assert len(pool.batches) == len(orders)


def test_late_progress_messages_are_ignored(videos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readings = count(0, 0.06)  # several frames pass between two messages, perhaps the last of a sequence
    monkeypatch.setattr(worker.time, "monotonic", lambda: next(readings))
    found, _ = outcomes(InProcessPool(videos, 1, slots=4), videos)
    assert len(found) == 4


def lost_at(name: str) -> Callable[[Message], Message]:
    def edit(message: Message) -> Message:
        return WorkerLost("was killed") if getattr(message, "sequence", "") == name else message

    return edit


def test_lost_sequences_are_retried_alone(videos: Path) -> None:
    pool = InProcessPool(videos, 1, slots=4, edits=(lost_at("tail"),))
    found, lines = outcomes(pool, videos)
    assert pool.batches[0] == ["long", "middle", "tail", "short"]
    assert all(len(order) == 1 for order in pool.batches[1:])
    assert pool.batches.count(["tail"]) == MAX_ATTEMPTS - 1
    assert {outcome.sequence: outcome.record.status for outcome in found} == {
        "long": "ok",
        "middle": "ok",
        "tail": "failed",
        "short": "ok",
    }
    assert "tail: its worker was killed; it is tried again" in lines


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("code", "other", "its tracker does not have the same code as the first worker's"),
        ("weights", "other", "its tracker does not have the same weights as the first worker's"),
        ("device", "cuda:0", "it runs on cuda:0, the first worker on cpu"),
    ],
)
def test_worker_with_another_tracker_is_left_out(videos: Path, field: str, value: str, reason: str) -> None:
    def other(message: Message) -> Message:
        if isinstance(message, WorkerReady):
            return WorkerReady(dataclasses.replace(message.tracker_info, **{field: value}))
        return message

    found, lines = outcomes(InProcessPool(videos, 2, edits=(unchanged, other)), videos)
    assert [outcome.record.status for outcome in found] == ["ok"] * 4
    assert lines == [f"a worker is left out: {reason}"]


def test_other_environment_is_recorded(videos: Path) -> None:
    def elsewhere(message: Message) -> Message:
        if isinstance(message, WorkerReady):
            about = message.tracker_info.environment | {"processor": "abacus"}
            return WorkerReady(dataclasses.replace(message.tracker_info, environment=about))
        return message

    found, _ = outcomes(InProcessPool(videos, 2, edits=(unchanged, elsewhere)), videos)
    assert {(o.environment or {}).get("processor") for o in found} == {None, "abacus"}


def test_different_frames_on_another_machine_fail(videos: Path, tmp_path: Path) -> None:
    dataset, progress = open_dataset("folder", videos), RecordedProgress()
    tasks = [plan_task(dataset, name) for name in dataset.names()]
    (videos / "long" / "0003.png").write_bytes(b"another file")
    with InProcessPool(videos, 1) as pool:
        pool.tracker_info()
        found = {o.sequence: o.record for o in pool.outcomes(tasks, progress)}
    assert found["long"].status == "failed"
    assert "not the same on every machine" in found["long"].message
    assert found["short"].status == "ok"


def test_run_without_workers_ends_with_a_sentence(videos: Path) -> None:
    fails = iter([False, True])

    def first_only(message: Message) -> Message:
        if isinstance(message, WorkerReady):
            return WorkerLost("was killed") if next(fails) else message
        return lost_at("long")(message)

    with pytest.raises(
        UserError,
        match="no worker is left: it was killed while building the tracker; finished sequences are kept",
    ):
        outcomes(InProcessPool(videos, 1, edits=(first_only,)), videos)


def test_internal_error_shows_its_traceback(videos: Path) -> None:
    def broken(message: Message) -> Message:
        return message if isinstance(message, WorkerReady) else WorkerCrashed("Traceback: here")

    with pytest.raises(RuntimeError, match="a worker failed:\nTraceback: here"):
        outcomes(InProcessPool(videos, 1, edits=(broken,)), videos)


def test_unpicklable_dataset_is_refused(squares: Any) -> None:
    squares.secret = lambda: None
    with pytest.raises(UserError, match="data set 'squares' cannot be sent to another process"):
        pickle_dataset(squares)
