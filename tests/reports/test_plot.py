"""`sotbench plot`: the files it writes, and one sentence per error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from example_scores import write_speed
from PIL import Image

from benchmarks.cli.main import main as sotbench
from reports.plot import main, parser
from reports.plots import PLOTS
from reports.plots.speed import speed_figure
from reports.several import read_reports
from trackers.errors import UserError


@pytest.fixture
def results(squares, tmp_path: Path) -> Path:
    for tracker in ("still", "ncc"):
        sotbench(
            ["run", "--tracker", tracker, "--dataset", "squares", "--results", str(tmp_path / "results")]
        )
    return tmp_path / "results"


def plot(results: Path, *more: str) -> int:
    return main(["--dataset", "squares", "--results", str(results), *more])


def test_command_prints_the_files_it_writes(results, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    assert plot(results) == 0
    output = capsys.readouterr()
    assert output.out.splitlines() == [
        str(Path("plots", "squares", f"{kind}.png"))
        for kind in (
            "success",
            "precision",
            "normalized-precision",
            "scores",
            "attributes",
            "attribute-dots",
            "sequences",
        )
    ]
    assert "still: 4 of 5 sequences are scored" in output.err
    for name in output.out.splitlines():
        with Image.open(name) as image:
            assert image.width in (1020, 2100)  # 3.4 and 7 inches at 300 dpi


def test_command_reports_left_out_trackers(results, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("reports.plots.figure.MAX_DRAWN_TRACKERS", 1)
    assert plot(results, "--kind", "scores", "--out", str(tmp_path)) == 0
    sentence = "plots show the best 1 of 2 trackers; select others with --tracker"
    assert sentence in capsys.readouterr().err.splitlines()


def test_command_output_is_reproducible(results, tmp_path, capsys):
    capsys.readouterr()
    contents = []
    for folder in ("one", "two"):
        options = ["--kind", "success", "--format", "png", "pdf", "svg", "--out", str(tmp_path / folder)]
        assert plot(results, "--tracker", "still", *options) == 0
        paths = [Path(name) for name in capsys.readouterr().out.splitlines()]
        assert [path.suffix for path in paths] == [".png", ".pdf", ".svg"]
        contents.append([path.read_bytes() for path in paths])
    assert contents[0] == contents[1]
    assert b"ncc" not in contents[0][2]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--tracker", "sill"], "no results of tracker 'sill' on squares .*did you mean 'still'"),
        (["--protocol", "tre"], "no results of protocol 'tre' on squares"),
        (["--profile", "otv"], "no scoring profile 'otv'"),
        (["--label", "still=A", "still=B"], "--label gives 'still' both 'A' and 'B'; give one"),
        (["--hide", "ncc", "--highlight", "ncc"], "highlight and hide both name 'ncc'"),
        (["--hide", "ncc", "--tracker", "ncc", "still"], "--tracker and --hide both name 'ncc'"),
    ],
)
def test_wrong_name_is_one_sentence(results, capsys, more, sentence):
    capsys.readouterr()
    assert plot(results, *more) == 2
    error = capsys.readouterr().err
    assert re.search(sentence, error)
    assert error.count("\n") == 1


def test_unknown_metric_is_refused_by_kinds_that_do_not_show_it(results, capsys):
    capsys.readouterr()
    assert plot(results, "--metric", "sucess", "--kind", "success") == 2
    assert "no metric 'sucess' (did you mean 'success'?)" in capsys.readouterr().err


def test_inapplicable_kind_is_one_sentence(results, capsys):
    capsys.readouterr()
    assert plot(results, "--kind", "eao") == 2
    assert "name another --protocol" in capsys.readouterr().err
    assert plot(results, "--kind", "sequences", "--tracker", "ncc") == 2
    assert "name another beside ncc" in capsys.readouterr().err
    assert plot(results, "--kind", "speed") == 2
    assert "sotbench speed --tracker" in capsys.readouterr().err


def test_kinds_that_cannot_be_drawn_are_left_out_and_named(results, tmp_path, capsys):
    out = tmp_path / "out"
    capsys.readouterr()
    assert plot(results, "--kind", "eao", "scores", "ar", "speed", "scores", "--out", str(out)) == 1
    output = capsys.readouterr()
    assert output.out.splitlines() == [str(out / "scores.png")]
    left_out = [line.partition(": ")[0] for line in output.err.splitlines() if "left out" in line]
    assert left_out == ["eao, ar are left out", "speed is left out"]
    assert plot(results, "--kind", "eao", "speed", "--out", str(out)) == 2
    [line] = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert line.startswith("error: eao: ")
    assert "; speed: " in line


def test_failing_kind_is_left_out_of_all(results, tmp_path, capsys, monkeypatch):
    def fail(report):
        raise UserError("the figure cannot be drawn")

    load = PLOTS.load
    monkeypatch.setattr(PLOTS, "load", lambda kind: fail if kind in ("scores", "precision") else load(kind))
    capsys.readouterr()
    assert plot(results, "--out", str(tmp_path / "out")) == 1
    output = capsys.readouterr()
    assert "precision, scores are left out: the figure cannot be drawn" in output.err
    assert len(output.out.splitlines()) == 5


def test_tre_is_plotted_like_ope(squares, tmp_path, capsys):
    place = ["--dataset", "squares", "--protocol", "tre", "--results", str(tmp_path)]
    assert sotbench(["run", "--tracker", "ncc", *place]) == 0
    assert main([*place, "--kind", "success", "--format", "svg", "--out", str(tmp_path / "out")]) == 0
    assert "Success plot of TRE on Squares" in (tmp_path / "out" / "success.svg").read_text()


def test_speed_plot_reads_records(results, tmp_path, capsys):
    for tracker, fps in (("ncc", 100.0), ("still", 90000.0)):
        write_speed(results, tracker, fps)
    folder = tmp_path / "out"
    assert plot(results, "--kind", "speed", "--format", "svg", "--out", str(folder)) == 0
    drawn = (folder / "speed.svg").read_text()
    assert "Updates per second" in drawn
    assert ">100<" in drawn
    assert ">10,000<" in drawn
    assert "mathdefault" not in drawn
    [shown] = read_reports(parser().parse_args(["--dataset", "squares", "--results", str(results)]))
    axes = speed_figure(shown).axes[0]
    fps = sorted(float(c[0].get_xdata()[0]) for c in axes.containers)
    assert fps == [100.0, 90000.0]
    (results / "speed" / "ncc" / "cpu.json").write_text("{}")
    capsys.readouterr()
    assert plot(results, "--kind", "speed", "--format", "svg", "--out", str(folder)) == 0
    said = capsys.readouterr().err
    assert "a record of speed is left out: " in said
    assert "is not a record of speed" in said
    assert ">ncc<" not in (folder / "speed.svg").read_text()


def test_unknown_format_is_one_sentence(capsys):
    with pytest.raises(SystemExit) as status:
        main(["--dataset", "demo", "--format", "gif"])
    assert status.value.code == 2
    error = capsys.readouterr().err
    assert "invalid choice: 'gif'" in error
    assert error.count("\n") == 1
