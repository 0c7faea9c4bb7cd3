"""The page: the data that it shows, and the HTML file that carries them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from plotly.offline import get_plotlyjs

from benchmarks.datasets import Dataset
from benchmarks.datasets import Sequence as VideoSequence
from benchmarks.environment import package_version
from benchmarks.scoring import ScoringProfile
from reports.page.loader import TrackerReport
from reports.page.pack import Json, bundle, region_steps, script_json
from reports.page.run_data import run_data, shown
from reports.page.score_data import first_value, profile_data
from reports.page.series import regions_data, truth_regions
from reports.page.thumbnails import EmbeddedFrames
from reports.style import line_style
from trackers.errors import printable

SCRIPTS = (
    "pack",
    "state",
    "figures",
    "dom",
    "leaderboard",
    "curves",
    "sequences",
    "series",
    "player",
    "runs",
    "main",
)
"""The page's scripts in `script/`, in the order in which they are read."""


def report_data(
    dataset: Dataset,
    protocol: str,
    profiles: Sequence[ScoringProfile],
    reports: Sequence[TrackerReport],
    made: datetime,
    left_out: Mapping[str, str] | None = None,
) -> Json:
    """What the page needs to show the scores: everything but what happens within a sequence.

    Args:
        dataset: the ground truth.
        protocol: whose results these are.
        profiles: the rules of scoring; at least one, the first is shown first.
        reports: the runs.
        made: when.
        left_out: by tracker, why a run cannot be shown.
    """
    names = scored_names(dataset, reports)
    best_first = rank_reports(reports, profiles[0])
    return {
        "dataset": dataset.name,
        "title": printable(dataset.title),
        "protocol": protocol,
        "of": dataset.total,
        "left_out": shown([[tracker, why] for tracker, why in (left_out or {}).items()]),
        "made": made.isoformat(timespec="seconds"),
        "version": package_version("sotbench"),
        "attributes": dataset.attributes,
        "sequences": [
            {"name": name, "frames": len(dataset[name].truth), "attributes": _attributes(dataset[name])}
            for name in names
        ],
        "trackers": [
            {
                "name": report.tracker,
                "fps": report.fps,
                "style": _plotly_style(rank),
                "run": run_data(report, len(dataset.all_names)),
                "over_time": bool(report.series),
            }
            for rank, report in enumerate(best_first)
        ],
        "profiles": [profile_data(rules, best_first, names) for rules in profiles],
    }


def rank_reports(reports: Sequence[TrackerReport], rules: ScoringProfile) -> list[TrackerReport]:
    """The reports best first, by the first metric of a profile; equals by name."""
    return sorted(reports, key=lambda one: (-first_value(one.scores[rules.name]), one.tracker.casefold()))


def _attributes(sequence: VideoSequence) -> list[str]:
    """A sequence's own attributes, and the tags that some of its frames have."""
    return [*sequence.attributes, *(tag for tag, frames in sequence.tags.items() if frames.any())]


def scored_names(dataset: Dataset, reports: Sequence[TrackerReport]) -> list[str]:
    """The sequences of which some tracker has results, in the data set's order."""
    return [
        name
        for name in dataset.names()
        if any(name in report.sequences or name in report.series for report in reports)
    ]


def sequence_data(
    dataset: Dataset, reports: Sequence[TrackerReport], name: str, frames: EmbeddedFrames | str | None = None
) -> Json:
    """What happens within a sequence: each tracker's overlaps and errors, and regions where there are frames.

    Args:
        dataset: the ground truth.
        reports: the runs.
        name: of the sequence.
        frames: its frames, or the address under which they can be had (`ADDRESS/0.jpg`), or None.
    """
    content: dict[str, Any] = {
        "series": {
            report.tracker: report.series[name].data(regions=frames is not None)
            for report in reports
            if name in report.series
        }
    }
    if frames is not None:
        content["truth"] = regions_data(region_steps(truth_regions(dataset[name])))
        content["frames"] = {"address": frames} if isinstance(frames, str) else frames.data()
    return content


def html_page(data: Json, details: Mapping[str, Json]) -> str:
    """The report as one HTML file that needs nothing else.

    Its own policy forbids it to load anything and to run any script but the two that are in it.

    Args:
        data: as `report_data` gives them.
        details: by sequence, as `sequence_data` gives them.
    """
    order = {sequence["name"]: place for place, sequence in enumerate(data["sequences"])}
    return _template().render(
        title=_title(data),
        style=resource("style.css"),
        plotly=plotly_script(),
        script=page_script(),
        policy=policy([plotly_script(), page_script()]),
        data=bundle(data),
        details=[(order[name], bundle(detail)) for name, detail in details.items()],
        live=False,
    )


def live_page(data: Json) -> str:
    """The report as a server shows it: what happens within sequences is fetched, and all that changes."""
    return _template().render(
        title=_title(data),
        style=resource("style.css"),
        plotly="",
        script=page_script(),
        policy=policy([page_script()], "'self'"),
        data=script_json(data),
        details=[],
        live=True,
    )


def _title(data: Json) -> str:
    return f"{data['title']} · {data['protocol'].upper()} · sotbench"


def policy(scripts: Sequence[str], own: str = "") -> str:
    """A content security policy: these scripts, images that are in the page, and what `own` adds."""
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    hashes = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    connect = f"connect-src {own}; " if own else ""
    return (
        f"default-src 'none'; script-src {hashes} {own}; style-src 'unsafe-inline'; "
        f"img-src data: blob: {own}; {connect}base-uri 'none'; form-action 'none'"
    )


@cache
def resource(name: str) -> str:
    """A file of this package."""
    return (files("reports.page") / name).read_text(encoding="utf-8")


@cache
def page_script() -> str:
    """The page's scripts as one; a function around them keeps their names to themselves."""
    parts = "\n".join(resource(f"script/{name}.js") for name in SCRIPTS)
    return f'"use strict";\n(() => {{\n{parts}\n}})();\n'


@cache
def plotly_script() -> str:
    """Plotly's own bundle (MIT), with its licence's comment at the top."""
    # An element ends at the first `</script`, wherever it stands; in JavaScript the backslash means nothing.
    script: str = get_plotlyjs()
    return script.replace("</script", "<\\/script")


@cache
def environment() -> Environment:
    """Jinja2 with everything escaped that is not said to be safe."""
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _template() -> Template:
    return environment().from_string(resource("page.html"))


def _plotly_style(rank: int) -> dict[str, str]:
    """The colour and dashes that matplotlib's figures have, in Plotly's words."""
    style = line_style(rank)
    dashes = style["linestyle"]
    dash = "solid" if dashes == "-" else ",".join(f"{2 * length:g}px" for length in dashes[1])
    return {"color": style["color"], "dash": dash}
