"""Settings of the Siamese trackers: what `--set` may change, with defaults and checks; needs no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from trackers.errors import UserError


@dataclass(frozen=True)
class SearchSettings:
    """How a target is searched for; the defaults are siamfc-pytorch's.

    Attributes:
        context: surroundings in the exemplar's crop, as a share of w + h; 0 or more.
        scales: number of scales to search; odd.
        scale_step: ratio of neighboring scales; above 1.
        scale_penalty: factor on the scores of every scale but the middle one; above 0, at most 1.
        scale_rate: how far the size moves towards the best scale's; 0..1.
        window_weight: share of the cosine window in the response; 0..1.
        scale_min: smallest size, as a share of the first; above 0, at most 1.
        scale_max: largest size, as a multiple of the first; at least 1.
    """

    context: float = 0.5
    scales: int = 3
    scale_step: float = 1.0375
    scale_penalty: float = 0.9745
    scale_rate: float = 0.59
    window_weight: float = 0.176
    scale_min: float = 0.2
    scale_max: float = 5.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise UserError(f"{field.name} is {value!r}; give a finite number")
        if self.scales != int(self.scales) or self.scales < 1 or self.scales % 2 == 0:
            raise UserError(f"scales is {self.scales}; give an odd number of scales, 1 or more")
        rules = {
            "context": (self.context >= 0, "0 or more"),
            "scale_step": (self.scale_step > 1, "above 1"),
            "scale_penalty": (0 < self.scale_penalty <= 1, "above 0 and at most 1"),
            "scale_rate": (0 <= self.scale_rate <= 1, "from 0 to 1"),
            "window_weight": (0 <= self.window_weight <= 1, "from 0 to 1"),
            "scale_min": (0 < self.scale_min <= 1, "above 0 and at most 1"),
            "scale_max": (self.scale_max >= 1, "1 or more"),
        }
        for name, (holds, range_) in rules.items():
            if not holds:
                raise UserError(f"{name} is {getattr(self, name)}; give a number {range_}")


@dataclass(frozen=True, kw_only=True)
class TrackerSettings:
    """Settings of one tracker; each field is a keyword of its constructor and a name for `--set`."""

    def search(self) -> SearchSettings:
        """Returns the search settings."""
        return SearchSettings()


@dataclass(frozen=True, kw_only=True)
class SiamFCSettings(SearchSettings, TrackerSettings):
    """Settings of `siamfc`: those of the search."""

    def search(self) -> SearchSettings:
        return self


@dataclass(frozen=True, kw_only=True)
class GradientDescentSettings(TrackerSettings):
    """Settings of `siamfc-gd`.

    Attributes:
        iterations: gradient steps per frame, 0 or more.
        rate: step size, 0 or more, on scores of about -5 to 10 (raw correlation times 1e-3).
    """

    iterations: int = 50
    rate: float = 3e-6

    def __post_init__(self) -> None:
        if self.iterations < 0 or not 0 <= self.rate < math.inf:
            raise UserError(
                f"iterations is {self.iterations} and rate {self.rate}; give numbers of 0 or more"
            )


@dataclass(frozen=True, kw_only=True)
class AverageSettings(TrackerSettings):
    """Settings of `siamfc-avg`.

    Attributes:
        rate: weight of the current frame, 0..1.
    """

    rate: float = 0.01

    def __post_init__(self) -> None:
        _require_shares(rate=self.rate)


@dataclass(frozen=True, kw_only=True)
class UpdateSettings(TrackerSettings):
    """Settings that all GradNet trackers share.

    Attributes:
        interval: frames from one update step to the next; 1 updates on every frame, 0 never.
        scale_step: see `SearchSettings`, as for the following.
        scale_penalty: factor on the scores of a changed scale.
        scale_rate: how far the size follows the best scale.
        window_weight: share of the cosine window.
    """

    interval: int = 5
    scale_step: float = 1.04
    scale_penalty: float = 0.97
    scale_rate: float = 0.59
    window_weight: float = 0.25

    def __post_init__(self) -> None:
        if self.interval < 0:
            raise UserError(f"interval is {self.interval}; give 1 or more frames, or 0 to never update")

    def search(self) -> SearchSettings:
        return SearchSettings(
            scale_step=self.scale_step,
            scale_penalty=self.scale_penalty,
            scale_rate=self.scale_rate,
            window_weight=self.window_weight,
        )


@dataclass(frozen=True, kw_only=True)
class GradNetSettings(UpdateSettings):
    """Settings of `gradnet`.

    Attributes:
        share: weight of the corrected template's scores, 0..1.
        trust: a frame is trusted only if the peak of SiamFC's template reaches this share of the mean peak of
            the first five frames; 0..1.
        sharpness: a frame is trusted only if the responses of both templates exceed their means by this many
            standard deviations at the target's position; 0 or more. An occluded target, or one beside a
            similar object, makes a flat response, or one that peaks elsewhere.
        first_rate: how far the hidden feature moves to the corrected one while only the first frame has been
            learned from, 0..1.
        average: how far SiamFC's template moves to the current frame's, on frames whose peak is high enough
            for `trust`; 0..1, 0 keeps the first frame's.
    """

    share: float = 0.5
    trust: float = 0.5
    sharpness: float = 3.4
    first_rate: float = 0.3
    average: float = 0.01

    def __post_init__(self) -> None:
        _require_shares(share=self.share, trust=self.trust, first_rate=self.first_rate, average=self.average)
        super().__post_init__()
        if not 0 <= self.sharpness < math.inf:
            raise UserError(f"sharpness is {self.sharpness}; give a number of 0 or more")


@dataclass(frozen=True, kw_only=True)
class ReleasedSettings(UpdateSettings):
    """Settings of `gradnet-released`.

    Attributes:
        share: weight of the corrected template's response, 0..1.
        update_rate: how far the hidden feature moves to the corrected one, 0..1.
        weak_rate: the same for an update that a weak peak among the first frames triggers, 0..1.
        trust: a frame is reliable if its peak reaches this share of the first frames' mean, 0..1.
    """

    share: float = 0.15
    update_rate: float = 0.6
    weak_rate: float = 0.7
    trust: float = 0.5

    def __post_init__(self) -> None:
        _require_shares(
            share=self.share, update_rate=self.update_rate, weak_rate=self.weak_rate, trust=self.trust
        )
        super().__post_init__()


@dataclass(frozen=True, kw_only=True)
class PaperSettings(UpdateSettings):
    """Settings of `gradnet-paper`.

    Attributes:
        interval: see `UpdateSettings`.
        trust: a frame is trusted if its peak exceeds this share of the first tracked frame's, 0..1.
    """

    interval: int = 1
    trust: float = 0.5

    def __post_init__(self) -> None:
        _require_shares(trust=self.trust)
        super().__post_init__()


def _require_shares(**values: float) -> None:
    for name, value in values.items():
        if not 0 <= value <= 1:
            raise UserError(f"{name} is {value}; give a number from 0 to 1")
