"""How trackers are shown: labels, colors, line styles, order, highlighted and hidden ones.

The table `[trackers]` of `sotbench.toml` says so for all commands, options for one:

    [trackers.siamfc]
    label = "SiamFC (ours)"
    color = "#D55E00"
    linestyle = "dashed"
    order = 1
    highlight = true

    [trackers.still]
    hide = true

The file is that of `--style`, else the one in the results folder, else the one in the current folder.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.datasets.folder.settings import KEYS, REPORT_KEYS, SETTINGS_FILE
from benchmarks.store.run_folder import MANIFEST, VALID_NAME
from reports.style import LINE_STYLES, TrackerStyle, assign_styles
from trackers.errors import UserError
from trackers.registry import did_you_mean
from trackers.regular_files import read_regular

_MAX_BYTES = 1 << 20
_MAX_LABEL = 100
_MAX_NOTE = 500
_ENTRY_KEYS = ("label", "color", "linestyle", "order", "highlight", "hide", "paper", "code", "note")
_COLOR_HINT = 'write a color such as "#0072B2", "red" or "tab:blue"'

_Name = TypeVar("_Name", bound=str)


@dataclass(frozen=True)
class TrackerEntry:
    """What was said about how one tracker is shown.

    Attributes:
        label: its name in reports; None for its name in the results folder.
        color: as `"#0072B2"`; None for the one that `reports.style` gives it.
        linestyle: a name of `LINE_STYLES`; None likewise.
        order: trackers with an order come first, the lowest at the top; None for none.
        highlight: whether it is drawn on top and in bold.
        hide: whether it is left out.
        paper: the address of its paper, for a site; None if it was not given.
        code: the address of its code, likewise.
        note: a sentence about it, likewise.
    """

    label: str | None = None
    color: str | None = None
    linestyle: str | None = None
    order: float | None = None
    highlight: bool = False
    hide: bool = False
    paper: str | None = None
    code: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Presentation:
    """How trackers are shown.

    Attributes:
        entries: by tracker, what was said about it.
        trackers: all trackers of the results folder; colors are assigned among them.
        tex_labels: whether labels are TeX.
    """

    entries: Mapping[str, TrackerEntry] = field(default_factory=dict)
    trackers: tuple[str, ...] = ()
    tex_labels: bool = False

    def entry(self, tracker: str) -> TrackerEntry:
        """Returns what was said about a tracker."""
        return self.entries.get(tracker, TrackerEntry())

    def label(self, tracker: str) -> str:
        """Returns a tracker's name in reports."""
        return self.entry(tracker).label or tracker

    def styles(self, trackers: Iterable[str]) -> dict[str, TrackerStyle]:
        """Returns how each of these trackers is drawn.

        Trackers that are not in the results folder get colors that those in it do not have.
        """
        names = list(trackers)
        known = self._known_styles
        others = assign_styles(set(names) - known.keys(), {style.color for style in known.values()})
        found = known | others
        return {name: self._changed(found[name], self.entry(name)) for name in names}

    def in_order(self, trackers: Iterable[_Name]) -> list[_Name]:
        """Returns the trackers with those first that have an order; the others stay as they are."""
        return sorted(trackers, key=self.place)

    def place(self, tracker: str) -> float:
        """Returns the order of a tracker, infinity for none: a key to sort by."""
        order = self.entry(tracker).order
        return float("inf") if order is None else order

    def shown(self, trackers: Sequence[str]) -> list[str]:
        """Returns the trackers that are not hidden.

        Raises:
            UserError: all are hidden, or two of them have the same label.
        """
        names = [name for name in trackers if not self.entry(name).hide]
        if trackers and not names:
            raise UserError(f"all trackers are hidden ({', '.join(trackers)}); hide fewer")
        by_label: dict[str, str] = {}
        for name in names:
            if (other := by_label.setdefault(self.label(name), name)) != name:
                raise UserError(
                    f"trackers '{other}' and '{name}' have the same label '{self.label(name)}'; give each "
                    "its own"
                )
        return names

    @cached_property
    def _known_styles(self) -> dict[str, TrackerStyle]:
        fixed = {entry.color for entry in self.entries.values() if entry.color}
        # A tracker with a fixed color keeps the place of its own one, so that fixing it changes no other.
        return assign_styles(self.trackers, fixed)

    @staticmethod
    def _changed(style: TrackerStyle, entry: TrackerEntry) -> TrackerStyle:
        return replace(
            style,
            color=entry.color or style.color,
            dashes=entry.linestyle or style.dashes,
            highlight=entry.highlight,
        )


