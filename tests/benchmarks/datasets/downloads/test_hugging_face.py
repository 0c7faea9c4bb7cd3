"""LaSOT and TrackingNet from the Hugging Face Hub: categories, checksums, broken connections, full disks."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from collections import namedtuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from faulty_server import Server
from PIL import Image
from rich.filesize import decimal

from benchmarks.cli.main import main
from benchmarks.datasets import lasot, open_dataset
from benchmarks.datasets.downloads import http_transfer
from benchmarks.datasets.downloads.download import STAGING
from benchmarks.datasets.downloads.http_transfer import DiskError, RetryPolicy
from benchmarks.datasets.downloads.hugging_face import list_files, matches_checksum

QUICK = RetryPolicy(timeout=5, attempts=2, pause=0)
FRAMES = 3
LASOT = "l-lt/LaSOT"
Usage = namedtuple("Usage", "total used free")


def picture() -> bytes:
    content = io.BytesIO()
    # Noise, which a zip file cannot shrink, as is true of all photographs.
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (24, 32, 3), dtype=np.uint8)).save(
        content, "png"
    )
    return content.getvalue()


PICTURE = picture()


def pack(entries: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return content.getvalue()


def category(name: str, around: str = "", numbers: tuple[int, ...] = (1, 2, 3, 4)) -> bytes:
    """Returns the archive of a category."""
    entries = {}
    for number in numbers:
        folder = f"{around}{name}-{number}"
        entries[f"{folder}/groundtruth.txt"] = b"1,2,10,12\n" * FRAMES
        entries[f"{folder}/full_occlusion.txt"] = entries[f"{folder}/out_of_view.txt"] = b"0,0,0"
        for frame in range(1, FRAMES + 1):
            entries[f"{folder}/img/{frame:08}.jpg"] = PICTURE
    return pack(entries)


def publish(server: Server, repository: str, files: dict[str, bytes], small: tuple[str, ...] = ()) -> None:
    """Puts files into a repository; `small` ones are in Git itself."""
    folders: dict[str, list[dict[str, Any]]] = {
        "": [{"type": "directory", "oid": "0", "size": 0, "path": "x"}]
    }
    for path, content in files.items():
        blob = hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()
        entry: dict[str, Any] = {"type": "file", "oid": blob, "size": len(content), "path": path}
        if path not in small:
            entry["oid"] = "1" * 40
            entry["lfs"] = {
                "oid": hashlib.sha256(content).hexdigest(),
                "size": len(content),
                "pointerSize": 134,
            }
        folders.setdefault(path.rpartition("/")[0], []).append(entry)
        # The Hub redirects to where large files are.
        server.redirects[f"datasets/{repository}/resolve/main/{path}"] = f"cdn/{repository}/{path}"
        server.files[f"cdn/{repository}/{path}"] = content
    for folder, entries in folders.items():
        listing = f"api/datasets/{repository}/tree/main" + (f"/{folder}" if folder else "")
        server.files[listing] = json.dumps(entries).encode()


@pytest.fixture(autouse=True)
def short_lasot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes LaSOT's list two categories of four sequences, each of three frames; the first two are tests."""
    rows = [
        {
            "name": f"{name}-{number}",
            "split": "test" if number < 3 else "train",
            "frames": str(FRAMES),
            "attributes": "",
        }
        for name in ("airplane", "bird")
        for number in (1, 2, 3, 4)
    ]
    monkeypatch.setattr(lasot, "read_metadata", lambda resource: rows)


def command(server: Server, root: Path, *more: str, dataset: str = "lasot") -> int:
    where = ["--dataset", dataset, "--data-root", str(root), "--url-base", server.url.rstrip("/")]
    return main(["download", *where, *more])


def on_disk(root: Path) -> list[str]:
    return sorted(
        path.parent.relative_to(root / "lasot").as_posix() for path in root.rglob("groundtruth.txt")
    )


@pytest.mark.parametrize("around", ["", "airplane/", "LaSOT/airplane/"])
def test_category_arrives_in_its_folder(server, tmp_path, capsys, around):
    publish(server, LASOT, {"airplane.zip": category("airplane", around), "testing_set.txt": b"airplane-1\n"})
    assert command(server, tmp_path, "--categories", "airplane") == 0
    captured = capsys.readouterr()
    assert captured.out == f"2 of 2 sequences are complete in {tmp_path}/lasot\n"
    assert "1 file, " in captured.err
    # Training sequences of the archive are not unpacked.
    assert on_disk(tmp_path) == ["airplane/airplane-1", "airplane/airplane-2"]
    assert not (tmp_path / "lasot" / STAGING).exists()
    server.requests.clear()
    assert command(server, tmp_path, "--categories", "airplane") == 0
    assert server.requests == []


