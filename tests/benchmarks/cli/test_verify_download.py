from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from benchmarks.cli import download, verify
from benchmarks.datasets.downloads import http_transfer
from trackers.commands import Parser, catch_user_errors


def sotbench(command: ModuleType, *words: object) -> int:
    """Runs one command like `main`."""
    parser = Parser()
    command.add_arguments(parser)
    return catch_user_errors(lambda given: int(command.run(parser.parse_args(given))))(
        [str(word) for word in words]
    )


def write_deer(root: Path) -> Path:
    place = root / "otb2015" / "Deer"
    (place / "img").mkdir(parents=True)
    (place / "groundtruth_rect.txt").write_text("1,2,3,4\n" * 71)
    for number in range(1, 72):
        Image.new("RGB", (8, 6)).save(place / "img" / f"{number:04}.jpg")
    return place


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[str]:
    """Starts a mirror of OTB with one sequence; returns its address."""
    folder = tmp_path / "mirror"
    deer = write_deer(folder)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in deer.rglob("*"):
            archive.write(path, path.relative_to(deer.parent))
    (folder / "Deer.zip").write_bytes(content.getvalue())
    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        pass


def test_verify_lists_findings_and_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = write_deer(tmp_path)
    (place / "img" / "0002.jpg").unlink()
    assert sotbench(verify, "--dataset", "otb2015", "--data-root", tmp_path) == 1
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert len(lines) == 101
    assert lines[-1] == "0 of 100 sequences are complete, 1 has the ground truth that scoring needs"
    assert "1 of 71 frames is missing, first number 2" in next(line for line in lines if "Deer" in line)
    assert captured.err == ""


def test_verify_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = write_deer(tmp_path)
    words = ("--dataset", "otb2015", "--data-root", tmp_path, "--format", "json", "--frames")
    assert sotbench(verify, *words) == 1
    record = json.loads(capsys.readouterr().out)
    assert {name: record[name] for name in ("dataset", "sequences", "whole", "scorable")} == {
        "dataset": "otb2015",
        "sequences": 100,
        "whole": 1,
        "scorable": 1,
    }
    assert {finding["part"] for finding in record["findings"]} == {"folder"}

    damaged = place / "img" / "0071.jpg"
    damaged.write_bytes(damaged.read_bytes()[:-200])
    sotbench(verify, *words)
    findings = json.loads(capsys.readouterr().out)["findings"]
    (deer,) = [finding for finding in findings if finding["sequence"] == "Deer"]
    assert deer["part"] == "frames"
    assert deer["harmless"] is False
    assert "cannot be decoded" in deer["problem"]


def test_verify_complete_data_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert sotbench(verify, "--dataset", "demo") == 0
    assert capsys.readouterr().out == "9 of 9 sequences are complete\n"


def test_verify_empty_data_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "otb2015").mkdir()
    assert sotbench(verify, "--dataset", "otb2015", "--data-root", tmp_path) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: no sequence of OTB2015 is in ")
    assert "sotbench download --dataset otb2015" in captured.err


def test_verify_split(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "lasot" / "annos"
    (folder / "absent").mkdir(parents=True)
    (folder / "shark-3.txt").write_text("1,1,30,40\n" * 1000)
    (folder / "absent" / "shark-3.txt").write_text("0\n" * 1000)
    words = ("--dataset", "lasot", "--data-root", tmp_path)
    assert sotbench(verify, *words) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("0 of 280 sequences are complete, 1 has")
    assert sotbench(verify, *words, "--split", "all") == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("0 of 1400 sequences")


def test_download_creates_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str], mirror: str) -> None:
    root = tmp_path / "data"
    words = ("--dataset", "otb50", "--data-root", root, "--sequences", "deer", "--url-base", mirror)
    assert sotbench(download, *words) == 0
    captured = capsys.readouterr()
    assert captured.out == f"1 of 1 sequence is complete in {root / 'otb2015'}\n"
    assert captured.err == "downloading Deer\n"
    assert sotbench(download, *words) == 0
    assert capsys.readouterr().err == ""


