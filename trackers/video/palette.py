"""The colors that tell trackers apart in plots, pages and videos."""

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
"""Okabe and Ito's palette for color-blind readers (https://jfly.uni-koeln.de/color/), without yellow,
which is hard to see on white paper; ordered so that neighbors differ in lightness."""