def test_sequences_splits_and_all_categories(server, tmp_path):
    publish(server, LASOT, {f"{name}.zip": category(name) for name in ("airplane", "bird")})
    assert command(server, tmp_path, "--sequences", "bird-2") == 0
    assert on_disk(tmp_path) == ["bird/bird-2"]
    assert not any("airplane" in path for path, _ in server.requests)
    assert command(server, tmp_path) == 0
    assert len(on_disk(tmp_path)) == 4
    assert command(server, tmp_path, "--split", "all") == 0
    assert len(on_disk(tmp_path)) == 8


def test_unknown_category_is_named(server, tmp_path, capsys):
    assert command(server, tmp_path, "--categories", "airplan") == 2
    assert "lasot has no category 'airplan' (did you mean 'airplane'?)" in capsys.readouterr().err
    assert server.requests == []


def test_category_that_is_not_listed(server, tmp_path, capsys):
    publish(server, LASOT, {"bird.zip": category("bird")})
    assert command(server, tmp_path, "--categories", "airplane") == 2
    assert "l-lt/LaSOT on the Hugging Face Hub does not list airplane.zip" in capsys.readouterr().err


@pytest.mark.parametrize("listing", [b"<html>", b'{"error": "x"}', b'[{"type": "file"}]', b"[3]"])
def test_other_listing_is_refused(server, tmp_path, capsys, listing):
    server.files[f"api/datasets/{LASOT}/tree/main"] = listing
    assert command(server, tmp_path) == 2
    assert "tree/main is not a listing of files" in capsys.readouterr().err


def test_broken_connection_resumes_behind_the_redirect(server, tmp_path):
    content = category("airplane")
    publish(server, LASOT, {"airplane.zip": content})
    listing = len(server.files[f"api/datasets/{LASOT}/tree/main"])
    server.breaks = [listing, 1000, 2000]
    assert command(server, tmp_path, "--categories", "airplane") == 0
    ranges = [wanted for path, wanted in server.requests if path.startswith("/cdn/")]
    assert ranges == [None, "bytes=1000-", "bytes=3000-"]
    assert len(on_disk(tmp_path)) == 2


def test_wrong_checksum_is_not_unpacked(server, tmp_path, capsys):
    publish(server, LASOT, {"airplane.zip": category("airplane"), "bird.zip": category("bird")})
    server.files[f"cdn/{LASOT}/airplane.zip"] = category("airplane", numbers=(1, 2))
    assert command(server, tmp_path) == 1
    assert "airplane.zip is not the file in the listing: its sha256 differs" in capsys.readouterr().err
    assert on_disk(tmp_path) == ["bird/bird-1", "bird/bird-2"]
    publish(server, LASOT, {"airplane.zip": category("airplane"), "bird.zip": category("bird")})
    assert command(server, tmp_path) == 0


