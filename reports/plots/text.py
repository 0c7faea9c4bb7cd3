"""Text in plots: plain, or as TeX where a label is TeX or LaTeX sets all text."""

from __future__ import annotations

import re

from matplotlib.text import Text

from benchmarks.tables.latex import escape

# Two characters for private use mark the part of a text that is TeX: a label within a longer text.
_START, _END = "\ue000", "\ue001"
_MARKED = re.compile(f"{_START}(.*?){_END}", re.DOTALL)


def mark_tex(label: str) -> str:
    """Returns a label that is TeX, marked as such for `typeset`."""
    return f"{_START}{label}{_END}"


def has_tex(text: str) -> bool:
    """Returns whether a part of a text is marked as TeX."""
    return _START in text


def typeset(text: str, usetex: bool, bold: bool = False) -> str:
    """Returns a text as matplotlib has to get it.

    Args:
        text: plain text, of which parts may be marked as TeX.
        usetex: whether LaTeX sets it; else matplotlib's formulas are parsed if a part is TeX, and only then.
        bold: whether LaTeX sets it in bold; matplotlib's weight does not reach LaTeX.
    """
    if not usetex and not has_tex(text):
        return text
    parts = _MARKED.split(text)  # every second one is TeX
    plain = _escape_lines if usetex else _escape_dollars
    content = "".join(part if place % 2 else plain(part) for place, part in enumerate(parts))
    return rf"\textbf{{{content}}}" if usetex and bold else content


def typeset_text(text: Text, usetex: bool) -> None:
    """Replaces the content of a text of a figure by what `typeset` returns."""
    content = text.get_text()
    if not content or not (usetex or has_tex(content)):
        return
    text.set_parse_math(True)
    text.set_text(typeset(content, usetex, text.get_fontweight() == "bold"))


def _escape_lines(text: str) -> str:
    return "\n".join(map(escape, text.split("\n")))


def _escape_dollars(text: str) -> str:
    return text.replace("$", r"\$")
