"""Where one more result like ours would lie, against a regression and by its own ends."""

import numpy as np
import pytest
from statsmodels.regression.linear_model import OLS

from paribus.analysis.questions.prediction import Sample, predict

OURS = [0.961, 0.963, 0.966, 0.962, 0.964]


def test_the_prediction_interval_is_that_of_a_regression_on_a_constant():
    fitted = OLS(OURS, np.ones(5)).fit().get_prediction([1.0])
    low, high = fitted.conf_int(obs=True, alpha=0.05)[0]
    assert predict([Sample(OURS, 10_000)], 0.0).half_width == pytest.approx((high - low) / 2)


def test_a_figure_at_the_end_of_the_prediction_interval_has_a_p_of_five_percent():
    half_width = predict([Sample(OURS, 10_000)], 0.0).half_width
    for distance in (-half_width, half_width):
        assert predict([Sample(OURS, 10_000)], distance).p_value == pytest.approx(0.05)


def test_results_that_never_vary_are_taken_to_vary_by_one_image():
    same, images = [0.1135] * 3, 10_000
    by_an_image = [0.1135 - 1 / images, 0.1135, 0.1135 + 1 / images]  # whose standard deviation is one image
    expected = predict([Sample(by_an_image, images)], 0.0).half_width
    assert predict([Sample(same, images)], 0.0).half_width == pytest.approx(expected)
