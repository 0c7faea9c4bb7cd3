"""Reads the sources that `--source` names, and splits their clips into training and validation."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from trackers.errors import UserError
from trackers.training.sources import SOURCES, Clip

MIN_FRAMES = 12  # shorter clips say little about tracking


def read_sources(
    texts: Sequence[str], held_share: float, report: Callable[[str], None]
) -> tuple[list[Clip], list[float], list[Clip]]:
    """Reads all sources.

    Args:
        texts: `KIND:DIR` or `KIND:DIR=WEIGHT` each.
        held_share: share of each source's videos to hold back, 0 to below 1.
        report: called with one sentence for everything that is skipped.

    Returns:
        The clips to train on, how often each is sampled, and the clips to validate on.

    Raises:
        UserError: a text is malformed, or a source has no clip to train on.
    """
    clips: list[Clip] = []
    weights: list[float] = []
    held: list[Clip] = []
    for text in texts:
        kind, root, weight = parse_source(text)
        train, validate = hold_back(SOURCES.load(kind)(root, report), held_share)
        if not train:
            raise UserError(
                f"--hold-back {held_share:g} leaves nothing of {text} to train on; give a smaller share"
            )
        clips += train
        held += validate
        weights += [weight / len(train)] * len(train)
    return clips, weights, held


def parse_source(text: str) -> tuple[str, Path, float]:
    """Splits `KIND:DIR` or `KIND:DIR=WEIGHT` into kind, folder and weight.

    Raises:
        UserError: the text is neither.
    """
    kind, colon, rest = text.partition(":")
    path, equals, weight = rest.rpartition("=")
    if not equals:
        path, weight = rest, "1"
    try:
        value = float(weight)
    except ValueError:
        path, value = rest, 1.0
    if not colon or not path or not value > 0:
        raise UserError(f"--source {text} is not KIND:DIR or KIND:DIR=WEIGHT with a weight above 0")
    return kind, Path(path), value


def hold_back(clips: Sequence[Clip], share: float) -> tuple[list[Clip], list[Clip]]:
    """Splits clips into those to train on and those to validate on.

    Args:
        clips: all of them.
        share: of the videos to hold back; the choice depends on the clips' names alone.
    """
    # Objects of one video share a folder, and stay together.
    names = {clip.files[0].parent: clip.name for clip in clips if len(clip.files) >= MIN_FRAMES}
    ranked = sorted(names, key=lambda folder: hashlib.sha256(names[folder].encode()).digest())
    held = set(ranked[: round(share * len(ranked))])
    return (
        [clip for clip in clips if clip.files[0].parent not in held],
        [clip for clip in clips if clip.files[0].parent in held and len(clip.files) >= MIN_FRAMES],
    )
