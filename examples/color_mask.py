"""A tracker that answers with a mask: the pixels that have the target's colors.

--tracker examples/color_mask.py:ColorMask

GrabCut (Rother, Kolmogorov and Blake, 2004) separates target and background in the first frame. Afterwards
their color histograms say how likely each pixel belongs to the target: mean shift over these likelihoods
moves the window, and the likely pixels inside it are the mask.
"""

import cv2
import numpy as np

from sotbench import Tracker

BINS = 16
"""Bins of each of the three color channels."""


class ColorMask(Tracker):
    """Segments the target by color.

    Args:
        margin: surroundings that count as background, as a share of the target's size.
        rate: how fast the histograms follow the target's look, from 0 to 1.
    """

    deterministic = True

    def __init__(self, margin: float = 0.6, rate: float = 0.02):
        self.margin, self.rate = margin, rate

    def init(self, frame, box):
        cv2.setRNGSeed(0)  # GrabCut draws the first centers of its color models
        self.box = np.array(box)
        around = self._slices(frame, self.margin)
        inside = np.zeros(frame.shape[:2], bool)
        inside[self._slices(frame)] = True
        pixels, inside = np.ascontiguousarray(frame[around]), inside[around]
        labels = np.where(inside, cv2.GC_PR_FGD, cv2.GC_BGD).astype(np.uint8)
        if not inside.all():
            cv2.grabCut(pixels, labels, None, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)
        mask = inside & (labels == cv2.GC_PR_FGD)
        if mask.sum() < 0.2 * inside.sum():  # target and background look alike
            mask = inside
        colors = self._colors(pixels)
        self.target, self.ground = self._histogram(colors[mask]), self._histogram(colors[~inside])
        self.usual = max(mask.sum() / inside.sum(), 0.05)

    def update(self, frame):
        for _ in range(10):
            window = self._slices(frame, 0.2)
            weights = self._likelihood(frame[window])
            if weights.sum() == 0:
                break
            center = [
                weights.sum(axis=axis) @ (np.arange(weights.shape[1 - axis]) + 0.5) / weights.sum()
                for axis in (0, 1)
            ]
            place = np.array([window[1].start, window[0].start]) + center - self.box[2:] / 2
            moved, self.box[:2] = np.abs(place - self.box[:2]).max(), place
            if moved < 0.5:
                break
        window = self._slices(frame)
        likely = self._likelihood(frame[window]) > 0.5
        mask = np.zeros(frame.shape[:2], bool)
        # With too few likely pixels, the target is hidden or has changed its colors: the window is a guess.
        seen = likely.mean() > 0.5 * self.usual
        mask[window] = self._joined(likely) if seen else True
        if seen:
            around = self._slices(frame, self.margin)
            colors, inside = self._colors(frame[around]), mask[around]
            for name, chosen in (("target", colors[inside]), ("ground", colors[~inside])):
                mixed = (1 - self.rate) * getattr(self, name) + self.rate * self._histogram(chosen)
                setattr(self, name, mixed)
        return mask

    def _slices(self, frame, margin=0.0):
        """Returns the rows and columns of the box, enlarged on all sides; at least one of each."""
        x, y, w, h = self.box
        height, width = frame.shape[:2]
        left, right = np.clip(np.rint([x - margin * w, x + w + margin * w]), 0, width).astype(int)
        top, bottom = np.clip(np.rint([y - margin * h, y + h + margin * h]), 0, height).astype(int)
        left, top = min(left, width - 1), min(top, height - 1)
        return slice(top, max(bottom, top + 1)), slice(left, max(right, left + 1))

    def _likelihood(self, pixels):
        """Returns how likely each pixel belongs to the target, 0 to 1, smoothed over its neighbors."""
        colors = self._colors(pixels)
        return cv2.blur(self.target[colors] / (self.target[colors] + self.ground[colors]), (3, 3))

    def _joined(self, likely):
        """Returns the mask without its small parts, or as it is if it has only such."""
        _, parts, facts, _ = cv2.connectedComponentsWithStats(likely.astype(np.uint8))
        large = facts[:, cv2.CC_STAT_AREA] > 0.1 * likely.sum()
        large[0] = False  # the rest of the window
        return large[parts] if large.any() else likely

    def _colors(self, pixels):
        """Returns the number of each pixel's bin."""
        red, green, blue = (pixels.astype(np.int64) * BINS // 256).transpose(2, 0, 1)
        return (red * BINS + green) * BINS + blue

    def _histogram(self, colors):
        """Returns how often each bin occurs, smoothed so that none is 0."""
        counts = np.bincount(colors.ravel(), minlength=BINS**3).astype(float)
        return (counts + 0.05) / (counts.sum() + 0.05 * BINS**3)
