"""Caches training images as one tensor of object-centered patches on the device.

An object's *context side* is the side of its exemplar region in the frame; a patch is a square of `SPAN`
context sides around the object, scaled so that the exemplar region is 127 px wide. It holds
everything that sampling needs, so that images are decoded and cut once, and the rest is done on the device.

A data set larger than the cache is loaded in rounds: round r is a random subset determined by the seed and r,
decoded by threads into the host's memory while round r - 1 is in use on the device. Threads never call CUDA,
which does not allow that while another thread captures a graph.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor

from trackers.errors import UserError
from trackers.images import open_image
from trackers.siamese.search import EXEMPLAR_SIZE
from trackers.training.sources.clip import Clip
from trackers.training.sources.folder import CENTER_SHARE

PATCH_SIZE = 351
SPAN = PATCH_SIZE / EXEMPLAR_SIZE
PATCH_BYTES = 4 * PATCH_SIZE**2
MAX_STEP = 10  # largest distance between a clip's frames in a round
IMAGE_ERRORS = (
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
"""Exceptions that Pillow raises on bad files."""


@dataclass(frozen=True)
class Patches:
    """The patches of one round: c clips with p patches in total.

    Attributes:
        pixels: (p, 4, 351, 351) uint8: red, green, blue, and 255 on the object.
        sizes: (p, 2) float32, the object's w and h in the patch, on the CPU.
        first: (c,) int64, each clip's first patch, on the CPU.
        count: (c,) int64, its number of patches, on the CPU.
        clips: (c,) int64, index of each clip in the cache, on the CPU.
        categories: (c,) int64, a number for each class of objects, -1 if unknown, on the CPU.
    """

    pixels: Tensor
    sizes: Tensor
    first: Tensor
    count: Tensor
    clips: Tensor
    categories: Tensor


class PatchCache:
    """Provides the patches of all clips, one round on the device at a time.

    Args:
        clips: to train on.
        device: of the patches.
        capacity: number of patches that fit.
        seed: of the rounds.
        report: called with a sentence for each image that cannot be read; its frame is skipped.
        frames_per_clip: frames of a clip per round, if not all fit.
        workers: number of decoding threads.
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        device: torch.device,
        capacity: int,
        seed: int,
        report: Callable[[str], None],
        frames_per_clip: int = 8,
        workers: int = 4,
    ) -> None:
        self.clips = clips
        self.device = device
        self.capacity = capacity
        self.seed = seed
        self.report = report
        self.frames_per_clip = frames_per_clip
        self.pool = ThreadPoolExecutor(workers)
        self.loader = ThreadPoolExecutor(1)
        self.fits = sum(len(clip.files) for clip in clips) <= capacity
        self.loaded: dict[int, Future[Patches]] = {}
        self.current: tuple[int, Patches] | None = None
        known = {name: number for number, name in enumerate(sorted({c.category for c in clips} - {""}))}
        self.categories = torch.tensor([known.get(clip.category, -1) for clip in clips])

    def round(self, number: int) -> Patches:
        """Returns the patches of a round, 0 and up, and starts to load the next one.

        The device holds one round at a time, unless the caller keeps patches of another.
        """
        number = 0 if self.fits else number
        wanted = set() if self.fits else {number + 1}
        if self.current is None or self.current[0] != number:
            wanted.add(number)
        for other in set(self.loaded) - wanted:
            self.loaded.pop(other).cancel()
        for one in sorted(wanted - set(self.loaded)):
            self.loaded[one] = self.loader.submit(self._load, one)
        if number in wanted:
            self.current = None  # free the device before the next round is copied
            patches = self.loaded.pop(number).result()
            self.current = number, replace(patches, pixels=patches.pixels.to(self.device))
        assert self.current is not None
        return self.current[1]

    def _load(self, number: int) -> Patches:
        """Loads a round's patches into the host's memory; runs in a thread."""
        chosen = self._chosen(number)
        wanted = [(clip, frame) for clip, frames in chosen for frame in frames]
        decoded = self.pool.map(lambda item: self._patch(self.clips[item[0]], item[1]), wanted)
        pixels = torch.empty((len(wanted), 4, PATCH_SIZE, PATCH_SIZE), dtype=torch.uint8)
        sizes: list[NDArray[np.float64]] = []
        owners: list[int] = []
        for (clip, _), patch in zip(wanted, decoded, strict=True):
            if patch is not None:
                pixels[len(sizes)] = torch.from_numpy(patch[0])
                sizes.append(patch[1])
                owners.append(clip)
        if not sizes:
            raise UserError("none of the training images can be read; see the messages above")
        clips, count = torch.unique_consecutive(torch.tensor(owners), return_counts=True)
        return Patches(
            pixels[: len(sizes)],
            torch.tensor(np.array(sizes), dtype=torch.float32),
            count.cumsum(0) - count,
            count,
            clips,
            self.categories[clips],
        )

    def _chosen(self, number: int) -> list[tuple[int, list[int]]]:
        """Chooses the clips and frames of a round."""
        if self.fits:
            return [(index, list(range(len(clip.files)))) for index, clip in enumerate(self.clips)]
        rng = np.random.default_rng([self.seed, number])
        chosen, room = [], self.capacity
        for index in rng.permutation(len(self.clips)):
            frames = len(self.clips[index].files)
            take = min(frames, self.frames_per_clip, room)
            if take == 0:
                break
            # Equally spaced frames of a random stretch.
            step = int(rng.integers(1, max(2, min(frames // take, MAX_STEP) + 1)))
            start = int(rng.integers(0, frames - (take - 1) * step))
            chosen.append((int(index), list(range(start, start + take * step, step))))
            room -= take
        return chosen

    def _patch(self, clip: Clip, frame: int) -> tuple[NDArray[np.uint8], NDArray[np.float64]] | None:
        path = clip.files[frame]
        try:
            with open_image(path) as file:
                image = file.convert("RGB")
        except IMAGE_ERRORS as error:
            self.report(f"{path} cannot be read ({error}); it is skipped")
            return None
        box = clip.boxes[frame]
        if np.isnan(box).any():
            width, height = image.size
            share = CENTER_SHARE
            box = np.array([(1 - share) / 2 * width, (1 - share) / 2 * height, share * width, share * height])
        return cut_patch(image, box, clip.polygons)


def cut_patch(
    image: Image.Image, box: NDArray[np.float64], polygons: Sequence[NDArray[np.float64]] = ()
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Cuts an object's patch out of an image.

    Args:
        image: RGB.
        box: x, y, w, h.
        polygons: the object's outlines, (m, 2) each; without any, the box is taken.

    Returns:
        The patch (4, 351, 351): colors, the image's mean outside it, and 255 on the object; and the
        object's w and h in the patch.
    """
    w, h = box[2:]
    side = math.sqrt((w + 0.5 * (w + h)) * (h + 0.5 * (w + h))) * SPAN
    scale = side / PATCH_SIZE  # image pixels per patch pixel
    corner = box[:2] + box[2:] / 2 - side / 2
    mean = tuple(int(value) for value in np.asarray(image).reshape(-1, 3).mean(0))
    reduction = max(1, int(scale))  # reduce first, so that bilinear sampling skips no pixels
    source = image.reduce(reduction) if reduction > 1 else image
    step = scale / reduction
    colors = source.transform(
        (PATCH_SIZE, PATCH_SIZE),
        Image.Transform.AFFINE,
        (step, 0, corner[0] / reduction, 0, step, corner[1] / reduction),
        Image.Resampling.BILINEAR,
        fillcolor=mean,
    )
    mask = Image.new("L", (PATCH_SIZE, PATCH_SIZE), 0)
    draw = ImageDraw.Draw(mask)
    for outline in polygons:
        if len(outline) >= 3:
            draw.polygon([tuple(point) for point in (outline - corner) / scale], fill=255)
    if not polygons:
        left, top = (box[:2] - corner) / scale
        draw.rectangle((left, top, left + w / scale - 1, top + h / scale - 1), fill=255)
    patch = np.concatenate([np.asarray(colors), np.asarray(mask)[..., None]], axis=-1)
    return patch.transpose(2, 0, 1), box[2:] / scale
