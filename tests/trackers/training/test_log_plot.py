import json
from pathlib import Path

from PIL import Image

from trackers.training.log_plot import plot_log


def test_log_plot_has_a_panel_per_figure(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    sizes = []
    for figures in (1, 4, 9):
        lines = [{"step": step, **{f"f{i}": step * i for i in range(figures)}} for step in range(5)]
        log.write_text("".join(json.dumps(line) + "\n" for line in [*lines, {"step": 5, "f0": float("nan")}]))
        plot_log(log, tmp_path / "training.png")
        with Image.open(tmp_path / "training.png") as image:
            sizes.append(image.size)
    (a, b), (c, d), (e, f) = sizes
    assert a < c == e
    assert b == d < f
    assert not (tmp_path / "training.png.partial").exists()
