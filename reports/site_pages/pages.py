"""The pages of a site as HTML, and the whole site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

import numpy as np
from plotly.offline import get_plotlyjs

from benchmarks.environment import package_version
from benchmarks.scoring import RunScore
from reports.page.data import make_printable
from reports.page.document import environment, policy, resource, sequence_file, site_page
from reports.page.pack import script_json
from reports.presentation import Presentation
from reports.site_pages.boxes import run_archive
from reports.site_pages.content import CheckedRun, SiteReport
from reports.site_pages.output import SiteFolder, file_name
from reports.site_pages.run_facts import MAX_LISTED, file_size, reproduction_text, run_facts
from trackers.catalog import TRACKERS
from trackers.errors import printable
from trackers.wording import agree, counted, counted_of

_PLOTLY = "plotly.min.js"
_NONE = "\N{EN DASH}"
"""For a value that is not defined, and between the ends of an interval."""


class SiteWriter:
    """Writes the pages of a site.

    Args:
        folder: the folder that it is written into.
        reports: the results of each data set and protocol.
        troubles: data sets that cannot be shown: title and reason.
        presentation: how trackers are shown.
        made: the time of the site.
        with_boxes: whether boxes can be downloaded.
    """

    def __init__(
        self,
        folder: SiteFolder,
        reports: Sequence[SiteReport],
        troubles: Sequence[tuple[str, str]],
        presentation: Presentation,
        made: datetime,
        *,
        with_boxes: bool,
    ) -> None:
        self._folder = folder
        self._reports = reports
        self._troubles = troubles
        self._presentation = presentation
        self._made = made
        self._with_boxes = with_boxes
        self._trackers = list(dict.fromkeys(name for report in reports for name in report.runs))
        self._styles = presentation.styles(self._trackers)

    def write(self) -> None:
        """Writes the whole site, its first page last."""
        with self._folder.writing(self._contents):
            self._folder.write(_PLOTLY, get_plotlyjs())
            for report in self._reports:
                self._write_report(report)
            for tracker in self._trackers:
                self._write_tracker(tracker)
            self._write_index()

    def _write_report(self, report: SiteReport) -> None:
        place = place_of(report)
        data = report.data
        for sequence in data["sequences"]:
            name = sequence["name"]
            sequence["file"] = f"sequences/{file_name(name)}.js"
            sequence["page"] = f"sequences/{file_name(name)}.html"
            self._folder.write(f"{place}/{sequence['file']}", sequence_file(name, report.detail(name)))
        for tracker in data["trackers"]:
            tracker["page"] = f"../../trackers/{file_name(tracker['name'])}.html"
            tracker["badges"] = make_printable(report.runs[tracker["name"]].badges)
        links = [{"address": "../../index.html", "text": "All data sets"}]
        if report.comparisons:
            links.append({"address": "compare.html", "text": "Compare two"})
            self._write_comparison(report)
        self._folder.write(f"{place}/index.html", site_page(data, links, f"../../{_PLOTLY}"))
        for number in range(len(data["sequences"])):
            self._write_sequence(report, number)
        if self._with_boxes:
            for tracker, run in report.runs.items():
                archive = run_archive(run.folder, run.report.manifest)
                self._folder.write(f"{place}/boxes/{file_name(tracker)}.zip", archive)

    def _write_sequence(self, report: SiteReport, number: int) -> None:
        sequences = report.data["sequences"]
        sequence = sequences[number]
        name = sequence["name"]
        scores = {tracker: _score(run, report) for tracker, run in report.runs.items()}
        metrics = report.data["profiles"][0]["metrics"]
        rows = []
        for tracker, score in scores.items():
            values = _sequence_values(score, name)
            if values is None:
                continue
            figures = [_figure(values.get(metric["name"]), metric) for metric in metrics]
            main = values.get(report.data["profiles"][0]["main"])
            rows.append(
                {
                    **self._tracker(tracker),
                    "address": f"../../../trackers/{file_name(tracker)}.html",
                    "figures": figures,
                    "main": -np.inf if main is None or np.isnan(main) else main,
                }
            )
        rows.sort(key=lambda row: -row["main"])
        less = next((m["less"] for m in metrics if m["name"] == report.data["profiles"][0]["main"]), False)
        around = [
            {
                "address": f"{file_name(sequences[place]['name'])}.html",
                "name": printable(sequences[place]["name"]),
            }
            if 0 <= place < len(sequences)
            else None
            for place in (number - 1, number + 1)
        ]
        body = _render(
            "sequence.html",
            rows=rows[::-1] if less else rows,
            metrics=[metric["label"] for metric in metrics],
            profile=report.data["profiles"][0]["name"],
            over_time=f"../index.html#{urlencode({'sequence': name, 'frame': 1})}",
            previous=around[0],
            next=around[1],
        )
        attributes = (
            f" · {' '.join(map(printable, sequence['attributes']))}" if sequence["attributes"] else ""
        )
        length = f"{sequence['frames']:,} {agree(sequence['frames'], 'frame', 'frames')}"
        page = self._page(
            printable(name),
            f"{title_of(report)} · {length}{attributes}",
            body,
            [
                {"address": "../../../index.html", "text": "All data sets"},
                {"address": "../index.html", "text": title_of(report)},
            ],
        )
        self._folder.write(f"{place_of(report)}/{sequence['page']}", page)

    def _write_comparison(self, report: SiteReport) -> None:
        trackers = [self._tracker(name) for name in report.runs]
        places = {tracker["name"]: place for place, tracker in enumerate(trackers)}
        by_name = {metric["name"]: metric for metric in report.data["profiles"][0]["metrics"]}
        metrics = []
        for name, comparisons in report.comparisons.items():
            if name not in by_name:
                continue
            pairs = []
            for one in comparisons:
                a, b = places[one.a], places[one.b]
                ends = [None if end is None else round(end, 6) for end in (one.low, one.high)]
                figures = [round(value, 6) for value in (one.value_a, one.value_b, one.difference)]
                better = None if one.better is None else places[one.better]
                if a > b:  # the page lists trackers in the presentation's order
                    turned = [None if end is None else -end for end in reversed(ends)]
                    pairs.append(
                        [b, a, one.sequences, figures[1], figures[0], -figures[2], *turned, one.p, better]
                    )
                else:
                    pairs.append([a, b, one.sequences, *figures, *ends, one.p, better])
            label, decimals = by_name[name]["label"], by_name[name]["decimals"]
            metrics.append({"label": label, "decimals": decimals, "pairs": pairs})
        main = report.data["profiles"][0]["main"]
        order = [name for name in report.comparisons if name in by_name]
        metrics = [
            one for _, one in sorted(zip(order, metrics, strict=True), key=lambda pair: pair[0] != main)
        ]
        body = _render("compare.html", trackers=trackers, profile=report.data["profiles"][0]["name"])
        links = [
            {"address": "../../index.html", "text": "All data sets"},
            {"address": "index.html", "text": title_of(report)},
        ]
        data = script_json({"trackers": trackers, "metrics": metrics})
        page = self._page("Compare two trackers", title_of(report), body, links, data)
        self._folder.write(f"{place_of(report)}/compare.html", page)

    def _write_tracker(self, tracker: str) -> None:
        entry = self._presentation.entry(tracker)
        runs = [self._run(report, report.runs[tracker]) for report in self._reports if tracker in report.runs]
        card: list[tuple[str, dict[str, str]]] = [("name", {"text": printable(tracker)})]
        if tracker in TRACKERS.entries:
            card.append(("method", {"text": TRACKERS.entries[tracker].summary}))
        if entry.note:
            card.append(("note", {"text": entry.note}))
        card += [
            (name, {"text": address, "address": address})
            for name, address in (("paper", entry.paper), ("code", entry.code))
            if address
        ]
        body = _render("tracker.html", card=card, runs=runs)
        links = [{"address": "../index.html", "text": "All data sets"}]
        results = "1 data set" if len(runs) == 1 else f"{len(runs)} data sets"
        page = self._page(self._tracker(tracker)["label"], f"Tracker, with results on {results}", body, links)
        self._folder.write(f"trackers/{file_name(tracker)}.html", page)

    def _run(self, report: SiteReport, run: CheckedRun) -> dict[str, Any]:
        score = _score(run, report)
        place = f"../{place_of(report)}"
        boxes = f"{place_of(report)}/boxes/{file_name(run.report.tracker)}.zip"
        metrics = report.data["profiles"][0]["metrics"]
        values = _estimates(report, run.report.tracker)
        verification = run.verification
        # Problems come before notes.
        shown = sorted(verification.findings, key=lambda finding: finding.harmless)[:MAX_LISTED]
        valid = counted_of(verification.valid_sequences, verification.sequences, "sequence")
        return {
            "title": title_of(report),
            "address": f"{place}/index.html",
            "metrics": [_estimate(values.get(metric["name"]), metric) for metric in metrics],
            "refused": printable(score) if isinstance(score, str) else "",
            "profile": report.data["profiles"][0]["name"],
            "sequences": f"{len(run.report.sequences)} of {report.dataset.total}",
            "fps": _NONE if run.report.fps is None else f"{run.report.fps:.1f}",
            "boxes": f"../{boxes}" if self._with_boxes else "",
            "size": file_size(self._folder.path / boxes) if self._with_boxes else "",
            "valid": verification.valid,
            "verdict": f"valid: {valid}" if verification.valid else f"not valid: {valid}",
            "findings": [
                {"sequence": printable(one.sequence), "problem": printable(one.problem)} for one in shown
            ],
            **reproduction_text(run),
            "facts": run_facts(run),
        }

    def _write_index(self) -> None:
        reports = [
            {
                "title": title_of(report),
                "address": f"{place_of(report)}/index.html",
                "compare": f"{place_of(report)}/compare.html"
                if report.comparisons
                else f"{place_of(report)}/",
                "trackers": len(report.runs),
                "sequences": len(report.data["sequences"]),
                "of": report.dataset.total,
                "best": self._tracker(next(iter(report.runs)))["label"],
                "metric": _main(report).get("label", ""),
                "trouble": "",
            }
            for report in self._reports
        ]
        troubles = [{"title": title, "trouble": printable(reason)} for title, reason in self._troubles]
        trackers = []
        for tracker in self._trackers:
            cells = []
            for report in self._reports:
                metric = _main(report)
                found = _estimates(report, tracker).get(metric["name"])
                cells.append(None if found is None else _estimate(found, metric))
            held = [report for report in self._reports if tracker in report.runs]
            badges = [
                {**badge, "text": (f"{report.dataset.title}: " if len(held) > 1 else "") + badge["text"]}
                for report in held
                for badge in report.runs[tracker].badges
            ]
            unique = {badge["text"]: badge for badge in badges}
            trackers.append(
                {
                    **self._tracker(tracker),
                    "address": f"trackers/{file_name(tracker)}.html",
                    "cells": cells,
                    "badges": make_printable(list(unique.values())),
                }
            )
        body = _render("index.html", reports=[*reports, *troubles], columns=reports, trackers=trackers)
        counts = f"{counted(len(trackers), 'tracker')} on {counted(len(reports), 'data set')}"
        self._folder.write("index.html", self._page("Leaderboard", counts, body, []))

    def _contents(self) -> dict[str, Any]:
        """Returns what programs may want to know of the site."""
        return {
            "made": self._made.isoformat(timespec="seconds"),
            "version": package_version("sotbench"),
            "reports": [
                {
                    "dataset": report.dataset.name,
                    "protocol": report.protocol,
                    "page": f"{place_of(report)}/index.html",
                    "trackers": [
                        {
                            "name": tracker,
                            "page": f"trackers/{file_name(tracker)}.html",
                            "valid": run.verification.valid,
                            "imported": run.verification.imported,
                            "reproduced": list(run.reproduced),
                        }
                        for tracker, run in report.runs.items()
                    ],
                }
                for report in self._reports
            ],
        }

    def _tracker(self, name: str) -> dict[str, Any]:
        label = printable(self._presentation.label(name))
        return {"name": name, "label": label, "color": self._styles[name].color}

    def _page(
        self, heading: str, subtitle: str, body: str, links: Sequence[Mapping[str, str]], data: str = ""
    ) -> str:
        script = _script()
        return _render(
            "shell.html",
            policy=policy([script]),
            title=heading,
            style=resource("style.css"),
            links=links,
            heading=heading,
            subtitle=subtitle,
            body=body,
            made=f"{self._made:%-d %B %Y}",
            version=package_version("sotbench"),
            data=data,
            script=script,
        )


def place_of(report: SiteReport) -> str:
    """Returns the folder of a report within the site."""
    return f"{file_name(report.dataset.name)}/{report.protocol}"


def title_of(report: SiteReport) -> str:
    """Returns the title of a report."""
    return f"{printable(report.dataset.title)} · {report.protocol.upper()}"


@cache
def _script() -> str:
    return f'"use strict";\n(() => {{\n{resource("site.js", "reports.site_pages")}\n}})();\n'


def _render(template: str, **values: Any) -> str:
    return environment().from_string(resource(template, "reports.site_pages")).render(**values)


def _score(run: CheckedRun, report: SiteReport) -> RunScore | str:
    return run.report.scores[report.data["profiles"][0]["name"]]


def _main(report: SiteReport) -> dict[str, Any]:
    profile = report.data["profiles"][0]
    return next((one for one in profile["metrics"] if one["name"] == profile["main"]), {"name": ""})


def _estimates(report: SiteReport, tracker: str) -> dict[str, Sequence[float | None]]:
    """Returns each metric's value and interval over all sequences; empty without a score."""
    names = [one["name"] for one in report.data["trackers"]]
    if tracker not in names:
        return {}
    found: dict[str, Sequence[float | None]] = report.data["profiles"][0]["scores"][names.index(tracker)].get(
        "all", {}
    )
    return found


def _sequence_values(score: RunScore | str, name: str) -> dict[str, float] | None:
    if isinstance(score, str) or name not in score.sequences:
        return None
    row = list(score.sequences).index(name)
    return {metric: float(values[row]) for metric, values in score.sequence_values().items()}


def _figure(value: float | None, metric: Mapping[str, Any]) -> str:
    return _NONE if value is None or not np.isfinite(value) else f"{value:.{metric['decimals']}f}"


def _estimate(found: Any, metric: Mapping[str, Any]) -> dict[str, str]:
    if found is None:
        return {"label": metric["label"], "value": _NONE, "ends": ""}
    value, low, high = found
    ends = "" if low is None else f"{_figure(low, metric)}{_NONE}{_figure(high, metric)}"
    return {"label": metric["label"], "value": _figure(value, metric), "ends": ends}
