"""Resumable transfers from a faulty server, and downloads of whole data sets."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from faulty_server import Server
from PIL import Image

from benchmarks.datasets import DATASETS, open_dataset
from benchmarks.datasets.disk_dataset import DiskDataset
from benchmarks.datasets.downloads.download import STAGING, download
from benchmarks.datasets.downloads.http_transfer import Progress, RefusedError, RetryPolicy, fetch
from benchmarks.datasets.downloads.sources import MANUAL_DOWNLOADS, SOURCES
from trackers.errors import UserError

QUICK = RetryPolicy(timeout=5, attempts=2, pause=0)
CONTENT = bytes(range(256)) * 400


def silent(title: str) -> Progress:
    return lambda have, size: None


def get(server: Server, target: Path) -> None:
    fetch(server.url + "file.zip", target, silent(""), QUICK)


def test_download_is_complete_and_reports_progress(server: Server, tmp_path: Path) -> None:
    server.files["file.zip"] = CONTENT
    reports: list[tuple[int, int | None]] = []
    fetch(server.url + "file.zip", tmp_path / "f", lambda have, size: reports.append((have, size)), QUICK)
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert reports[0] == (0, len(CONTENT))
    assert reports[-1] == (len(CONTENT), len(CONTENT))
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


DATE = "Mon, 01 Jan 2018 00:00:00 GMT"


@pytest.mark.parametrize(
    ("etag", "modified", "condition"),
    [
        ('"one"', None, '"one"'),
        ('"one"', DATE, '"one"'),
        ('W/"weak"', DATE, DATE),
        ('W/"weak"', None, None),
        (None, None, None),
    ],
)
def test_broken_connection_resumes(
    server: Server, tmp_path: Path, etag: str | None, modified: str | None, condition: str | None
) -> None:
    server.files["file.zip"] = CONTENT
    server.etag, server.modified = etag, modified
    server.breaks = [1000, 5000]
    get(server, tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert [wanted for _, wanted in server.requests] == [None, "bytes=1000-", "bytes=6000-"]
    assert server.conditions == [None, condition, condition]


def test_range_with_wrong_start_is_not_appended(server: Server, tmp_path: Path) -> None:
    server.files["file.zip"] = CONTENT
    server.misplaced = 10
    server.breaks = [1000]
    get(server, tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert [wanted for _, wanted in server.requests] == [None, "bytes=1000-", None]


def test_later_command_resumes(server: Server, tmp_path: Path) -> None:
    server.files["file.zip"] = CONTENT
    server.breaks = [1000, 0, 0]
    with pytest.raises(UserError, match=r"connection lost after 1000 of 102400 bytes; check the network"):
        get(server, tmp_path / "f")
    assert not (tmp_path / "f").exists()
    server.breaks = []
    get(server, tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert server.requests[-1][1] == "bytes=1000-"


@pytest.mark.parametrize("etags", [('"one"', '"two"'), (None, None)])
def test_changed_file_is_downloaded_again(
    server: Server, tmp_path: Path, etags: tuple[str | None, str | None]
) -> None:
    server.files["file.zip"] = CONTENT
    server.etag, changed = etags
    server.breaks = [1000, 0, 0]
    with pytest.raises(UserError):
        get(server, tmp_path / "f")
    server.files["file.zip"] = CONTENT[::-1] + b"x"
    server.etag = changed
    get(server, tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT[::-1] + b"x"


def test_server_without_ranges_starts_over(server: Server, tmp_path: Path) -> None:
    server.files["file.zip"] = CONTENT
    server.ranges = False
    server.breaks = [1000]
    get(server, tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert len(server.requests) == 2


def test_server_that_always_breaks_off_is_given_up(server: Server, tmp_path: Path) -> None:
    server.files["file.zip"] = CONTENT
    server.ranges = False
    server.breaks = [1000] * 50
    with pytest.raises(UserError, match="connection lost after 1000 of 102400"):
        get(server, tmp_path / "f")
    assert len(server.requests) == 1 + QUICK.attempts


def test_wrong_content_length_is_detected(server: Server, tmp_path: Path) -> None:
    server.files["file.zip"] = CONTENT
    server.claims = 10
    with pytest.raises(UserError, match=r"http://127\.0\.0\.1:\d+/file\.zip: .*; check the network"):
        get(server, tmp_path / "f")
    assert not (tmp_path / "f").exists()
    # If the length is too small, the file matches its length but is not a complete zip archive.
    server.claims = -10
    get(server, tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT[:-10]


@pytest.mark.parametrize(("status", "attempts"), [(404, 1), (403, 1), (503, 3), (429, 3)])
def test_server_errors_are_reported(server: Server, tmp_path: Path, status: int, attempts: int) -> None:
    server.files["file.zip"] = CONTENT
    server.statuses = [status] * 10
    with pytest.raises(UserError, match=str(status)) as error:
        fetch(server.url + "file.zip", tmp_path / "f", silent(""), RetryPolicy(5, 3, 0))
    assert isinstance(error.value, RefusedError) == (attempts == 1)
    assert len(server.requests) == attempts
    assert len(str(error.value).splitlines()) == 1


def test_unreachable_network_is_one_sentence(tmp_path: Path) -> None:
    with Server() as gone:
        url = gone.url
    with pytest.raises(
        UserError, match=r"cannot connect to the server \(.*refused.*\); check the network"
    ) as error:
        fetch(url + "file.zip", tmp_path / "f", silent(""), QUICK)
    assert len(str(error.value).splitlines()) == 1
    with pytest.raises(UserError, match="'file:///etc/passwd' is not an http or https address"):
        fetch("file:///etc/passwd", tmp_path / "f", silent(""), QUICK)


# --- whole data sets --------------------------------------------------------------------------------------


def picture() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (8, 6)).save(content, "jpeg")
    return content.getvalue()


def pack(entries: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return content.getvalue()


def deer(around: str = "Deer/") -> dict[str, bytes]:
    images = {f"{around}img/{number:04}.jpg": picture() for number in range(1, 72)}
    return {f"{around}groundtruth_rect.txt": b"1,2,3,4\n" * 71, **images}


def load(server: Server, root: Path, dataset: str, *names: str) -> list[str]:
    (root / dataset).mkdir(exist_ok=True)
    data = open_dataset(dataset, root)
    assert isinstance(data, DiskDataset)
    return download(data, SOURCES[dataset], names, silent, server.url, QUICK)


def contents(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir())


@pytest.mark.parametrize("around", ["Deer/", "", "seq/deer/"])
def test_otb_is_downloaded_folder_by_folder(server: Server, tmp_path: Path, around: str) -> None:
    server.files["Deer.zip"] = pack({**deer(around), "Deer/" if around == "Deer/" else "readme.txt": b""})
    assert load(server, tmp_path, "otb2015", "Deer") == []
    assert contents(tmp_path / "otb2015") == ["Deer"]
    assert len(open_dataset("otb2015", tmp_path)["Deer"].open_frames()) == 71
    # Complete sequences are not requested again.
    server.requests.clear()
    assert load(server, tmp_path, "otb2015", "Deer") == []
    assert server.requests == []


def test_targets_of_one_folder_share_an_archive(server: Server, tmp_path: Path) -> None:
    truth = b"1,2,3,4\n" * 307
    images = {f"Jogging/img/{number:04}.jpg": picture() for number in range(1, 308)}
    server.files["Jogging.zip"] = pack(
        {"Jogging/groundtruth_rect.1.txt": truth, "Jogging/groundtruth_rect.2.txt": truth, **images}
    )
    assert load(server, tmp_path, "otb2015", "Jogging.1", "Jogging.2") == []
    assert len(server.requests) == 1
    assert open_dataset("otb2015", tmp_path).names() == ("Jogging.1", "Jogging.2")


def test_existing_folder_is_completed(server: Server, tmp_path: Path) -> None:
    server.files["Deer.zip"] = pack(deer())
    place = tmp_path / "otb2015" / "deer"
    (place / "img").mkdir(parents=True)
    (place / "img" / "0003.jpg").touch()
    (place / "notes.txt").write_text("mine")
    assert load(server, tmp_path, "otb2015", "Deer") == []
    assert contents(tmp_path / "otb2015") == ["deer"]
    assert (place / "notes.txt").read_text() == "mine"
    assert (place / "img" / "0003.jpg").stat().st_size > 0
    assert len(list((place / "img").iterdir())) == 71


def test_failed_packages_are_reported_and_the_rest_arrives(server: Server, tmp_path: Path) -> None:
    evil = {"Coke/groundtruth_rect.txt": b"1,2,3,4\n", "../../escaped.txt": b"x"}
    server.files["Coke.zip"] = pack(evil)
    server.files["Boy.zip"] = b"<html>moved</html>"
    server.files["Car1.zip"] = pack({"Something/else.txt": b""})
    server.files["Deer.zip"] = pack(deer())
    problems = load(server, tmp_path, "otb2015", "Basketball", "Boy", "Car1", "Coke", "Deer")
    expected = {
        "Basketball": ": the server returned 404 Not Found",
        "Boy": " is not a complete zip archive",
        "Car1": " contains no folder Car1",
        "Coke": " is unsafe: its entry '../../escaped.txt' leads out of its folder",
    }
    assert len(problems) == len(expected)
    for problem, (name, reason) in zip(problems, expected.items(), strict=True):
        assert problem.startswith(f"{server.url}{name}.zip{reason}")
    assert contents(tmp_path / "otb2015") == ["Deer"]
    assert not list(tmp_path.rglob("escaped.txt"))


def test_next_command_resumes_a_broken_download(server: Server, tmp_path: Path) -> None:
    server.files["Deer.zip"] = pack(deer())
    server.breaks = [500, 0, 0]
    with pytest.raises(UserError, match="connection lost after 500"):
        load(server, tmp_path, "otb2015", "Deer")
    (tmp_path / "otb2015" / STAGING / "unpacked-killed").mkdir()
    server.breaks = []
    assert load(server, tmp_path, "otb2015", "Deer") == []
    assert server.requests[-1][1] == "bytes=500-"
    assert contents(tmp_path / "otb2015") == ["Deer"]


@pytest.mark.parametrize("around", ["", "Temple-color-128/"])
def test_tc128_is_one_archive(server: Server, tmp_path: Path, around: str) -> None:
    names = ("Deer", "Jogging2")
    entries = {}
    for name, rows in zip(names, (71, 307), strict=True):
        folder = f"{around}{name}"
        entries[f"{folder}/{name}_gt.txt"] = b"1,2,3,4\n" * rows
        entries |= {f"{folder}/img/{number:04}.jpg": picture() for number in range(1, rows + 1)}
    server.files["Temple-color-128.zip"] = pack(entries)
    assert load(server, tmp_path, "tc128", *names) == []
    assert open_dataset("tc128", tmp_path).names() == names
    assert contents(tmp_path / "tc128") == list(names)


def vot_listing(server: Server, corners: bytes = b"0,0,4,0,4,2,0,2", **changes: object) -> None:
    truth = pack({"groundtruth.txt": (corners + b"\n") * 196, "occlusion.tag": b"0\n" * 196})
    color = pack({f"{number:08}.jpg": picture() for number in range(1, 197)})
    server.files |= {"main/bag.zip": truth, "sequences/0a1b.zip": color}
    described = {
        "name": "bag",
        "annotations": {"url": "bag.zip", "checksum": hashlib.md5(truth).hexdigest()},
        "channels": {
            "color": {"url": "../sequences/0a1b.zip", "checksum": hashlib.md5(color).hexdigest(), **changes}
        },
    }
    server.files["main/description.json"] = json.dumps({"sequences": [described]}).encode()


def load_bag(server: Server, root: Path) -> list[str]:
    (root / "vot2017").mkdir(exist_ok=True)
    data = open_dataset("vot2017", root)
    assert isinstance(data, DiskDataset)
    return download(data, SOURCES["vot2017"], ["bag"], silent, server.url + "main", QUICK)


def test_vot_is_downloaded_by_its_listing(server: Server, tmp_path: Path) -> None:
    vot_listing(server)
    assert load_bag(server, tmp_path) == []
    sequence = open_dataset("vot2017", tmp_path)["bag"]
    assert (len(sequence.truth), len(sequence.open_frames()), sequence.size) == (196, 196, (8, 6))
    assert contents(tmp_path / "vot2017") == ["bag"]


def test_vot_checksums_are_checked(server: Server, tmp_path: Path) -> None:
    vot_listing(server, checksum="0" * 32)
    assert "its md5 differs" in load_bag(server, tmp_path)[0]
    vot_listing(server)
    assert load_bag(server, tmp_path) == []


def test_kept_archive_with_other_checksum_is_replaced(server: Server, tmp_path: Path) -> None:
    vot_listing(server, checksum="0" * 32)
    assert len(load_bag(server, tmp_path)) == 1
    assert len(list((tmp_path / "vot2017" / STAGING).iterdir())) == 1  # of the ground truth
    vot_listing(server, corners=b"1,1,5,1,5,3,1,3")
    assert load_bag(server, tmp_path) == []
    assert open_dataset("vot2017", tmp_path)["bag"].truth[0, 0] > 0.4


@pytest.mark.parametrize("listing", [b"<html>", b"[]", b'{"sequences": [{"name": "bag"}]}'])
def test_invalid_listing_is_refused(server: Server, tmp_path: Path, listing: bytes) -> None:
    server.files["main/description.json"] = listing
    with pytest.raises(UserError, match=r"description\.json is not a listing of VOT sequences"):
        load_bag(server, tmp_path)
    server.files["main/description.json"] = b'{"sequences": []}'
    with pytest.raises(UserError, match="does not list the sequence bag"):
        load_bag(server, tmp_path)


def test_every_data_set_has_a_source_or_instructions() -> None:
    assert set(DATASETS) <= SOURCES.keys() | MANUAL_DOWNLOADS.keys()
    assert SOURCES.keys().isdisjoint(MANUAL_DOWNLOADS)


@pytest.mark.parametrize("dataset", sorted(MANUAL_DOWNLOADS.keys() - {"demo", "folder"}))
def test_instructions_name_page_folder_and_check(dataset: str) -> None:
    said = MANUAL_DOWNLOADS[dataset].format(root="ROOT")
    assert len(said.splitlines()) == 1
    assert re.search(r"https?://\S+", said)
    assert "ROOT/" in said
    assert f"`sotbench verify --dataset {dataset}`" in said