def read_presentation(results: Path, file: Path | None = None) -> Presentation:
    """Reads how the trackers of a results folder are shown.

    Args:
        results: the results folder.
        file: a file with the table `[trackers]`; by default `sotbench.toml` in the results folder, or else in
            the current one. Without any, nothing is said.

    Raises:
        UserError: the file is missing, cannot be read or is invalid.
    """
    candidates = [results / SETTINGS_FILE, Path(SETTINGS_FILE)] if file is None else [file]
    trackers = trackers_with_results(results)
    for path in candidates:
        try:
            text = read_regular(path, _MAX_BYTES).decode()
        except (FileNotFoundError, NotADirectoryError):
            if file is None:
                continue
            raise UserError(f"there is no file {path}; give the path of a {SETTINGS_FILE}") from None
        except UnicodeDecodeError as error:
            raise UserError(f"{path}: {error}; save it as UTF-8") from None
        except OSError as error:
            raise UserError(f"{path}: {error.strerror}; make it readable, or name another file") from None
        return Presentation(parse_presentation(text, str(path)), trackers)
    return Presentation({}, trackers)


def trackers_with_results(results: Path) -> tuple[str, ...]:
    """Returns the names of all trackers with a run in a results folder, on any data set, sorted."""
    folders = {path.parent.parent.name for path in results.glob(f"*/*/*/{MANIFEST}")}
    return tuple(sorted(name for name in folders if VALID_NAME.fullmatch(name)))


def parse_presentation(text: str, where: str) -> dict[str, TrackerEntry]:
    """Parses the table `[trackers]` of `sotbench.toml`, which messages call `where`.

    Raises:
        UserError: the text is not TOML, or a key or value is invalid.
    """
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UserError(f"{where}: {error}; correct it") from None
    known = [*REPORT_KEYS, *KEYS]
    if unknown := content.keys() - set(known):
        name = min(unknown)
        raise UserError(
            f"{where}: '{name}' is unknown{did_you_mean(name, known)}; it takes {', '.join(known)}"
        )
    table = content.get("trackers", {})
    example = 'such as [trackers.siamfc] with label = "SiamFC"'
    if not isinstance(table, dict):
        raise UserError(f"{where}: trackers is {table!r:.40}; write a table {example}")
    entries = {}
    for tracker, settings in table.items():
        if not isinstance(settings, dict):
            raise UserError(f"{where}: trackers.{tracker} is {settings!r:.40}; write a table {example}")
        entries[tracker] = _parse_entry(settings, f"{where}: trackers.{tracker}")
    return entries


def _parse_entry(settings: Mapping[str, Any], where: str) -> TrackerEntry:
    for key in settings:
        if key not in _ENTRY_KEYS:
            hint = did_you_mean(key, list(_ENTRY_KEYS))
            raise UserError(f"{where}.{key} is unknown{hint}; it takes {', '.join(_ENTRY_KEYS)}")
    for key in ("highlight", "hide"):
        if not isinstance(settings.get(key, False), bool):
            raise UserError(f"{where}.{key} is {settings[key]!r:.40}; write true or false")
    order = settings.get("order")
    if order is not None and (isinstance(order, bool) or not isinstance(order, int)):
        raise UserError(f"{where}.order is {order!r:.40}; write a whole number, the lowest comes first")
    return TrackerEntry(
        label=_checked(settings, "label", where, read_label),
        color=_checked(settings, "color", where, read_color),
        linestyle=_checked(settings, "linestyle", where, read_linestyle),
        order=order,
        highlight=settings.get("highlight", False),
        hide=settings.get("hide", False),
        paper=_checked(settings, "paper", where, read_address),
        code=_checked(settings, "code", where, read_address),
        note=_checked(settings, "note", where, read_note),
    )


def _checked(settings: Mapping[str, Any], key: str, where: str, read: Any) -> str | None:
    if key not in settings:
        return None
    value: str = read(settings[key], f"{where}.{key}")
    return value


def read_label(value: object, where: str) -> str:
    """Checks a label.

    Raises:
        UserError: it is no text, is empty, too long or has control characters.
    """
    if not isinstance(value, str) or not value.strip():
        raise UserError(f"{where} is {value!r:.40}; write a name in quotation marks")
    if len(value) > _MAX_LABEL or not all(char.isprintable() for char in value):
        raise UserError(f"{where} is {value!r:.40}; write one line of at most {_MAX_LABEL} characters")
    return value


