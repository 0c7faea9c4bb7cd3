"""Damaged and unusual ground truth, through the command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bad_data import FRAMES, ROWS, Outcome, run_folder, success, write_video

OK = Outcome("ok")
TEXT = "\n".join(ROWS)


def failed(message: str) -> Outcome:
    return Outcome("failed", message)


def first(row: str) -> bytes:
    return "\n".join([row, *ROWS[1:]]).encode()


def second(row: str) -> bytes:
    return "\n".join([ROWS[0], row, *ROWS[2:]]).encode()


ALIKE: dict[str, bytes] = {
    "bom": b"\xef\xbb\xbf" + TEXT.encode(),
    "crlf": "\r\n".join(ROWS).encode(),
    "cr": "\r".join(ROWS).encode(),
    "tabs": TEXT.replace(",", "\t").encode(),
    "spaces": TEXT.replace(",", "  ").encode(),
    "semicolons": TEXT.replace(",", ";").encode(),
    "comma-space": TEXT.replace(",", ", ").encode(),
    "trailing": "".join(f"{row},\n" for row in ROWS).encode(),
    "blank-lines": ("\n" + "\n\n".join(ROWS) + "\n \n").encode(),
    "header-of-boxes": f"x,y,w,h\n{TEXT}".encode(),
    "fractions": TEXT.replace(",", ".0,").encode(),
}
"""Other spellings of the same ground truth."""

REFUSED: dict[str, tuple[bytes, Outcome]] = {
    "utf-16": (TEXT.encode("utf-16"), failed(r"groundtruth\.txt: not a text file in UTF-8")),
    "utf-16-without-bom": (TEXT.encode("utf-16-le"), failed(r"line 1 has '1\x000.*' where a number")),
    "windows-1252": (TEXT.replace(",", ",\xa0").encode("cp1252"), failed("not a text file in UTF-8")),
    "decimal-commas": (b"10,5;8,0;12,0;10,0\n" * FRAMES, failed("both commas and semicolons")),
    "too-few-rows": ("\n".join(ROWS[:-1]).encode(), failed("4 images where groundtruth.txt has 3 rows")),
    "too-many-rows": (f"{TEXT}\n{ROWS[0]}".encode(), failed("4 images where groundtruth.txt has 5 rows")),
    "empty": (b"", failed("groundtruth.txt is empty")),
    "blank": (b"\n \n\r\n", failed("groundtruth.txt is empty")),
    "header": (f"a,b,c,d\n{TEXT}".encode(), failed("its header names no known box columns")),
    "word": (second("10,lost,12,10"), failed("line 2 has 'lost' where a number is expected")),
    "missing-value": (second("10,,12,10"), failed("line 2 has 3 values where 4 are expected")),
    "six-values": (TEXT.replace("10\n", "10,1,2\n").encode(), failed("line 1 has 6 values")),
    "some-polygons": (second("10,8,22,8,22,18,10,18"), failed("line 2 has 8 values where 4")),
    "nul": (TEXT.encode() + b"\0", failed(r"line 4 has '10\x00' where a number")),
    "underscore": (second("1_1,8,12,10"), failed("line 2 has '1_1' where a number")),
    "escape": (second("\x1b[2J,8,12,10"), failed(r"line 2 has '\x1b\[2J' where a number")),
    "first-nan": (first("nan,nan,nan,nan"), failed(r"its first box, .*, is empty; no tracker can start")),
    "first-zero": (first("10,8,0,0"), failed("is empty; no tracker can start")),
    "first-negative": (first("10,8,-12,-10"), failed("is empty; no tracker can start")),
    "first-inf": (first("10,8,inf,10"), failed("is empty; no tracker can start")),
    "first-huge": (first("1e300,1e300,1e300,1e300"), failed("is beyond any image")),
    "huge": (second("1e300,1e300,1e300,1e300"), failed("row 2 is beyond any image")),
    "first-outside": (first("64,8,12,10"), failed("is not in its first image, 64 x 48 px")),
    "first-too-large": (first("-400,-300,800,600"), failed("is more than 10 times as large as its first")),
}

SCORED: dict[str, tuple[bytes, float]] = {
    "nan": (second("nan,nan,nan,nan"), 0.0),
    "inf": (second("inf,8,12,10"), 0.0),
    "beyond-floating-point": (second("1e400,8,12,10"), 0.0),
    "outside": (second("1000,1000,12,10"), 0.0),
    "zero": (second("10,8,0,0"), 0.0),
    "negative": (second("10,8,-12,-10"), 0.0),
    "larger": (second("-100,-100,500,500"), 0.0),
    "far": (second("1e8,1e8,1e8,1e8"), 0.0),
}
"""Second rows with little or no overlap: only that frame is a miss in the success plot."""


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    cases = ALIKE | {name: case[0] for name, case in [*REFUSED.items(), *SCORED.items()]}
    for name, truth in cases.items():
        write_video(tmp_path / "videos" / name, truth)
    write_video(tmp_path / "videos" / "good")
    write_video(tmp_path / "videos" / "one-frame", frames=1)
    write_video(tmp_path / "videos" / "first-larger", first("-20,-20,200,100"))
    return tmp_path / "videos"


def test_bad_truth_file_fails_only_its_sequence(
    videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    status, outcomes = run_folder(videos, tmp_path / "results")

    assert status == 1
    printed = capsys.readouterr().err
    assert "Traceback" not in printed
    assert "\x1b" not in printed
    for name, (_, expected) in REFUSED.items():
        assert outcomes[name].status == expected.status, name
        assert re.search(expected.message, outcomes[name].message), outcomes[name]
        assert "\n" not in outcomes[name].message
    scores = success(videos, tmp_path / "results", capsys)
    assert {name for name in scores if name in REFUSED} == set()
    assert {scores[name] for name in ALIKE} == {scores["good"]}
    assert scores["one-frame"] == pytest.approx(20 / 21)  # an overlap of 1 is not above the last threshold
    assert "first-larger" in scores
    # The static tracker's overlaps are 1, 11/13, 10/14 and 9/15; the second frame is the bad one.
    shares = [20, 17, 15, 12]
    assert scores["good"] == pytest.approx(sum(shares) / 4 / 21)
    for name, (_, share) in SCORED.items():
        assert scores[name] == pytest.approx((sum(shares) - shares[1] + share) / 4 / 21), name
