"""The page as HTML: one file with everything, or a page that a server keeps up to date."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template
from plotly.offline import get_plotlyjs

from reports.page.pack import Json, bundle, script_json

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
"""The page's scripts in `script/`, in the order of execution."""


SITE_FILES = "'self' file:"
"""The source of a site's own files: those of its server, and on disk, which has no origin, any file."""


def html_page(data: Json, details: Mapping[str, Json]) -> str:
    """Returns the report as one self-contained HTML file.

    Its content security policy forbids it to load anything and to run scripts other than its own two.

    Args:
        data: the result of `report_data`.
        details: by sequence, the result of `sequence_data`.
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
        site=[],
    )


def live_page(data: Json) -> str:
    """Returns the report for a server: the page fetches the data of sequences, and all data that change."""
    return _template().render(
        title=_title(data),
        style=resource("style.css"),
        plotly="",
        script=page_script(),
        policy=policy([page_script()], "'self'"),
        data=script_json(data),
        details=[],
        live=True,
        site=[],
    )


def site_page(data: Json, links: Sequence[Mapping[str, str]], plotly: str) -> str:
    """Returns the report as a page of a site: it loads Plotly, and the data of sequences, from files.

    Args:
        data: the result of `report_data`; each sequence also has the address of its `file`.
        links: address and text of the site's other pages, at least one.
        plotly: the address of Plotly's file.
    """
    return _template().render(
        title=_title(data),
        style=resource("style.css"),
        plotly=plotly,
        script=page_script(),
        policy=policy([page_script()], SITE_FILES),
        data=bundle(data),
        details=[],
        live=False,
        site=links,
    )


def sequence_file(name: str, detail: Json) -> str:
    """Returns the script that gives a site's page the result of `sequence_data`."""
    return f"sotbenchSequence({script_json(name)}, {script_json(bundle(detail))});\n"


def _title(data: Json) -> str:
    return f"{data['title']} · {data['protocol'].upper()} · sotbench"


def policy(scripts: Sequence[str], own: str = "") -> str:
    """Returns a content security policy: allows these scripts, embedded images, and the source `own`."""
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    hashes = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    connect = f"connect-src {own}; " if own == "'self'" else ""
    return (
        f"default-src 'none'; script-src {hashes} {own}; style-src 'unsafe-inline'; "
        f"img-src data: blob: {own}; {connect}base-uri 'none'; form-action 'none'"
    )


@cache
def resource(name: str, package: str = "reports.page") -> str:
    """Returns the text of a file of this package, or of another."""
    return (files(package) / name).read_text(encoding="utf-8")


@cache
def page_script() -> str:
    """Returns the page's scripts as one, in a function that keeps their names out of the global scope."""
    parts = "\n".join(resource(f"script/{name}.js") for name in SCRIPTS)
    return f'"use strict";\n(() => {{\n{parts}\n}})();\n'


@cache
def plotly_script() -> str:
    """Returns Plotly's bundle (MIT) with its license comment, safe within a `<script>` element."""
    # An element ends at the first `</script`, even within a string; JavaScript ignores the backslash.
    script: str = get_plotlyjs()
    return script.replace("</script", "<\\/script")


@cache
def environment() -> Environment:
    """Returns Jinja2's environment, which escapes all text that is not marked as safe."""
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _template() -> Template:
    return environment().from_string(resource("page.html"))
