"""Training images as one tensor of object-centred patches, on the device where they are used.

An object's *context side* is the side of its exemplar region in the frame; a patch is a square of `SPAN`
context sides around the object, scaled so that the exemplar region is 127 px wide. Everything that the
sampling needs lies inside it, so that decoding and cutting are done once and the rest on the device.

A set that does not fit is used in rounds: each holds a part, chosen from the seed and the round's number
alone, and the next is decoded by threads, into the host's memory, while the present one is in use on the
device. Threads never call CUDA, which does not allow that while another thread captures a graph.
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
from trackers.training.sources.folder import CENTRE_SHARE

PATCH_SIZE = 351
SPAN = PATCH_SIZE / EXEMPLAR_SIZE
PATCH_BYTES = 4 * PATCH_SIZE**2
IMAGE_ERRORS = (
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
"""What Pillow raises on bad files."""


@dataclass(frozen=True)
class Patches:
    """What a round can draw from: c clips with p patches in all.

    Attributes:
        pixels: (p, 4, 351, 351) uint8: red, green, blue, and 255 on the object.
        sizes: (p, 2) float32, the object's w and h in the patch, on the CPU.
        first: (c,) int64, each clip's first patch, on the CPU.
        count: (c,) int64, its number of patches, on the CPU.
        clips: (c,) int64, which of the bank's clips they are, on the CPU.
        categories: (c,) int64, a number for each class of objects, -1 where it is not known, on the CPU.
    """

    pixels: Tensor
    sizes: Tensor
    first: Tensor
    count: Tensor
    clips: Tensor
    categories: Tensor


class PatchCache:
    """All clips, of which one round's patches are on the device at a time.

    Args:
        clips: what to learn from.
        device: where the patches go.
        capacity: how many patches there is room for.
        seed: decides what a round holds.
        report: called with a sentence for each image that cannot be read; its frame is left out.
        frames_per_clip: how many frames of a clip a round holds, where not all fit.
        workers: threads that decode.
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
        self.present: tuple[int, Patches] | None = None
        known = {name: number for number, name in enumerate(sorted({c.category for c in clips} - {""}))}
        self.categories = torch.tensor([known.get(clip.category, -1) for clip in clips])

    def round(self, number: int) -> Patches:
        """The patches of a round, 0 and up; the same for the same seed. Begins to load the next one.

        The device holds those of one round at a time, if the caller keeps none of another.
        """
        number = 0 if self.fits else number
        wanted = set() if self.fits else {number + 1}
        if self.present is None or self.present[0] != number:
            wanted.add(number)
        for other in set(self.loaded) - wanted:
            self.loaded.pop(other).cancel()
        for one in sorted(wanted - set(self.loaded)):
            self.loaded[one] = self.loader.submit(self._load, one)
        if number in wanted:
            self.present = None  # so that the device never holds two
            patches = self.loaded.pop(number).result()
            self.present = number, replace(patches, pixels=patches.pixels.to(self.device))
        assert self.present is not None
        return self.present[1]

    def _load(self, number: int) -> Patches:
        """A round's patches in the host's memory; for a thread."""
        chosen = self._chosen(number)
        jobs = [(clip, frame) for clip, frames in chosen for frame in frames]
        decoded = self.pool.map(lambda job: self._patch(self.clips[job[0]], job[1]), jobs)
        pixels = torch.empty((len(jobs), 4, PATCH_SIZE, PATCH_SIZE), dtype=torch.uint8)
        sizes: list[NDArray[np.float64]] = []
        owners: list[int] = []
        for (clip, _), patch in zip(jobs, decoded, strict=True):
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
        """Clips and frames of a round."""
        if self.fits:
            return [(index, list(range(len(clip.files)))) for index, clip in enumerate(self.clips)]
        rng = np.random.default_rng([self.seed, number])
        chosen, room = [], self.capacity
        for index in rng.permutation(len(self.clips)):
            frames = len(self.clips[index].files)
            take = min(frames, self.frames_per_clip, room)
            if take == 0:
                break
            # Neighbours: a contiguous stretch, of which every second or third frame is used at most.
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
            share = CENTRE_SHARE
            box = np.array([(1 - share) / 2 * width, (1 - share) / 2 * height, share * width, share * height])
        return cut_patch(image, box, clip.polygons)


MAX_STEP = 10  # frames between neighbours of a round at the most


def cut_patch(
    image: Image.Image, box: NDArray[np.float64], polygons: Sequence[NDArray[np.float64]] = ()
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Cuts an object's patch out of an image.

    Args:
        image: RGB.
        box: x, y, w, h.
        polygons: the object's outlines, (m, 2) each; without any the box is the object.

    Returns:
        The patch (4, 351, 351): colours, with the image's mean outside it, and 255 on the object; the
        object's w and h in it.
    """
    w, h = box[2:]
    side = math.sqrt((w + 0.5 * (w + h)) * (h + 0.5 * (w + h))) * SPAN
    scale = side / PATCH_SIZE  # image pixels per patch pixel
    corner = box[:2] + box[2:] / 2 - side / 2
    mean = tuple(int(value) for value in np.asarray(image).reshape(-1, 3).mean(0))
    shrunk = max(1, int(scale))  # so that bilinear sampling skips no pixels
    source = image.reduce(shrunk) if shrunk > 1 else image
    step = scale / shrunk
    colours = source.transform(
        (PATCH_SIZE, PATCH_SIZE),
        Image.Transform.AFFINE,
        (step, 0, corner[0] / shrunk, 0, step, corner[1] / shrunk),
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
    patch = np.concatenate([np.asarray(colours), np.asarray(mask)[..., None]], axis=-1)
    return patch.transpose(2, 0, 1), box[2:] / scale
