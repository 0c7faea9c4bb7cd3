import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from trackers.siamese.response import (
    cosine_window,
    cross_correlation,
    find_peak,
    normalised,
    upsampling_matrix,
)


@pytest.mark.parametrize("n", [1, 3])
def test_correlation_is_a_convolution_with_the_slots_own_template(n: int) -> None:
    torch.manual_seed(0)
    features, templates = torch.randn(n, 3, 8, 22, 20).double(), torch.randn(n, 8, 6, 5).double()
    found = cross_correlation(features, templates)
    expected = torch.stack([F.conv2d(x, z[None])[:, 0] for x, z in zip(features, templates, strict=True)])
    assert found.shape == (n, 3, 17, 16)
    torch.testing.assert_close(found, expected)


def test_correlation_gives_the_template_its_gradient() -> None:
    torch.manual_seed(0)
    features = torch.randn(2, 1, 4, 9, 9).double()
    templates = torch.randn(2, 4, 3, 3).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda z: cross_correlation(features, z), templates)


def test_upsampling_is_opencvs_bicubic() -> None:
    response = np.random.default_rng(0).normal(size=(17, 17)).astype(np.float32)
    matrix = upsampling_matrix(17, 16).numpy()
    expected = cv2.resize(response, (272, 272), interpolation=cv2.INTER_CUBIC)
    np.testing.assert_allclose(matrix @ response @ matrix.T, expected, atol=1e-5)


def test_window_is_numpys() -> None:
    hann = np.outer(np.hanning(272), np.hanning(272))
    np.testing.assert_allclose(cosine_window(272), hann / hann.sum(), rtol=1e-5, atol=1e-12)


def test_peak_and_scale_are_found() -> None:
    responses = torch.zeros(2, 3, 9, 9)
    responses[0, 1, 2, 7] = 1.0
    responses[1, 2, 8, 0] = 1.0
    peak = find_peak(responses, torch.tensor([0.9, 1.0, 0.9]), cosine_window(9), 0.1)
    assert peak.scale.tolist() == [1, 2]
    assert peak.offset.tolist() == [[3.0, -2.0], [-4.0, 4.0]]
    assert peak.score.tolist() == pytest.approx([1.0, 0.9])


def test_penalty_keeps_the_size_when_scales_are_alike() -> None:
    responses = torch.ones(1, 3, 9, 9)
    responses[0, 0] = 1.05
    peak = find_peak(responses, torch.tensor([0.9, 1.0, 0.9]), cosine_window(9), 0.2)
    assert peak.scale.tolist() == [1]


def test_window_decides_between_equal_peaks() -> None:
    responses = torch.zeros(1, 1, 9, 9)
    responses[0, 0, 4, 5] = responses[0, 0, 0, 0] = 1.0
    peak = find_peak(responses, torch.ones(1), cosine_window(9), 0.2)
    assert peak.offset.tolist() == [[1.0, 0.0]]


def test_flat_response_stays_at_the_centre() -> None:
    peak = find_peak(torch.full((1, 3, 17, 17), -4.0), torch.ones(3), cosine_window(17), 0.176)
    assert peak.offset.tolist() == [[0.0, 0.0]]
    assert torch.isfinite(normalised(torch.zeros(1, 5, 5))).all()
