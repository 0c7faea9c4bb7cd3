"""A checkout with pytracking's test interface and a network of one layer, for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

FILES = {
    "lib/__init__.py": "",
    "lib/config.py": """
cfg = {"SIZE": 4, "STEP": 0.0}


def update_config_from_file(path):
    with open(path) as file:
        for line in file.read().splitlines():
            name, _, value = line.partition(":")
            if name not in cfg:
                raise ValueError(f"{name} not exist in config.py")
            cfg[name] = type(cfg[name])(value)
""",
    "lib/test/__init__.py": "",
    "lib/test/evaluation/__init__.py": "",
    "lib/test/parameter/__init__.py": "",
    "lib/test/parameter/shift.py": """
import os
from types import SimpleNamespace

from lib.config import cfg, update_config_from_file
from lib.test.evaluation.local import local_env_settings


def parameters(yaml_name, model=None):
    folder = os.path.join(local_env_settings().prj_dir, "experiments/shift/%s.yaml" % yaml_name)
    update_config_from_file(folder)
    print("test config:", cfg)
    assert model
    return SimpleNamespace(cfg=cfg, factor=1.0, checkpoint="none/" + model)
""",
    "lib/test/tracker/__init__.py": "",
    "lib/test/tracker/helper.py": "",
    "lib/test/tracker/shift.py": """
import torch
from torch._six import string_classes


class Shift:
    def __init__(self, params, dataset_name):
        print("a checkout prints a lot")
        self.params, self.dataset_name = params, dataset_name
        self.network = torch.nn.Linear(params.cfg["SIZE"], 1)
        loaded = torch.load(params.checkpoint, map_location="cpu")["net"]
        self.network.load_state_dict(loaded, strict=True)
        self.network = self.network.cuda()

    def initialize(self, image, info):
        self.state = info["init_bbox"]
        self.zero = torch.zeros(self.params.cfg["SIZE"]).cuda()

    def track(self, image, info=None):
        with torch.no_grad():
            step = self.network(self.zero).item() + self.params.cfg["STEP"]
        self.state = [self.state[0] + self.params.factor * step, *self.state[1:]]
        return {"target_bbox": self.state, "best_score": 0.75}


def get_tracker_class():
    return Shift
""",
    "experiments/shift/small.yaml": "SIZE: 4\n",
    "experiments/shift/large.yaml": "SIZE: 9\n",
    "experiments/shift/fast.yaml": "STEP: 2\n",
    "experiments/shift/other.yaml": "MODEL: vit\n",
}


def write_checkout(folder: Path, **more: Any) -> Path:
    """Writes the checkout and `weights.pth`, whose tracker moves by 1.5 px; returns the checkpoint's path.

    Args:
        folder: the checkout.
        more: further entries of the checkpoint.
    """
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    weights = {"weight": torch.zeros(1, 4), "bias": torch.full((1,), 1.5)}
    torch.save({"net": weights, **more}, folder / "weights.pth")
    return folder / "weights.pth"