def test_too_little_room_is_said_before_anything_is_fetched(server, tmp_path, capsys, monkeypatch):
    content = category("airplane")
    publish(server, LASOT, {"airplane.zip": content})
    monkeypatch.setattr(shutil, "disk_usage", lambda place: Usage(0, 0, len(content) // 2))
    assert command(server, tmp_path, "--categories", "airplane") == 2
    err = capsys.readouterr().err
    size = decimal(len(content))
    assert f"1 file, {size} to download; this needs about " in err
    assert "needed; make room, or name fewer with --sequences or --categories" in err
    assert [path for path, _ in server.requests] == [f"/api/datasets/{LASOT}/tree/main"]
    assert on_disk(tmp_path) == []


def test_disk_that_fills_up_is_one_sentence_and_resumes(server, tmp_path, capsys, monkeypatch):
    publish(server, LASOT, {"airplane.zip": category("airplane")})
    write, calls = http_transfer._write, []

    def full(file: Any, block: bytes) -> None:
        calls.append(len(block))
        if len(calls) == 2:  # the archive, after the listing
            write(file, block[:700])
            raise OSError(28, "No space left on device")
        write(file, block)

    monkeypatch.setattr(http_transfer, "_write", full)
    assert command(server, tmp_path, "--categories", "airplane") == 2
    err = capsys.readouterr().err
    assert "airplane.zip.part: No space left on device; make room and repeat the command to resume" in err
    assert len(calls) == 2, "not tried again"
    server.requests.clear()
    assert command(server, tmp_path, "--categories", "airplane") == 0
    assert ("/cdn/l-lt/LaSOT/airplane.zip", "bytes=700-") in server.requests


# --- TrackingNet ------------------------------------------------------------------------------------------


CLIPS = ("YaXKZdSEwt4_0", "y-DH0Xn9Bg0_0")


def publish_trackingnet(server: Server, around: str = "") -> None:
    boxes = {f"TEST/anno/{name}.txt": b"1,2,10,12\n" for name in CLIPS}
    frames = {
        f"TEST/zips/{name}.zip": pack({f"{around.format(name)}{i}.jpg": PICTURE for i in range(FRAMES)})
        for name in CLIPS
    }
    publish(server, "SilvioGiancola/TrackingNet", boxes | frames, small=tuple(boxes))


def load(server: Server, root: Path, *names: str) -> int:
    return command(server, root, "--sequences", *names, dataset="trackingnet")


@pytest.mark.parametrize("around", ["", "{}/"])
def test_trackingnet_has_frames_and_first_boxes(server, tmp_path, around):
    publish_trackingnet(server, around)
    assert load(server, tmp_path, CLIPS[1]) == 0
    root = tmp_path / "trackingnet" / "TEST"
    assert sorted(path.name for path in (root / "frames" / CLIPS[1]).iterdir()) == ["0.jpg", "1.jpg", "2.jpg"]
    assert (root / "anno" / f"{CLIPS[1]}.txt").read_bytes() == b"1,2,10,12\n"
    assert sorted(path.name for path in (tmp_path / "trackingnet").iterdir()) == ["TEST"]
    sequence = open_dataset("trackingnet", tmp_path)[CLIPS[1]]
    assert sequence.first_box_only
    assert len(sequence.open_frames()) == FRAMES
    assert not (root / "frames" / CLIPS[0]).exists()


def test_small_files_are_checked_against_git(server, tmp_path, capsys):
    publish_trackingnet(server)
    server.files[f"cdn/SilvioGiancola/TrackingNet/TEST/anno/{CLIPS[0]}.txt"] = b"9,2,10,12\n"
    assert load(server, tmp_path, CLIPS[0]) == 1
    err = capsys.readouterr().err
    assert f"{CLIPS[0]}.txt is not the file in the listing: its Git object name differs" in err
    assert not (tmp_path / "trackingnet" / "TEST" / "frames").exists()


def test_lasot_ext_has_its_own_repository(server, tmp_path):
    publish(server, "l-lt/LaSOT-ext", {"atv.zip": category("atv", numbers=tuple(range(1, 11)))})
    assert command(server, tmp_path, "--categories", "atv", dataset="lasot-ext") == 0
    assert len(open_dataset("lasot-ext", tmp_path).names()) == 10
    assert (tmp_path / "lasot-ext" / "atv" / "atv-10" / "img" / "00000003.jpg").is_file()


def test_categories_of_other_data_sets_are_refused(server, tmp_path, capsys):
    assert command(server, tmp_path, "--categories", "atv", dataset="trackingnet") == 2
    assert "trackingnet has no categories; name sequences with --sequences" in capsys.readouterr().err


def test_checksums(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"hello\n")
    assert matches_checksum(path, None)
    # From `git hash-object` and `sha256sum`.
    assert matches_checksum(path, "git:ce013625030ba8dba906f756967f9e9ca394464a")
    assert matches_checksum(path, "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03")
    assert not matches_checksum(path, "git:ce013625030ba8dba906f756967f9e9ca394464b")
    assert not matches_checksum(path, "md5:" + "0" * 32)


def test_names_in_addresses_are_quoted(tmp_path):
    listing = tmp_path / "listing"
    listing.write_text('[{"type": "file", "path": "a b/c#d.zip", "size": 3, "oid": "0"}]')
    [file] = list_files("https://host/", "me/data", "a b", lambda url: listing).values()
    assert file.url == "https://host/datasets/me/data/resolve/main/a%20b/c%23d.zip"


def test_unwritable_folder_is_not_a_broken_connection(server, tmp_path):
    server.files["f"] = b"x"
    with pytest.raises(DiskError, match=r"f\.part.*: No such file or directory; make room"):
        http_transfer.fetch(server.url + "f", tmp_path / "missing" / "f", lambda *_: None, QUICK)
