"""Draws the `demo` data set: from noise to materials and toys, from scenes to frames.

Rendering must give the same bytes on every machine, so all modules of this folder keep to one pattern:

- randomness is an integer hash of the pixel's or the lattice point's coordinates, never a generator;
- arrays see nothing but elementwise + - * / sqrt floor rint, comparisons, gathers and integer arithmetic,
  each of which IEEE 754 rounds exactly: no sums along an axis, no BLAS, no sin, exp or power;
- sines and cosines are computed for single angles by `math` and rounded to a coarse grid, so that their
  last bits, in which libraries differ, never show.

`noise` and `shapes` come first; `grounds` and `toys` (with `sprites`) are made of them; a `scene` says what
moves where; `stage` draws it.
"""
