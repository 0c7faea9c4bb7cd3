"""Who gets what, and which worker may take part, with workers that live here and are lost at will."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from benchmarks.datasets import open_dataset
from benchmarks.protocols import PROTOCOLS
from benchmarks.running.parallel import worker
from benchmarks.running.parallel.pool import MAX_ATTEMPTS, WorkerHandle, WorkerPool
from benchmarks.running.parallel.worker import (
    Message,
    TaskBatch,
    Worker,
    WorkerCrashed,
    WorkerLost,
    WorkerReady,
    pickle_dataset,
)
from benchmarks.running.schedulers.base import Job, Outcome, TrackerInfo
from benchmarks.running.schedulers.config import SchedulerConfig
from benchmarks.running.tasks import plan_task
from trackers.catalogue import TrackerSpec
from trackers.errors import UserError


class Here(WorkerHandle):
    """A worker in this thread; `edit` changes what it says."""

    def __init__(self, config: SchedulerConfig, data: bytes, edit: Callable[[Message], Message]) -> None:
        super().__init__()
        self.said: list[Message] = []
        self.edit = edit
        self.worker = Worker(lambda message: self.said.append(edit(message)))
        self.worker.begin(config, data)

    def send(self, order: TaskBatch) -> None:
        self.worker.run_tasks(order)

    def end(self) -> None:
        self.worker.close()


class InProcessPool(WorkerPool):
    """Each worker to be hired says what the next of `edits` makes of its words, the last for all others."""

    def __init__(
        self, data: Path, size: int, together: int = 1, edits: tuple[Callable[[Message], Message], ...] = ()
    ) -> None:
        super().__init__(size, together)
        self.data = pickle_dataset(open_dataset("folder", data))
        self.edits = list(edits) or [lambda message: message]
        self.orders: list[list[str]] = []

    def start_worker(self) -> WorkerHandle:
        edit = self.edits.pop(0) if len(self.edits) > 1 else self.edits[0]
        handle = Here(SchedulerConfig(TrackerSpec("still")), self.data, edit)
        run_tasks = handle.worker.run_tasks
        handle.send = lambda order: (self.orders.append(list(order.records)), run_tasks(order))[1]  # type: ignore
        return handle

    def receive_messages(self, handles: Any) -> Iterator[tuple[WorkerHandle, Message]]:
        for handle in list(handles):
            while handle.said:
                message = handle.said.pop(0)
                if isinstance(message, WorkerLost):
                    handle.said.clear()
                yield handle, message

    def with_pool_environment(self, tracker_info: TrackerInfo) -> TrackerInfo:
        return tracker_info


class Heard:
    """What a person is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.under_way: set[str] = set()

    def start(self, sequence: str, frames: int) -> None:
        self.under_way.add(sequence)

    def advance(self, sequence: str, frames: float) -> None:
        assert sequence in self.under_way

    def say(self, line: str) -> None:
        self.lines.append(line)


def outcomes(crew: InProcessPool, films: Path) -> tuple[list[Outcome], list[str]]:
    dataset, heard = open_dataset("folder", films), Heard()
    tasks = [plan_task(dataset, name) for name in dataset.names()]
    with crew:
        crew.tracker_info()
        found = []
        for outcome in crew.outcomes(Job(PROTOCOLS.load("ope")), tasks, heard):
            heard.under_way.remove(outcome.sequence)
            found.append(outcome)
    return found, heard.lines


def test_the_longest_come_first(films: Path) -> None:
    crew = InProcessPool(films, 1)
    found, _ = outcomes(crew, films)
    assert crew.orders == [["long"], ["middle"], ["tail"], ["short"]]
    assert [outcome.record.status for outcome in found] == ["ok"] * 4


@pytest.mark.parametrize(
    ("size", "together", "orders"),
    [
        (1, 3, [["long", "middle", "tail"], ["short"]]),
        (2, 8, [["long", "middle"], ["tail"], ["short"]]),
        (4, 8, [["long"], ["middle"], ["tail"], ["short"]]),
    ],
)
def test_a_batch_is_filled_with_neighbours_in_length_unless_others_would_idle(
    films: Path, size: int, together: int, orders: list[list[str]]
) -> None:
    crew = InProcessPool(films, size, together)
    outcomes(crew, films)
    assert sorted(name for order in crew.orders for name in order) == ["long", "middle", "short", "tail"]
    assert crew.orders[0] == orders[0]
    assert len(crew.orders) == len(orders)


