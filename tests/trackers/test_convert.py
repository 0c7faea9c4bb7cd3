from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from trackers.convert import main
from trackers.siamese.backbone import Embedding
from trackers.siamese.checkpoint import load_embedding

WIDTHS = (2, 4, 4, 4, 2)


def test_converts_and_prints_a_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save(
        {f"backbone.{name}": value for name, value in Embedding(WIDTHS).state_dict().items()},
        tmp_path / "model.pth",
    )
    words = [str(tmp_path / "model.pth"), str(tmp_path / "out.safetensors")]
    assert main(words) == 0
    first = capsys.readouterr().out
    assert first.count("\n") == 1
    assert "widths 2-4-4-4-2, sha256 " in first
    assert load_embedding(tmp_path / "out.safetensors").widths == WIDTHS

    # An existing file is kept without --overwrite; equal input gives equal files.
    (tmp_path / "out.safetensors").write_bytes(b"precious")
    assert main(words) == 2
    assert capsys.readouterr().err.endswith("give --overwrite to replace it\n")
    assert (tmp_path / "out.safetensors").read_bytes() == b"precious"
    assert main([*words, "--overwrite"]) == 0
    assert capsys.readouterr().out == first
    assert not list(tmp_path.glob(".*"))


def test_failed_conversion_keeps_the_old_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in.pth").write_bytes(b"no weights")
    (tmp_path / "out.safetensors").write_bytes(b"precious")
    assert main([str(tmp_path / "in.pth"), str(tmp_path / "out.safetensors"), "--overwrite"]) == 2
    [sentence] = capsys.readouterr().err.splitlines()
    assert "in.pth" in sentence
    assert (tmp_path / "out.safetensors").read_bytes() == b"precious"
    assert len(list(tmp_path.iterdir())) == 2


def test_help_loads_no_torch() -> None:
    program = (
        "import sys\nfrom trackers.convert import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
        "sys.exit('torch' in sys.modules)"
    )
    words = [sys.executable, "-c", program]
    root = Path(__file__).parents[2]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--overwrite" in done.stdout
