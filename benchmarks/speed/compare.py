"""Tests whether one measurement is faster than another.

A difference is reported if three conditions hold: both measurements were made under the same conditions; the
95 % interval of the ratio (Welch's t over the repetitions' logarithms) excludes 1; and the ratio is not so
close to 1 that something other than the tracker may explain it. Two processes with the same code can differ
consistently, by memory layout or the size of their environment (Mytkowicz, Diwan, Hauswirth and Sweeney,
Producing Wrong Data Without Doing Anything Obviously Wrong, ASPLOS 2009), and two sessions by temperature.
Airspeed velocity also requires both a test and a minimum factor.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import stdtr, stdtrit

from benchmarks.environment import device_type
from benchmarks.speed.record import SpeedRecord
from benchmarks.speed.statistics import CONFIDENCE, variance_of_mean

MIN_RATIO = 1.05
"""A ratio closer to 1 is never reported as a difference."""

_SAME = ("dataset", "sequences", "frames", "warm_up", "batch")
_NOTED = ("tracker", "settings", "weights", "code", "precision", "threads", "own_process")
_DIGESTS = ("weights", "code", "commit")  # not shown: they mean nothing to a reader


@dataclass(frozen=True)
class SpeedComparison:
    """A measurement compared with an earlier one.

    Attributes:
        ratio: FPS of this measurement over FPS of the earlier one.
        low, high: the ratio's 95 % interval; None if either has a single repetition.
        p: two-sided p-value of no difference; None likewise.
        hindrances: reasons why the two cannot be compared.
        notes: other differences between the two.
    """

    ratio: float
    low: float | None
    high: float | None
    p: float | None
    hindrances: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def outcome(self) -> str:
        """`"faster"`, `"slower"`, `"no difference"`, or `"not comparable"`."""
        if self.hindrances or self.low is None or self.high is None:
            return "not comparable"
        if self.low > 1 and self.ratio >= MIN_RATIO:
            return "faster"
        if self.high < 1 and self.ratio <= 1 / MIN_RATIO:
            return "slower"
        return "no difference"

    @property
    def verdict(self) -> str:
        """The result in a sentence."""
        if self.low is None or self.high is None or self.p is None:
            figures = f"{self.ratio:#.4g} times the FPS"
        else:
            p = f"{self.p:.3f}" if self.p >= 0.001 else f"{self.p:.1g}"
            figures = f"{self.ratio:#.4g} [{self.low:#.4g}, {self.high:#.4g}] times the FPS, p = {p}"
        if self.hindrances or self.low is None or self.high is None:
            return f"no difference can be called: {'; '.join(self.hindrances)} ({figures})"
        if self.outcome != "no difference":
            return f"{self.outcome}: {figures}"
        if self.low <= 1 <= self.high:
            return f"no difference can be shown: {figures}"
        return (
            f"too small a difference to be called: {figures}; below {100 * (MIN_RATIO - 1):.0f} % it may as "
            "well be the machine's, and only interleaved runs can tell"
        )

    def content(self) -> dict[str, Any]:
        """Returns the comparison as a JSON object."""
        return {**asdict(self), "outcome": self.outcome, "verdict": self.verdict}


def compare(this: SpeedRecord, that: SpeedRecord) -> SpeedComparison:
    """Compares `this` measurement with an earlier one, `that`."""
    pairs = (("this one", this), ("the other", that))
    hindrances = [
        *_machines(this, that),
        *(f"not the same {_plain(name)}" for name in _SAME if getattr(this, name) != getattr(that, name)),
        *(f"{which} was measured on a busy machine" for which, one in pairs if one.busy),
    ]
    if min(this.repetitions, that.repetitions) < 2:
        hindrances.append("a single repetition has no interval; give --repetitions 2 or more")
    return SpeedComparison(*ratio_of_fps(this, that), tuple(hindrances), tuple(_notes(this, that)))


def ratio_of_fps(
    this: SpeedRecord, that: SpeedRecord
) -> tuple[float, float | None, float | None, float | None]:
    """Returns the ratio of FPS, both ends of its 95 % interval, and the p-value, by Welch's t of logarithms.

    Welch's test (The generalization of Student's problem when several different population variances are
    involved, Biometrika 1947) is for two samples with unequal variances.
    """
    ratio = this.fps / that.fps
    if min(this.repetitions, that.repetitions) < 2:
        return ratio, None, None, None
    variances = [variance_of_mean(this.seconds), variance_of_mean(that.seconds)]
    error = float(np.sqrt(sum(variances)))
    if error == 0:  # all repetitions are equal: the clock is coarse, or a fake one
        return ratio, ratio, ratio, float(ratio == 1)
    degrees = sum(variances) ** 2 / (
        variances[0] ** 2 / (this.repetitions - 1) + variances[1] ** 2 / (that.repetitions - 1)
    )
    half = float(stdtrit(degrees, (1 + CONFIDENCE) / 2)) * error
    p = 2 * float(stdtr(degrees, -abs(np.log(ratio)) / error))
    return ratio, float(ratio * np.exp(-half)), float(ratio * np.exp(half)), p


def _machines(this: SpeedRecord, that: SpeedRecord) -> list[str]:
    """Returns a sentence if the two ran on different machines or types of device."""
    keys = dict.fromkeys([*this.machine, *that.machine])
    mine, other = this.machine, that.machine
    differing = [
        f"{key} {other.get(key)}, now {mine.get(key)}" for key in keys if mine.get(key) != other.get(key)
    ]
    if device_type(this.device) != device_type(that.device):
        differing.append(f"device {that.device}, now {this.device}")
    return [f"not the same machine ({', '.join(differing)})"] if differing else []


def _notes(this: SpeedRecord, that: SpeedRecord) -> list[str]:
    """Returns the differences that may be what is compared: in the tracker, versions and packages."""
    mine, other = _noted(this), _noted(that)
    return [
        f"{name}: " + ("another" if name in _DIGESTS else f"{other.get(name)}, now {mine.get(name)}")
        for name in dict.fromkeys([*other, *mine])
        if mine.get(name) != other.get(name)
    ]


def _noted(record: SpeedRecord) -> dict[str, Any]:
    software = dict(record.software)
    packages = software.pop("packages", {})
    return {**{_plain(name): getattr(record, name) for name in _NOTED}, **software, **packages}


def _plain(name: str) -> str:
    return name.replace("_", " ")
