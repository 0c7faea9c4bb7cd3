"""One-pass evaluation."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.datasets.sequence import Sequence
from benchmarks.protocols import Init, Prediction, Protocol, Update
from benchmarks.protocols.one_pass import OPE, UNSUPERVISED, one_pass


def sequence(length: int) -> Sequence:
    truth = np.arange(length * 4, dtype=float).reshape(length, 4) + 1
    return Sequence("some", truth, (), open_frames=lambda: pytest.fail("a protocol opens no files"))


@pytest.mark.parametrize("length", [1, 2, 5])
@pytest.mark.parametrize("protocol", [OPE, UNSUPERVISED], ids=lambda protocol: protocol.name)
def test_ope_starts_once_and_requests_every_frame(protocol: Protocol, length: int) -> None:
    truth = sequence(length).truth
    (run,) = protocol.runs(sequence(length))
    requests = []
    request = next(run)
    with pytest.raises(StopIteration) as stop:
        while True:
            requests.append(request)
            box = request.box if isinstance(request, Init) else truth[request.frame] + 0.5
            request = run.send(Prediction(box, seconds=float(request.frame + 1)))

    assert isinstance(requests[0], Init)
    np.testing.assert_array_equal(requests[0].box, truth[0])
    assert requests[1:] == [Update(frame) for frame in range(1, length)]
    np.testing.assert_array_equal(stop.value.value.boxes, truth + 0.5 * (np.arange(length) > 0)[:, None])
    np.testing.assert_array_equal(stop.value.value.seconds, np.arange(1, length + 1))
    assert stop.value.value.start == 0
    assert stop.value.value.codes is None


def test_one_pass_takes_start_frame_and_box() -> None:
    requests = one_pass(sequence(5), start=2, box=np.array([7.0, 8, 9, 10]))
    request = next(requests)
    assert isinstance(request, Init)
    assert (request.frame, request.box.tolist()) == (2, [7, 8, 9, 10])
    assert requests.send(Prediction(request.box, 1.0)) == Update(3)
    assert requests.send(Prediction(np.full(4, 3.0), 2.0)) == Update(4)
    with pytest.raises(StopIteration) as stop:
        requests.send(Prediction(np.full(4, 4.0), 3.0))
    assert stop.value.value.start == 2
    assert stop.value.value.boxes.tolist() == [[7, 8, 9, 10], [3] * 4, [4] * 4]
    assert stop.value.value.seconds.tolist() == [1, 2, 3]
