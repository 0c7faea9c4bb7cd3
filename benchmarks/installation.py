"""Finds other projects' packages that collide with sotbench's. Imports only the standard library."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def shadowing_packages() -> list[str]:
    """Returns a sentence for each of sotbench's packages that another project's package hides.

    Several distributions on the package index install a top-level package `trackers`.
    """
    root = Path(__file__).resolve().parents[1]
    sentences = []
    for name in ("trackers", "reports"):
        spec = find_spec(name)
        if spec is None or not spec.origin:
            sentences.append(
                f"the package '{name}' of sotbench is missing from {root}; install sotbench again"
            )
        elif (place := Path(spec.origin).resolve().parent) != root / name:
            clash = f"the package '{name}' in {place} has the same name as sotbench's, and hides it"
            installed = any(part in ("site-packages", "dist-packages") for part in place.parts)
            remedy = (
                "install sotbench in a separate virtual environment, and run what needs that package as a "
                "program, --tracker process:COMMAND"
                if installed
                else "start sotbench in another folder, without it in PYTHONPATH, or rename it"
            )
            sentences.append(f"{clash}; {remedy}")
    return sentences


def conflicting_distributions() -> list[str]:
    """Returns a sentence for each installed distribution that overwrites files of sotbench or of OpenCV."""
    from importlib.metadata import packages_distributions  # not needed by every command

    owners = packages_distributions()
    sentences = [
        f"the distribution '{owner}' also installs a package '{package}'; uninstall it"
        for package in ("trackers", "benchmarks", "reports")
        for owner in sorted(set(owners.get(package, ())) - {"sotbench"})
    ]
    if {"opencv-python", "opencv-python-headless"} <= set(owners.get("cv2", ())):
        sentences.append(
            "opencv-python and opencv-python-headless overwrite each other's files; uninstall both, "
            "then install opencv-python"
        )
    return sentences
