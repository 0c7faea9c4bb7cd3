"""Pairs of frames for the studies of GradNet: a video's first template, and a later frame to match."""

from __future__ import annotations

import torch
from torch import Tensor

from benchmarks.datasets import Dataset
from trackers.siamese.frame_upload import upload
from trackers.siamese.search import Search

LATER = (5, 10, 20, 40)  # frames that are to be matched, where a video has them


def video_pairs(dataset: Dataset, search: Search, later: tuple[int, ...] = LATER) -> tuple[Tensor, Tensor]:
    """Exemplars (n, 3, 127, 127) of first frames, and later frames' search regions (n, 3, 255, 255).

    The true box lies in the middle of both.
    """
    exemplars, regions = [], []
    for name in dataset.names():
        sequence = dataset[name]
        frames = sequence.open_frames()
        for index in (0, *(at for at in later if at < len(sequence.truth))):
            pixels, sizes = upload([frames[index]], torch.device("cpu"))
            targets = search.start(pixels, sizes, torch.tensor(sequence.truth[index : index + 1]))
            if index == 0:
                exemplar = search.exemplars(pixels, sizes, targets)
            else:
                exemplars.append(exemplar)
                regions.append(search.centered(pixels, sizes, targets))
    return torch.cat(exemplars), torch.cat(regions)
