"""Several workers under one driver, wherever they are: who gets what, and what happens when one dies.

Whoever is free gets the longest sequence that is left, so that all end at about the same time. A worker that
dies loses what it was at. That is tried again when the rest is done, each sequence alone, so that one that
kills its workers takes no other along; after three tries it is recorded as failed.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Iterator
from collections.abc import Sequence as Items
from dataclasses import replace

from benchmarks.running.recipe import Recipe
from benchmarks.running.scheduler import Contender, Job, Outcome, Outcomes, Progress, Scheduler, Task
from benchmarks.running.worker import (
    Advanced,
    Begun,
    Broken,
    Finished,
    Lost,
    Message,
    Note,
    Order,
    Ready,
    Refused,
)
from trackers.errors import UserError

TRIES = 3
"""How often a sequence is begun whose workers die."""


def shared(recipe: Recipe, size: int) -> Recipe:
    """The recipe of one of `size` workers, which share the sequences that `recipe` speaks of."""
    return recipe if recipe.sequences is None else replace(recipe, sequences=-(-recipe.sequences // size))


class Hand(ABC):
    """A worker as its driver sees it.

    Attributes:
        contender: its tracker; None until that is made.
        tasks: what it was given and has not finished, by the sequences' names.
    """

    def __init__(self) -> None:
        self.contender: Contender | None = None
        self.tasks: dict[str, Task] = {}

    @abstractmethod
    def send(self, order: Order) -> None:
        """Has it run something. That it is gone is for `Crew.listen` to notice."""

    @abstractmethod
    def end(self) -> None:
        """Ends it, with all that it started."""


class Crew(Scheduler):
    """Hands out sequences to workers.

    Args:
        size: how many workers there are at most.
        together: how many sequences each runs at once.
    """

    def __init__(self, size: int, together: int) -> None:
        self._size = size
        self._together = together
        self._hands: list[Hand] = []
        self._contender: Contender | None = None
        self._reason = ""
        self._frames = 0
        self._seconds = 0.0

    @abstractmethod
    def hire(self) -> Hand:
        """Starts one more worker; does not wait until it is ready.

        Raises:
            UserError: none can be started.
        """

    @abstractmethod
    def listen(self, hands: Items[Hand]) -> Iterator[tuple[Hand, Message]]:
        """Waits a moment for messages and yields those that there are, `Lost` for a worker that is gone."""

    @abstractmethod
    def describe(self, contender: Contender) -> Contender:
        """What a worker says of itself, with what there is to add to its environment."""

    def contender(self) -> Contender:
        self._hands.append(self.hire())
        while self._contender is None:
            for hand, message in self.listen(self._hands):
                match message:
                    case Ready(contender):
                        hand.contender = self._contender = self.describe(contender)
                    case Refused(sentence):
                        raise UserError(sentence)
                    case Lost(how):
                        raise UserError(f"the worker {how} when it made the tracker")
                    case Broken(trace):
                        raise RuntimeError(f"a worker failed:\n{trace}")
        return self._contender

    def outcomes(self, job: Job, tasks: Items[Task], progress: Progress) -> Outcomes:
        if job.protocol.timed:
            raise UserError(
                f"protocol {job.protocol.name} follows the tracker's own times, which it has only on a "
                "machine of its own; leave --workers and --ray out"
            )
        began = time.monotonic()
        queue = _Queue(tasks, self._together)
        while queue or any(hand.tasks for hand in self._hands):
            self._man(len(queue))
            for hand in self._hands:
                if hand.contender and not hand.tasks and queue:
                    hand.tasks = {task.name: task for task in queue.take(self._size)}
                    for name, task in hand.tasks.items():
                        progress.start(name, task.frames)
                    records = {name: task.record for name, task in hand.tasks.items()}
                    hand.send(Order(job.protocol.name, job.repeat, job.seed, job.limit, records))
            for hand, message in self.listen(self._hands):
                yield from self._heard(hand, message, queue, progress)
            self._seconds = time.monotonic() - began

    def _man(self, waiting: int) -> None:
        """Starts as many workers as there are sequences for, up to the crew's size."""
        busy = sum(bool(hand.tasks) for hand in self._hands)
        while len(self._hands) < min(self._size, busy + waiting):
            self._hands.append(self.hire())
        if not self._hands:
            raise UserError(f"no worker is left: {self._reason}; what was finished is kept")

    def _heard(self, hand: Hand, message: Message, queue: _Queue, progress: Progress) -> Outcomes:
        match message:
            case Ready(contender):
                self._welcome(hand, self.describe(contender), progress)
            case Begun(name, frames):
                progress.start(name, frames)
            case Advanced(name, done) if name in hand.tasks:  # it may be told when the sequence is over
                progress.advance(name, done)
            case Note(line):
                progress.say(line)
            case Finished(outcome):
                task = hand.tasks.pop(outcome.sequence)
                self._frames += task.frames * (outcome.record.status == "ok")
                assert hand.contender
                assert self._contender
                other = hand.contender.environment != self._contender.environment
                yield replace(outcome, environment=hand.contender.environment) if other else outcome
            case Lost(how) if hand.contender:
                self._dismiss(hand)
                for name, task in hand.tasks.items():
                    if queue.back(task):
                        progress.say(f"{name}: its worker {how}; it is tried again")
                    else:
                        sentence = f"its worker {how}, as did those of {TRIES - 1} tries before"
                        yield Outcome(name, replace(task.record, status="failed", message=sentence))
            case Lost(how):
                self._do_without(hand, f"it {how} when it made the tracker", progress)
            case Refused(sentence):
                if hand.contender:
                    raise UserError(sentence)
                self._do_without(hand, sentence, progress)
            case Broken(trace):
                raise RuntimeError(f"a worker failed:\n{trace}")

    def _welcome(self, hand: Hand, contender: Contender, progress: Progress) -> None:
        """Lets a worker take part if it has the same tracker as the first."""
        assert self._contender
        for what in ("weights", "code", "deterministic"):
            if getattr(contender, what) != getattr(self._contender, what):
                sentence = f"its tracker has not the same {what} as the first worker's"
                return self._do_without(hand, sentence, progress)
        if contender.device.partition(":")[0] != self._contender.device.partition(":")[0]:
            sentence = f"it runs on {contender.device}, the first worker on {self._contender.device}"
            return self._do_without(hand, sentence, progress)
        hand.contender = contender
        return None

    def _do_without(self, hand: Hand, reason: str, progress: Progress) -> None:
        """Goes on with one worker less: another one would fare no better."""
        self._dismiss(hand)
        self._size -= 1
        self._reason = reason
        progress.say(f"a worker cannot take part: {reason}")

    def _dismiss(self, hand: Hand) -> None:
        self._hands.remove(hand)
        hand.end()

    def remark(self) -> str:
        if not self._frames:
            return ""
        return (
            f"{self._frames / self._seconds:.1f} frames/s by {self._size} workers, whose own times are not "
            "those of a tracker alone on its machine"
        )

    def close(self) -> None:
        hands, self._hands = self._hands, []
        for hand in hands:
            hand.end()


class _Queue:
    """What is still to be run: the longest first, and last what was lost with a worker."""

    def __init__(self, tasks: Items[Task], together: int) -> None:
        self._fresh = deque(sorted(tasks, key=lambda task: -task.frames))
        self._lost: deque[Task] = deque()
        self._tries: Counter[str] = Counter()
        self._together = together

    def __len__(self) -> int:
        return len(self._fresh) + len(self._lost)

    def take(self, workers: int) -> list[Task]:
        """What the next of so many workers is to run; neighbours in length, so that a batch ends together."""
        count = min(self._together, -(-len(self._fresh) // workers))
        taken = [self._fresh.popleft() for _ in range(count)] or [self._lost.popleft()]
        self._tries.update(task.name for task in taken)
        return taken

    def back(self, task: Task) -> bool:
        """Takes back what was lost with a worker; False if it was tried often enough."""
        again = self._tries[task.name] < TRIES
        if again:
            self._lost.append(task)
        return again