def test_progress_that_is_told_late_is_not_that_of_a_sequence_that_is_over(
    films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = count(0, 0.06)  # between two messages are some frames, perhaps the last of a sequence
    monkeypatch.setattr(worker.time, "monotonic", lambda: next(readings))
    found, _ = outcomes(InProcessPool(films, 1, together=4), films)
    assert len(found) == 4


def lost_at(name: str) -> Callable[[Message], Message]:
    def edit(message: Message) -> Message:
        return WorkerLost("was killed") if getattr(message, "sequence", "") == name else message

    return edit


def test_what_dies_in_a_batch_is_tried_again_alone_and_given_up_in_the_end(films: Path) -> None:
    crew = InProcessPool(films, 1, together=4, edits=(lost_at("tail"),))
    found, lines = outcomes(crew, films)
    assert crew.orders[0] == ["long", "middle", "tail", "short"]
    assert all(len(order) == 1 for order in crew.orders[1:])
    assert crew.orders.count(["tail"]) == MAX_ATTEMPTS - 1
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
        ("code", "other", "its tracker has not the same code as the first worker's"),
        ("weights", "other", "its tracker has not the same weights as the first worker's"),
        ("device", "cuda:0", "it runs on cuda:0, the first worker on cpu"),
    ],
)
def test_a_worker_with_another_tracker_takes_no_part(
    films: Path, field: str, value: str, reason: str
) -> None:
    def other(message: Message) -> Message:
        if isinstance(message, WorkerReady):
            return WorkerReady(dataclasses.replace(message.tracker_info, **{field: value}))
        return message

    found, lines = outcomes(InProcessPool(films, 2, edits=(lambda message: message, other)), films)
    assert [outcome.record.status for outcome in found] == ["ok"] * 4
    assert lines == [f"a worker cannot take part: {reason}"]


def test_another_machine_is_named_in_the_record(films: Path) -> None:
    def elsewhere(message: Message) -> Message:
        if isinstance(message, WorkerReady):
            about = message.tracker_info.environment | {"processor": "abacus"}
            return WorkerReady(dataclasses.replace(message.tracker_info, environment=about))
        return message

    found, _ = outcomes(InProcessPool(films, 2, edits=(lambda message: message, elsewhere)), films)
    assert {(o.environment or {}).get("processor") for o in found} == {None, "abacus"}


def test_frames_that_differ_between_machines_are_not_run(films: Path, tmp_path: Path) -> None:
    dataset, heard = open_dataset("folder", films), Heard()
    tasks = [plan_task(dataset, name) for name in dataset.names()]
    (films / "long" / "0003.png").write_bytes(b"another file")
    with InProcessPool(films, 1) as crew:
        crew.tracker_info()
        found = {o.sequence: o.record for o in crew.outcomes(Job(PROTOCOLS.load("ope")), tasks, heard)}
    assert found["long"].status == "failed"
    assert "not the same on every machine" in found["long"].message
    assert found["short"].status == "ok"


def test_without_workers_the_run_ends_in_a_sentence(films: Path) -> None:
    fails = iter([False, True])

    def first_only(message: Message) -> Message:
        if isinstance(message, WorkerReady):
            return WorkerLost("was killed") if next(fails) else message
        return lost_at("long")(message)

    with pytest.raises(
        UserError, match="no worker is left: it was killed when it made the tracker; what was"
    ):
        outcomes(InProcessPool(films, 1, edits=(first_only,)), films)


def test_a_mistake_of_ours_shows_its_traceback(films: Path) -> None:
    def broken(message: Message) -> Message:
        return message if isinstance(message, WorkerReady) else WorkerCrashed("Traceback: here")

    with pytest.raises(RuntimeError, match="a worker failed:\nTraceback: here"):
        outcomes(InProcessPool(films, 1, edits=(broken,)), films)


def test_a_data_set_that_cannot_be_sent_is_refused(squares: Any) -> None:
    squares.secret = lambda: None
    with pytest.raises(UserError, match="data set 'squares' cannot be sent to another process"):
        pickle_dataset(squares)
