"""Which Ray cluster to run on, and its resources per worker. Importable without ray."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RayOptions:
    """A Ray cluster and the resources of each worker.

    Attributes:
        address: `"local"` to start Ray on this machine, `"auto"` for the cluster that this machine belongs
            to, or `HOST:PORT` of the cluster's head.
        cpus: cores per worker.
        gpus: GPUs per worker, or the share of one; None for one GPU if the cluster has any and the tracker's
            device is not the CPU.
    """

    address: str
    cpus: int = 1
    gpus: float | None = None
