import inspect

import pytest

from trackers.siamese.gradnet import GradNet
from trackers.siamese.gradnet_paper import GradNetPaper
from trackers.siamese.gradnet_released import GradNetReleased
from trackers.siamese.siamfc import SiamFC
from trackers.siamese.siamfc_online import SiamFCAverage, SiamFCGradientDescent

SHARED = {"weights": None, "device": "cpu", "slots": 1, "width": None, "precision": "float32"}
GRADNET_SEARCH = {"scale_step": 1.04, "scale_penalty": 0.97, "scale_rate": 0.59, "window_weight": 0.25}
SETTINGS = {
    SiamFC: {
        "context": 0.5,
        "scales": 3,
        "scale_step": 1.0375,
        "scale_penalty": 0.9745,
        "scale_rate": 0.59,
        "window_weight": 0.176,
        "scale_min": 0.2,
        "scale_max": 5.0,
    },
    SiamFCGradientDescent: {"iterations": 50, "rate": 3e-6},
    SiamFCAverage: {"rate": 0.01},
    GradNet: {
        "interval": 5,
        "share": 0.5,
        "trust": 0.5,
        "sharpness": 3.4,
        "first_rate": 0.3,
        "average": 0.01,
    }
    | GRADNET_SEARCH,
    GradNetReleased: {"interval": 5, "share": 0.15, "update_rate": 0.6, "weak_rate": 0.7, "trust": 0.5}
    | GRADNET_SEARCH,
    GradNetPaper: {"interval": 1, "trust": 0.5} | GRADNET_SEARCH,
}


@pytest.mark.parametrize("tracker", SETTINGS)
def test_signature_shows_every_setting(tracker: type) -> None:
    parameters = inspect.signature(tracker).parameters.values()
    defaults = {p.name: p.default for p in parameters}
    assert defaults == SHARED | SETTINGS[tracker]
    assert [p.name for p in parameters][:5] == list(SHARED)
    assert {p.name for p in parameters if p.kind is p.KEYWORD_ONLY} == SETTINGS[tracker].keys()
    # `--set` compares a value's type with the default's.
    assert {k: type(v) for k, v in defaults.items()} == {
        k: type(v) for k, v in (SHARED | SETTINGS[tracker]).items()
    }


def test_unknown_setting_is_refused() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'share'"):
        SiamFC(share=0.5)


def test_subclass_with_own_constructor_keeps_its_signature() -> None:
    class Own(SiamFC):
        def __init__(self, color: str = "red") -> None:
            super().__init__()

    class Inherited(Own):
        pass

    for tracker in (Own, Inherited):
        assert list(inspect.signature(tracker).parameters) == ["color"]
