"""What all plots share: titles, notes, names, points with intervals, and files."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure

from benchmarks.scoring import Record
from reports.figure_options import FigureOptions
from reports.plots.text import mark_tex
from reports.report_data import ReportData
from reports.style import house_style
from trackers.errors import UserError
from trackers.wording import agree

Format: TypeAlias = Literal["png", "pdf", "svg"]

# Without dates, the same figure gives the same bytes.
_UNDATED: dict[Format, dict[str, None]] = {"png": {}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}

MAX_WITH_INTERVALS = 5
"""Maximum number of trackers with intervals in one panel; with more, they would hide each other."""

MAX_DRAWN_TRACKERS = 60
"""Maximum number of trackers in a figure, which shows the best: more cannot be told apart."""

MIN_HEIGHT = 1.4
"""Minimum height of axes in inches: the note along their edge needs it."""

ValueWithErrors: TypeAlias = tuple[float, float, float]
"""A value, and the distances from it to the lower and upper end of its interval (0 without interval)."""

_MAX_NAME = 40

# Of formulas: ParseException and its subclasses, which matplotlib names in the text of a ValueError.
_PARSE_ERROR = re.compile(r"\bParse\w*Exception\b")


def figure_bytes(figure: Figure, form: Format) -> bytes:
    """Returns the figure as a file's content; the same figure always gives the same bytes.

    Letters that the font lacks become boxes in PNG and PDF; SVG leaves them to the reader's fonts.

    Raises:
        UserError: a label is TeX that cannot be set.
    """
    content = io.BytesIO()
    options = getattr(figure, "options", FigureOptions())
    with house_style(options.settings()), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        try:
            figure.savefig(content, format=form, metadata=_UNDATED[form])
        except RuntimeError as error:
            # Matplotlib quotes LaTeX's messages; those of errors begin with an exclamation mark.
            said = [line[1:].strip() for line in str(error).splitlines() if line.startswith("!")]
            if not options.usetex:
                raise
            reason = said[0] if said else str(error).strip().splitlines()[-1]
            raise UserError(
                f"LaTeX cannot set the text of the plot: {reason}; correct the labels, or install what LaTeX "
                "lacks"
            ) from None
        except ValueError as error:
            if not _PARSE_ERROR.search(str(error)):
                raise
            formula = str(error).strip().splitlines()[0]
            raise UserError(f"a label is no formula that matplotlib knows: {formula}; correct it") from None
    return content.getvalue()


def figure_title(what: str, report: ReportData) -> str:
    """Returns two lines: what is plotted, runs and data set; number of sequences and profile.

    Only the data set's title, or nothing, if the options of figures say so.
    """
    if report.figure_options.title != "full":
        return report.title if report.figure_options.title == "dataset" else ""
    protocol = report.protocol
    runs = protocol.upper() if protocol in ("ope", "tre", "sre") else f"{protocol} runs"
    sequences = format_count(report.max_scored_sequences, report.total_sequences)
    noun = agree(report.total_sequences, "sequence", "sequences")
    total = report.total_trackers
    best = "" if total is None else f", best {len(report.scores)} of {total} trackers"
    return f"{what} of {runs} on {report.title}\n{sequences} {noun}, profile {report.profile.name}{best}"


def format_count(scored: int, total: int) -> str:
    """Returns how many sequences are scored: `"9"` if all are, else `"7 of 9"`."""
    return str(total) if scored == total else f"{scored} of {total}"


def intervals_fit(report: ReportData) -> bool:
    """Returns whether to draw intervals where all trackers share a panel."""
    return report.show_intervals and len(report.scores) <= MAX_WITH_INTERVALS


def interval_note(drawn_as: str, shown: bool) -> str:
    """Returns the note on what `drawn_as` ("lines", "shaded") means; empty if no intervals are shown."""
    return f"{drawn_as}: 95 % interval over sequences" if shown else ""


def errorbar_values(
    record: Mapping[str, Any], metric: str, with_interval: bool = True
) -> ValueWithErrors | None:
    """Returns a record's value of a metric with its interval; None if the value is not defined."""
    value, low, high = (record.get(key) for key in (metric, f"{metric}_low", f"{metric}_high"))
    if value is None:
        return None
    if low is None or high is None or not with_interval:
        return float(value), 0.0, 0.0
    return float(value), max(float(value) - float(low), 0.0), max(float(high) - float(value), 0.0)


def draw_point(
    axes: Axes,
    x: float | ValueWithErrors,
    y: float | ValueWithErrors,
    look: Mapping[str, Any],
    *,
    hollow: bool = False,
) -> ErrorbarContainer:
    """Draws a point with its intervals."""
    x, y = (place if isinstance(place, tuple) else (place, 0.0, 0.0) for place in (x, y))
    errors: dict[str, Any] = {
        name: [[below], [above]] for name, (_, below, above) in (("xerr", x), ("yerr", y)) if below or above
    }
    face = {"markerfacecolor": "white", "markeredgewidth": 0.8} if hollow else {"markeredgewidth": 0}
    return axes.errorbar(x[0], y[0], **errors, linestyle="none", elinewidth=0.8, capsize=0, **look, **face)


def name_with_count(tracker: str, records: Sequence[Record], report: ReportData) -> str:
    """Returns a tracker's name, with its number of scored sequences if the title states another."""
    [record] = [row for row in records if row["tracker"] == tracker]
    scored = int(record["sequences"] or 0)
    name = shown_name(tracker, report)
    if scored == report.max_scored_sequences:
        return name
    return f"{name} ({format_count(scored, report.total_sequences)})"


def shown_name(tracker: str, report: ReportData) -> str:
    """Returns a tracker's name to show in a plot."""
    label = report.label(tracker)
    if report.presentation.tex_labels and label != tracker:
        return mark_tex(label)
    return shorten_name(label)


def shorten_name(name: str) -> str:
    """Returns a name of at most 40 characters: leaves out the middle of a longer one."""
    if len(name) <= _MAX_NAME:
        return name
    return f"{name[: _MAX_NAME - 11]}\N{HORIZONTAL ELLIPSIS}{name[-10:]}"
