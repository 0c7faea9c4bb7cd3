"""Which Ray cluster to run on, and what part of it each worker gets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RayOptions:
    """A Ray cluster as the user named it.

    Attributes:
        address: `"local"` to start Ray on this machine, `"auto"` for the cluster that this machine is part
            of, or `HOST:PORT` of its head.
        cpus: cores that each worker is given.
        gpus: GPUs, or the share of one, that each worker is given; None for one where the cluster has any
            and the tracker's device is not the CPU.
    """

    address: str
    cpus: int = 1
    gpus: float | None = None