def test_download_of_missing_file(tmp_path: Path, capsys: pytest.CaptureFixture[str], mirror: str) -> None:
    words = ("--dataset", "otb2015", "--data-root", tmp_path, "--url-base", mirror)
    assert sotbench(download, *words, "--sequences", "Deer", "Boy") == 1
    captured = capsys.readouterr()
    assert captured.out.startswith("1 of 2 sequences is complete")
    assert "Boy.zip: the server returned 404" in captured.err
    assert "Boy: there is no folder" in captured.err


def test_download_without_an_address_says_where(capsys: pytest.CaptureFixture[str]) -> None:
    assert sotbench(download, "--dataset", "uav123", "--data-root", "somewhere") == 0
    out = capsys.readouterr().out
    assert len(out.splitlines()) == 1
    for word in ("a browser", "https://cemse.kaust.edu.sa/ivul/uav123", "somewhere/uav123", "verify"):
        assert word in out


def test_download_needs_a_data_root(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOTBENCH_DATA", raising=False)
    assert sotbench(download, "--dataset", "otb2015") == 2
    assert "give --data-root DIR or set SOTBENCH_DATA" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--categories", "--split", "--sequences", "--url-base"])
def test_options_of_a_download_are_refused_without_one(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sotbench(download, "--dataset", "got10k", option, "test") == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        f"error: data set 'got10k' cannot be downloaded from here, so {option} would do nothing: leave it "
        "out to read where to get the data set\n"
    )


def test_plugin_without_an_address_is_one_sentence(
    squares: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sotbench(download, "--dataset", "squares") == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: sotbench does not know where to get data set 'squares'")
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["--sequences", "Boy"], 1),  # 404
        (["--sequences", "Bo"], 2),
        (["--split", "test"], 2),
        (["--categories", "bird"], 2),
        (["--url-base", "http://127.0.0.1:9"], 2),
    ],
)
@pytest.mark.parametrize("there", [".", "data", "data/otb2015", "data/otb2015/empty"])
def test_failed_download_leaves_only_what_was_there(
    words: list[str],
    status: int,
    there: str,
    tmp_path: Path,
    mirror: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_transfer, "RetryPolicy", partial(http_transfer.RetryPolicy, attempts=1, pause=0))
    (tmp_path / there).mkdir(parents=True, exist_ok=True)
    before = sorted(tmp_path.rglob("*"))
    given = ("--dataset", "otb2015", "--data-root", tmp_path / "data", "--url-base", mirror)
    assert sotbench(download, *given, *words) == status
    assert sorted(tmp_path.rglob("*")) == before


def test_verify_describes_a_users_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "pets"
    (root / "cat").mkdir(parents=True)
    (root / "sotbench.toml").write_text('one_based = true\ncolumns = "xyxy"\n')
    (root / "cat" / "groundtruth.txt").write_text("11,9,31,29\n12,9,32,29\n")
    (root / "cat" / "absent.txt").write_text("0\n1\n")
    (root / "cat" / "attributes.txt").write_text("OCC")
    for number in (1, 2):
        Image.new("RGB", (64, 48)).save(root / "cat" / f"{number}.png")
    words = ["--dataset", "folder", "--data-root", root, "--picture", tmp_path / "pictures"]
    assert sotbench(verify, *words) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines()[0].split(maxsplit=1) == [
        "cat",
        "2 frames of 64 x 48; cat/groundtruth.txt: the corners x1, y1, x2, y2, counted from 1; first box 10, "
        "8, 20, 20 (0-based); target absent in 1 frame; attributes OCC",
    ]
    assert captured.err == f"wrote 1 image to {tmp_path}/pictures\n"
    with Image.open(tmp_path / "pictures" / "cat.png") as picture:
        pixels = np.asarray(picture).any(axis=2)
    rows, columns = np.nonzero(pixels)
    assert abs(columns.min() - 10) <= 4
    assert abs(columns.max() - 30) <= 4
    assert abs(rows.min() - 8) <= 4
    assert abs(rows.max() - 28) <= 4
    assert not pixels[18, 20]
