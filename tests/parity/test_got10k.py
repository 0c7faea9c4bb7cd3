"""Profile `got10k` against got10k's own report of the same boxes.

The stored figures are what `ExperimentOTB.report` of got10k 0.1.3 gives for DaSiamRPN's boxes in `../shared`,
as `ExperimentOTB` stores them. Where got10k is installed, its report is also made anew, of drawn boxes.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.scoring import score_run
from benchmarks.scoring.profiles import GOT10K

ONE_BASED = np.array([1.0, 1.0, 0.0, 0.0])

# Success AUC and precision at 20 pixels; four of the ten have frames without a box.
OTB2015 = {
    "Basketball": (0.6773727, 0.9779310),
    "Biker": (0.3192488, 0.4859155),
    "Board": (0.4580434, 0.3710602),
    "Bolt": (0.7208163, 1.0000000),
    "Crowds": (0.6786057, 1.0000000),
    "David": (0.6759681, 1.0000000),
    "Deer": (0.6492287, 0.9577465),
    "Jogging.1": (0.6547231, 0.9869707),
    "Tiger1": (0.6779915, 0.8595989),
    "Twinnings": (0.6410412, 0.9894068),
}


@pytest.mark.shared
def test_figures_are_the_toolkits_sequence_by_sequence(published):
    run, dataset = published("DaSiamRPN")
    run = replace(run, trajectories={name: run.trajectories[name] for name in OTB2015})
    score = score_run(run, dataset, GOT10K)
    for name, part in score.by_sequence().items():
        figures = part.metrics()
        found = (figures["success"].value, figures["precision"].value)
        assert found == pytest.approx(OTB2015[name], abs=1e-6), name


def drawn(sequences: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Prediction and ground truth in files' numbers; some of the latter are empty or outside."""
    generator = np.random.default_rng(0)
    pairs = {}
    for number in range(sequences):
        truth = np.cumsum(generator.normal(0, 3, (120, 4)), axis=0) + np.array([30, 30, 40, 40])
        truth[:, 2:] = np.maximum(truth[:, 2:], 8)
        truth[generator.random(120) < 0.05] = 0
        pairs[f"s{number}"] = (truth + generator.normal(0, 5, truth.shape).clip(-7, None), truth)
    return pairs


def test_report_of_the_real_toolkit(tmp_path, monkeypatch):
    experiments = pytest.importorskip("got10k.experiments")
    pairs = drawn(4)

    class Known(list[tuple[None, np.ndarray]]):
        seq_names: tuple[str, ...] = tuple(pairs)

    # Its constructor downloads the data set; everything else is its own.
    experiment = experiments.ExperimentOTB.__new__(experiments.ExperimentOTB)
    experiment.dataset = Known((None, truth) for _, truth in pairs.values())
    experiment.result_dir, experiment.report_dir = str(tmp_path / "results"), str(tmp_path / "reports")
    experiment.nbins_iou, experiment.nbins_ce = 21, 51
    monkeypatch.setattr(experiment, "plot_curves", lambda names: None)
    for name, (prediction, _) in pairs.items():
        experiment._record(str(tmp_path / "results" / "mine" / f"{name}.txt"), prediction, np.ones(1))
    report = experiment.report(["mine"])["mine"]["seq_wise"]
    for name, (prediction, truth) in pairs.items():
        frames = GOT10K.measure(prediction - ONE_BASED, truth - ONE_BASED)
        curves = GOT10K.curves(frames)
        assert curves["success"] == pytest.approx(np.array(report[name]["success_curve"]), abs=1e-12)
        assert curves["precision"] == pytest.approx(np.array(report[name]["precision_curve"]), abs=1e-12)
