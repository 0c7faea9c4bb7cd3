r"""Curves as a LaTeX document that draws them with pgfplots, in the fonts of a paper.

The document compiles as it is, and a paper can `\input` it: the preamble is skipped there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.tables.latex import escape
from reports.figure_options import COLUMN_INCHES, PAGE_INCHES, FigureOptions
from reports.plots.data import Curve, Curves, plot_curves
from reports.plots.figure import intervals_fit
from reports.report_data import ReportData
from reports.several import check_several, with_the_same_trackers
from reports.style import LINE_STYLES, TrackerStyle

_PER_ROW = 3
_LEFT_INCHES, _GAP_INCHES = 0.55, 0.42
"""Room for the labels of the y axis, and between panels."""

_HEAD = r"""% Drawn by sotbench. It compiles as it is; to \input it in a paper, load these two lines there:
%   \usepackage{{pgfplots}} \usepgfplotslibrary{{groupplots}}
%   \pgfplotsset{{compat=1.17}}
\makeatletter
\ifx\documentclass\@twoclasseserror
  \let\sotbenchbegin\relax \let\sotbenchend\relax
\else
  \documentclass{{article}}
  \usepackage[utf8]{{inputenc}}
  \usepackage[paperwidth={width:.3f}in,paperheight={height:.3f}in,margin=0.05in]{{geometry}}
  \usepackage{{pgfplots}} \usepgfplotslibrary{{groupplots}}
  \pgfplotsset{{compat=1.17}}
  \pagestyle{{empty}} \parindent=0pt
  \def\sotbenchbegin{{\begin{{document}}}} \def\sotbenchend{{\end{{document}}}}
\fi
\makeatother
\sotbenchbegin
"""


def pgfplots_document(reports: Sequence[ReportData], kind: str) -> str:
    """Returns a LaTeX document with a panel of curves per data set.

    Args:
        reports: the scores on each data set.
        kind: one that draws curves.

    Raises:
        InapplicableError: the results have no such curves.
        UserError: a data set is given twice.
    """
    check_several(reports)
    reports = with_the_same_trackers(reports)
    options = reports[0].figure_options
    columns = min(len(reports), _PER_ROW)
    rows = -(-len(reports) // columns)
    width = options.width or (COLUMN_INCHES if columns == 1 else PAGE_INCHES)
    panel = (width - _LEFT_INCHES - (columns - 1) * _GAP_INCHES - 0.1) / columns
    tall = panel * 0.8 if options.height is None else max(options.height / rows - 0.7, 0.5)
    panels = [plot_curves(report, kind) for report in reports]
    trackers = dict.fromkeys(curve.tracker for panel_ in panels for curve in panel_.curves)
    styles = {name: reports[0].style_of(name) for name in trackers}
    colors = {name: f"sotbench{place}" for place, name in enumerate(trackers)}
    more = 1.1 + 0.16 * len(trackers) if options.legend == "outside" else 0.9
    lines = [_HEAD.format(width=width + 0.1, height=rows * (tall + more)).rstrip("\n")]
    lines += [
        rf"\definecolor{{{colors[name]}}}{{HTML}}{{{style.color.lstrip('#')}}}"
        for name, style in styles.items()
    ]
    first = panels[0]
    lines += [
        r"\begin{tikzpicture}",
        r"\begin{groupplot}[",
        f"  group style={{group size={columns} by {rows}, ylabels at=edge left,",
        f"    horizontal sep={_GAP_INCHES}in, vertical sep=0.75in}},",
        f"  scale only axis, width={panel:.3f}in, height={tall:.3f}in,",
        f"  xmin={first.limits[0]:g}, xmax={first.limits[1]:g}, ymin=0, ymax=1,",
        f"  xlabel={{{escape(first.x_label)}}}, ylabel={{{escape(first.y_label)}}},",
        r"  grid=major, grid style={black!10}, axis lines=left, axis line style={-},",
        r"  label style={font=\footnotesize}, tick label style={font=\scriptsize},",
        r"  title style={font=\footnotesize}, legend cell align=left,",
        rf"  legend style={{font=\tiny, draw=none, fill=none, {_legend_place(options, first)}}}]",
    ]
    for report, made in zip(reports, panels, strict=True):
        lines.append(rf"\nextgroupplot[title={{{_title(report, made, len(reports) > 1)}}}]")
        for curve in made.curves:
            lines += _curve_lines(curve, report, styles[curve.tracker], colors[curve.tracker])
    lines += [r"\end{groupplot}", r"\end{tikzpicture}", r"\sotbenchend"]
    return "\n".join(lines) + "\n"


def _legend_place(options: FigureOptions, curves: Curves) -> str:
    if options.legend == "outside":
        return "at={(0.5,-0.3)}, anchor=north"
    across = "0.02" if curves.corner.endswith("west") else "0.98"
    up = "0.02" if curves.corner.startswith("south") else "0.98"
    return f"at={{({across},{up})}}, anchor={curves.corner}"


def _title(report: ReportData, curves: Curves, several: bool) -> str:
    if several:
        return escape(report.title)
    if report.figure_options.title == "none":
        return ""
    return escape(f"{curves.title} on {report.title}")


def _curve_lines(curve: Curve, report: ReportData, style: TrackerStyle, color: str) -> list[str]:
    lines = []
    if intervals_fit(report) and curve.low is not None and curve.high is not None:
        around = [*_points(curve.x, curve.high), *_points(curve.x[::-1], curve.low[::-1])]
        lines.append(
            rf"\addplot[draw=none, fill={color}, fill opacity=0.12, forget plot] coordinates "
            rf"{{{' '.join(around)}}} -- cycle;"
        )
    width = 2.0 if style.highlight else 1.1
    look = f"{color}, line width={width}pt, {_dashes(style, width)}"
    lines.append(rf"\addplot[{look}] coordinates {{{' '.join(_points(curve.x, curve.y))}}};")
    if report.figure_options.legend != "none":
        label = report.label(curve.tracker)
        raw = report.presentation.tex_labels and label != curve.tracker
        shown = label if raw else escape(label)
        shown = rf"\textbf{{{shown}}}" if style.highlight else shown
        value = "not defined" if curve.value is None else f"{curve.value:.3f}"
        lines.append(rf"\addlegendentry{{{{[}}{value}{{]}} {shown}}}")
    return lines


def _points(x: NDArray[np.float64], y: NDArray[np.float64]) -> list[str]:
    return [f"({a:.6g},{b:.5f})" for a, b in zip(x, y, strict=True)]


def _dashes(style: TrackerStyle, width: float) -> str:
    """Returns TikZ's dash pattern; matplotlib's lengths are in widths of the line."""
    dashes = LINE_STYLES[style.dashes]
    if dashes == "-":
        return "solid"
    lengths = [
        f"{'on' if place % 2 == 0 else 'off'} {length * width:g}pt" for place, length in enumerate(dashes[1])
    ]
    return f"dash pattern={' '.join(lengths)}"