def read_address(value: object, where: str) -> str:
    """Checks the address of a web page.

    Raises:
        UserError: it is no text that begins with https:// or http://, or has spaces or control characters.
    """
    if not isinstance(value, str) or not re.fullmatch(r"https?://[!-~]+", value) or len(value) > _MAX_NOTE:
        raise UserError(
            f'{where} is {value!r:.60}; write an address such as "https://arxiv.org/abs/1606.09549"'
        )
    return value


def read_note(value: object, where: str) -> str:
    """Checks a sentence.

    Raises:
        UserError: it is no text, is empty, too long or has control characters.
    """
    if not isinstance(value, str) or not value.strip() or not all(char.isprintable() for char in value):
        raise UserError(f"{where} is {value!r:.60}; write a sentence in quotation marks")
    if len(value) > _MAX_NOTE:
        raise UserError(f"{where} has {len(value)} characters; write at most {_MAX_NOTE}")
    return value


def read_color(value: object, where: str) -> str:
    """Returns a color as `"#0072B2"`.

    Args:
        value: a color that matplotlib knows, except for those that depend on its settings (`"C0"`).
        where: what messages call it.

    Raises:
        UserError: it is no color.
    """
    # Matplotlib is imported only if a color was given.
    from matplotlib.colors import is_color_like, to_hex

    usable = isinstance(value, str) and value.lower() != "none" and not re.fullmatch(r"C\d+", value)
    if not usable or not is_color_like(value):
        raise UserError(f"{where} is {value!r:.40}; {_COLOR_HINT}")
    return to_hex(value).upper()  # type: ignore[arg-type]  # it is a text


def read_linestyle(value: object, where: str) -> str:
    """Checks the name of a line style.

    Raises:
        UserError: there is no such line style.
    """
    if not isinstance(value, str) or value not in LINE_STYLES:
        hint = did_you_mean(value, list(LINE_STYLES)) if isinstance(value, str) else ""
        raise UserError(f"{where} is {value!r:.40}{hint}; it takes {', '.join(LINE_STYLES)}")
    return value


@dataclass(frozen=True)
class PresentationChanges:
    """What options or arguments say about trackers, beyond the file.

    Attributes:
        labels, colors, linestyles: by tracker.
        order: the trackers that come first, in this order; None for the file's order.
        highlight, hide: trackers, beside those of the file.
        named: trackers that the user asked for, shown though the file hides them.
        tex_labels: whether labels are TeX.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    colors: Mapping[str, str] = field(default_factory=dict)
    linestyles: Mapping[str, str] = field(default_factory=dict)
    order: Sequence[str] | None = None
    highlight: Sequence[str] = ()
    hide: Sequence[str] = ()
    named: Sequence[str] = ()
    tex_labels: bool = False

    def apply(self, presentation: Presentation) -> Presentation:
        """Returns the presentation with these changes.

        Raises:
            UserError: a value is invalid, the results folder has no such tracker, or a tracker is both hidden
                and highlighted or put into the order, or has two places in it.
        """
        self._check_contradictions()
        entries = dict(presentation.entries)

        def change(what: str, trackers: Iterable[str], **values: Any) -> None:
            for name in trackers:
                if name not in presentation.trackers:
                    known = list(presentation.trackers)
                    raise UserError(
                        f"{what} names '{name}', which has no results{did_you_mean(name, known)}; there are: "
                        f"{', '.join(known) or 'none'}"
                    )
                entries[name] = replace(entries.get(name, TrackerEntry()), **values)

        for what, values, read in (
            ("label", self.labels, read_label),
            ("color", self.colors, read_color),
            ("linestyle", self.linestyles, read_linestyle),
        ):
            for name, value in values.items():
                change(what, [name], **{what: read(value, f"{what} of '{name}'")})
        if self.order is not None:
            entries = {name: replace(entry, order=None) for name, entry in entries.items()}
            for place, name in enumerate(self.order, 1):
                change("order", [name], order=place)
        change("highlight", self.highlight, highlight=True)
        for name in {*self.named} & entries.keys():
            entries[name] = replace(entries[name], hide=False)
        change("hide", self.hide, hide=True)
        return replace(presentation, entries=entries, tex_labels=self.tex_labels)

    def _check_contradictions(self) -> None:
        for what, names in (("highlight", self.highlight), ("order", self.order or ())):
            if both := [name for name in names if name in self.hide]:
                raise UserError(f"{what} and hide both name '{both[0]}'; name it in one of them")
        order = list(self.order or ())
        if twice := [name for name in order if order.count(name) > 1]:
            raise UserError(f"order names '{twice[0]}' twice; give each tracker one place")
