"""The folder of a site: what it refuses, replaces and leaves alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reports.site_pages.output import SiteFolder, file_name
from trackers.errors import UserError


@pytest.mark.parametrize("name", ["Jogging.1", "siamfc-lite", "a+b", "x_1"])
def test_usual_names_are_their_own_file_names(name: str) -> None:
    assert file_name(name) == name


def test_other_names_become_plain_and_stay_different() -> None:
    names = [
        ".hidden",
        "..",
        "a/b",
        "a=2Fb",
        "Zürich 東京",
        "%2F",
        "a b",
        "x" * 300,
        "x" * 301,
        "~",
        "\udcff",
    ]
    names = names[:-1]  # a lone surrogate is no text that a page could show
    files = [file_name(name) for name in names]
    assert len({file.casefold() for file in files}) == len(names)
    for file in files:
        assert file.isascii()
        assert not set(file) & set("/%?#&\\ ~")
        assert not file.startswith(".")
        assert len(file) < 200


def write(path: Path, *names: str) -> None:
    folder = SiteFolder(path)
    with folder.writing(lambda: {"about": "a test"}):
        for name in names:
            folder.write(name, name)


def test_earlier_site_is_replaced_and_other_files_stay(tmp_path: Path) -> None:
    write(tmp_path / "out", "index.html", "a/b/old.html", "a/kept.html")
    (tmp_path / "out/CNAME").write_text("example.org")
    write(tmp_path / "out", "index.html", "a/kept.html")
    found = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*")}
    assert found == {"CNAME", "index.html", "a", "a/kept.html", "site.json"}
    marker = json.loads((tmp_path / "out/site.json").read_text())
    assert (marker["about"], marker["files"]) == ("a test", ["a/kept.html", "index.html"])


def test_interrupted_site_can_be_written_again(tmp_path: Path) -> None:
    folder = SiteFolder(tmp_path / "out")

    def interrupted() -> None:
        with folder.writing(dict):
            folder.write("half.html", "")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    write(tmp_path / "out", "index.html")
    assert not (tmp_path / "out/half.html").exists()


@pytest.mark.parametrize(
    "marker",
    ["{", "[]", '{"made_by": "sotbench site", "files": ["../outside"]}', '{"made_by": "x", "files": []}'],
)
def test_folder_of_others_is_refused(marker: str, tmp_path: Path) -> None:
    (tmp_path / "site.json").write_text(marker)
    with pytest.raises(UserError, match="is not that of a site of sotbench"):
        SiteFolder(tmp_path)


def test_files_and_full_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(UserError, match="holds other files than those of a site"):
        SiteFolder(tmp_path)
    with pytest.raises(UserError, match="is not a folder"):
        SiteFolder(tmp_path / "thesis.tex")
