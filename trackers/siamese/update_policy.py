"""Which frames GradNet's tracker trusts, and when it learns: plain bookkeeping of one target.

Source: the released tracker of Li et al., GradNet, ICCV 2019, as its behaviour is described in the project's
specification; the numbers are its.
"""

from __future__ import annotations

from dataclasses import dataclass, field

STORED_FRAMES = 5  # reliable frames that are remembered beside the first
FIRST, CURRENT = 0, STORED_FRAMES + 1  # places of the first frame's crop and of the present one's
THRESHOLD_FRAMES = 5  # frames whose peaks make the threshold
WEAK_PEAK_FRAMES = 10  # frames in which a weak peak calls for learning at once
WEAK_PEAK_SHARE = 0.4  # of the threshold
PATIENCE = 9  # frames without a reliable one after which the window is left out once


@dataclass
class UpdatePolicy:
    """What is remembered of one target's peaks.

    Attributes:
        interval: frames from one update step to the next; 0 never learns.
        share: a frame is reliable when its peak reaches this share of the threshold.
        frame: the present frame's number, 0 for the first.
        threshold: mean peak of the first frames; 0 before it is known.
        peaks: of the remembered crops, by place; the first frame's counts as 0.
        newest: place of the crop that was stored last.
        last_reliable: number of the last reliable frame.
        window_spent: whether the window has been left out once.
    """

    interval: int
    share: float = 0.5
    frame: int = 0
    threshold: float = 0.0
    early: list[float] = field(default_factory=list)
    peaks: dict[int, float] = field(default_factory=lambda: {FIRST: 0.0})
    newest: int = FIRST
    last_reliable: int = 0
    window_spent: bool = False

    def observe(self, peak: float, crosses_right_border: bool) -> Decision:
        """Takes note of the next frame's peak, and says what is to be done.

        Args:
            peak: highest raw score.
            crosses_right_border: whether the box crosses the image's right border.
        """
        self.frame += 1
        if self.frame <= THRESHOLD_FRAMES:
            self.early.append(peak)
            if self.frame == THRESHOLD_FRAMES:
                self.threshold = sum(self.early) / THRESHOLD_FRAMES
        decision = Decision()
        if peak >= min(self.share * self.threshold, sum(self.peaks.values()) / len(self.peaks)):
            self.last_reliable = self.frame
            self.newest = self.newest % STORED_FRAMES + 1
            self.peaks[self.newest] = peak
            decision.store = self.newest
        if self.interval and self.frame % self.interval == 0:
            decision.learn = max(self.peaks, key=self.peaks.__getitem__)
        elif self.interval and self.frame < WEAK_PEAK_FRAMES and peak < WEAK_PEAK_SHARE * self.threshold:
            decision.learn = CURRENT
        if not self.window_spent and self.frame - self.last_reliable == PATIENCE:
            self.window_spent = decision.skip_window = True
        decision.search_centre = crosses_right_border and peak < self.share * self.threshold
        return decision


@dataclass
class Decision:
    """What a frame calls for.

    Attributes:
        store: the place at which to store the present crop, or None.
        learn: the place of the crop to learn from, or None.
        skip_window: whether the next frame is searched without the cosine window.
        search_centre: whether the next frame is also searched around the image's centre.
    """

    store: int | None = None
    learn: int | None = None
    skip_window: bool = False
    search_centre: bool = False
