"""Update policy of the released GradNet tracker: which frames are reliable, and when to update.

Source: the released tracker of Li et al., GradNet, ICCV 2019, as the project's specification describes it,
with its constants.
"""

from __future__ import annotations

from dataclasses import dataclass, field

STORED_FRAMES = 5  # reliable frames stored beside the first
FIRST, CURRENT = 0, STORED_FRAMES + 1  # indices of the first and the current frame's crop
THRESHOLD_FRAMES = 5  # first frames, whose mean peak is the threshold
WEAK_PEAK_FRAMES = 10  # first frames, in which a weak peak triggers an update
WEAK_PEAK_SHARE = 0.4  # a peak below this share of the threshold is weak
PATIENCE = 9  # frames without a reliable one before the window is skipped once


@dataclass
class UpdatePolicy:
    """The policy's state for one target.

    Attributes:
        interval: frames from one update step to the next; 0 never updates.
        share: a frame is reliable if its peak reaches this share of the threshold.
        frame: the current frame's number, 0 for the first.
        threshold: mean peak of the first frames; 0 until it is known.
        early: peaks of the first frames.
        peaks: of the stored crops, by index; the first frame's counts as 0.
        newest: index of the crop stored last.
        last_reliable: number of the last reliable frame.
        window_spent: whether the window has been skipped once.
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
        """Records the next frame's peak, and decides what to do.

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
        decision.search_center = crosses_right_border and peak < self.share * self.threshold
        return decision


@dataclass
class Decision:
    """What to do after a frame.

    Attributes:
        store: index at which to store the current crop, or None.
        learn: index of the crop to learn from, or None.
        skip_window: whether to search the next frame without the cosine window.
        search_center: whether to search the next frame around the image's center too.
    """

    store: int | None = None
    learn: int | None = None
    skip_window: bool = False
    search_center: bool = False
