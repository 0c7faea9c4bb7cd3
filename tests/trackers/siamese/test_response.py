import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from trackers.siamese.response import (
    balanced_logistic_loss,
    binary_labels,
    cosine_window,
    cross_correlation,
    find_peak,
    logistic_weights,
    normalize,
    peak_offset,
    prominence,
    upsampling_matrix,
)


@pytest.mark.parametrize("n", [1, 3])
def test_correlation_equals_convolution_per_slot(n: int) -> None:
    torch.manual_seed(0)
    features, templates = torch.randn(n, 3, 8, 22, 20).double(), torch.randn(n, 8, 6, 5).double()
    found = cross_correlation(features, templates)
    expected = torch.stack([F.conv2d(x, z[None])[:, 0] for x, z in zip(features, templates, strict=True)])
    assert found.shape == (n, 3, 17, 16)
    torch.testing.assert_close(found, expected)


def test_correlation_is_differentiable() -> None:
    torch.manual_seed(0)
    features = torch.randn(2, 1, 4, 9, 9).double()
    templates = torch.randn(2, 4, 3, 3).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda z: cross_correlation(features, z), templates)


def test_upsampling_equals_opencv_bicubic() -> None:
    response = np.random.default_rng(0).normal(size=(17, 17)).astype(np.float32)
    matrix = upsampling_matrix(17, 16).numpy()
    expected = cv2.resize(response, (272, 272), interpolation=cv2.INTER_CUBIC)
    np.testing.assert_allclose(matrix @ response @ matrix.T, expected, atol=1e-5)


def test_window_equals_numpy() -> None:
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


def test_window_weight_can_differ_per_map() -> None:
    responses = torch.zeros(2, 9, 9)
    responses[:, 0, 1] = 0.1
    share = torch.tensor([0.0, 0.9])
    assert peak_offset(responses, cosine_window(9), share).tolist() == [[-3.0, -4.0], [0.0, 0.0]]


def test_normalized_maps_start_at_0_and_sum_to_1() -> None:
    maps = torch.tensor([[[1.0, 2], [3, 4]], [[-7.0, -5], [-7, 1]]])
    expected = np.array([[[0, 1], [2, 3]], [[0, 2], [0, 8]]]) / np.array([6, 10])[:, None, None]
    np.testing.assert_allclose(normalize(maps), expected, rtol=1e-6)
    np.testing.assert_allclose(normalize(maps / 1000), expected, rtol=1e-4)


def test_labels_are_positive_within_16_pixels_of_the_target() -> None:
    # At a stride of 8, 13 cells: the center, two to each side, one diagonally.
    labels = binary_labels(torch.tensor([[0.0, 0], [16, -8], [0, 24]], dtype=torch.float64), 9, 8)
    disc = np.array([[0, 0, 1, 0, 0], [0, 1, 1, 1, 0], [1, 1, 1, 1, 1], [0, 1, 1, 1, 0], [0, 0, 1, 0, 0]])
    for found, (row, column) in zip(labels.numpy(), [(4, 4), (3, 6), (7, 4)], strict=True):
        expected = np.full((13, 13), -1.0)
        expected[row : row + 5, column : column + 5] += 2 * disc
        np.testing.assert_array_equal(found, expected[2:-2, 2:-2])
    assert (binary_labels(torch.zeros(1, 2), 9, 8, radius=8) > 0).sum() == 5
    # Between cells: the nearest lie at 16.03 pixels and do not count.
    assert (binary_labels(torch.tensor([[4.0, 0.0]]), 5, 32, radius=3.5) > 0).sum() == 0
    assert (binary_labels(torch.zeros(1, 2), 5, 16.5) > 0).sum() == 1


def test_positive_and_negative_cells_weigh_one_half() -> None:
    labels = torch.tensor([[[1.0, -1], [-1, -1]], [[1.0, 1], [1, 1]], [[-1.0, -1], [-1, 1]]])
    weights = logistic_weights(labels)
    np.testing.assert_allclose(weights[0], [[1 / 2, 1 / 6], [1 / 6, 1 / 6]])
    np.testing.assert_allclose(weights.sum((1, 2)), [1, 0.5, 1])
    scores = torch.tensor(
        [[[0.5, 2.0], [-1.0, 0.0]], [[3.0, -3.0], [1.0, 0.0]], [[1.0, 2.0], [3.0, 4.0]]]
    ).double()
    losses = np.log1p(np.exp(-labels.numpy() * scores.numpy()))
    found = balanced_logistic_loss(scores, labels)
    assert found.dtype == torch.float64
    np.testing.assert_allclose(found, (weights.numpy() * losses).sum((1, 2)), rtol=1e-6)


def test_penalty_keeps_the_size_if_scales_tie() -> None:
    responses = torch.ones(1, 3, 9, 9)
    responses[0, 0] = 1.05
    peak = find_peak(responses, torch.tensor([0.9, 1.0, 0.9]), cosine_window(9), 0.2)
    assert peak.scale.tolist() == [1]


def test_window_decides_between_equal_peaks() -> None:
    responses = torch.zeros(1, 1, 9, 9)
    responses[0, 0, 4, 5] = responses[0, 0, 0, 0] = 1.0
    peak = find_peak(responses, torch.ones(1), cosine_window(9), 0.2)
    assert peak.offset.tolist() == [[1.0, 0.0]]


def test_flat_response_stays_at_the_center() -> None:
    peak = find_peak(torch.full((1, 3, 17, 17), -4.0), torch.ones(3), cosine_window(17), 0.176)
    assert peak.offset.tolist() == [[0.0, 0.0]]
    assert torch.isfinite(normalize(torch.zeros(1, 5, 5))).all()


def test_prominence_counts_standard_deviations() -> None:
    response = torch.zeros(2, 5, 5)
    response[0, 1, 3] = 25.0
    offset = torch.tensor([[1.0, -1.0], [0.0, 0.0]], dtype=torch.float64)
    # Mean 1; variance (24^2 + 24 * 1) / 24 = 25.
    assert prominence(response, offset).tolist() == pytest.approx([24 / 5, 0])
    assert prominence(response[:1], torch.zeros(1, 2, dtype=torch.float64)).item() == pytest.approx(-1 / 5)
