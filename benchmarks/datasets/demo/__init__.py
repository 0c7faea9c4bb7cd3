"""The built-in data set: nine rendered sequences, one per difficulty, that need no files.

Ground truth is exact: the tight box around the target's outline, also where it is occluded, and unclipped
where it leaves the view. The demo shows that an installation works and what a tracker's weaknesses look like.
It does not replace a benchmark of real video.

Frames are the same bytes on every machine, so scores on the demo can be compared. All modules of this package
follow three rules to ensure it:

- Randomness is an integer hash of the coordinates of pixels or lattice points, never a random generator.
- Array code uses only elementwise + - * / sqrt floor rint, comparisons, indexing and integer arithmetic, all
  exact or correctly rounded by IEEE 754. There are no sums along an axis, no BLAS, no sin, exp or power.
- Sines and cosines are computed for single angles by `math` and rounded to a coarse grid, which hides the
  last bits, in which libraries differ.

`noise` and `shapes` are the basis of `backgrounds` and `drawings` (with `sprites`). A `scene` describes what
moves where, `scenes` lists the nine, and `renderer` draws them.
"""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path

from benchmarks.datasets.demo.renderer import HEIGHT, VERSION, WIDTH, SceneRenderer
from benchmarks.datasets.demo.scene import Scene
from benchmarks.datasets.demo.scenes import SCENES
from benchmarks.datasets.sequence import Dataset, Frames, Sequence
from trackers.tracker import Frame


class RenderedFrames(Frames):
    """The frames of a scene, rendered on access. Creating it renders the background and the drawings."""

    def __init__(self, scene: Scene) -> None:
        self._renderer = SceneRenderer(scene)

    def __len__(self) -> int:
        return self._renderer.scene.length

    def __getitem__(self, index: int) -> Frame:
        """Renders frame `index`, 0-based; raises IndexError if it is out of range."""
        if not 0 <= index < len(self):
            raise IndexError(f"{self._renderer.scene.name} has no frame {index}: it has {len(self)}.")
        return self._renderer.frame(index)

    def fingerprint(self) -> str:
        """Returns a digest of the renderer's version and of the scene's name, length and size."""
        scene = self._renderer.scene
        return hashlib.sha256(f"{VERSION} {scene.name} {scene.length} {WIDTH}x{HEIGHT}".encode()).hexdigest()


class Demo(Dataset):
    """Nine rendered sequences of 60 frames, 320 x 240 pixels, always complete.

    Args:
        data_root: ignored; other data sets need it.
    """

    name = "demo"
    title = "Demo"
    one_based = False
    attributes = ("IV", "SV", "OCC", "DEF", "MB", "FM", "IPR", "OV", "BC")
    all_names = tuple(SCENES)

    def __init__(self, data_root: Path | None = None) -> None:
        pass

    def names(self) -> tuple[str, ...]:
        return self.all_names

    def __getitem__(self, name: str) -> Sequence:
        scene = SCENES[name]
        return Sequence(
            name, scene.truth(), scene.attributes, partial(_open_frames, name), size=(WIDTH, HEIGHT)
        )


def _open_frames(name: str) -> RenderedFrames:
    """Opens a scene by its name: scenes hold functions, which cannot be pickled with a sequence."""
    return RenderedFrames(SCENES[name])
