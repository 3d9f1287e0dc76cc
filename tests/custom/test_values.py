"""Numbers, outputs and labels as a function reports them."""

from __future__ import annotations

import numpy as np
import pytest

from paribus.custom.values import as_number
from paribus.custom.values import tested as measured
from paribus.errors import RunError


@pytest.mark.parametrize("given", [0.5, np.float32(0.5), np.array(0.5), np.array([[0.5]])])
def test_a_number_and_an_array_of_one_are_a_metric(given: object) -> None:
    assert as_number("loss", given) == 0.5


@pytest.mark.parametrize("given", ["0.5", None, True, [0.5], np.array([1.0, 2.0]), 1j])
def test_anything_else_is_none_and_is_named(given: object) -> None:
    with pytest.raises(RunError, match=r"loss is .*no number"):
        as_number("loss", given)


def test_an_accuracy_in_percent_is_refused_and_a_loss_above_one_is_not() -> None:
    with pytest.raises(RunError, match="share from 0 to 1"):
        as_number("val_accuracy", 93.1)
    assert as_number("val_loss", 93.1) == 93.1
    assert as_number("f1", 93.1) == 93.1


def test_accuracy_follows_from_outputs_and_labels_in_any_of_their_forms() -> None:
    outputs = [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]
    for labels in ([0, 1, 1], [[1, 0], [0, 1], [0, 1]], [[0], [1], [1]], np.array([0.0, 1.0, 1.0])):
        found = measured(labels, outputs, {"loss": 0.3}, "classification", "accuracy")
        assert found.metrics == {"loss": 0.3, "accuracy": pytest.approx(2 / 3)}
    one = measured([0, 1, 1], [0.1, 0.8, 0.4], {}, "classification", "accuracy")
    assert one.metrics == {"accuracy": pytest.approx(2 / 3)}


def test_r2_follows_from_predictions() -> None:
    found = measured([1.0, 2.0, 3.0], [1.0, 2.0, 4.0], {}, "regression", "r2")
    assert found.metrics["r2"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("labels", "outputs", "words"),
    [
        (None, None, "needs labels and outputs, or accuracy="),
        ([0, 1], None, "needs labels and outputs"),
        ([0, 1, 1], [[1, 0], [0, 1]], "3 labels and 2 outputs"),
        ([0, 2], [[1, 0], [0, 1]], "classes from 0 to 1"),
        ([0, 0.5], [[1, 0], [0, 1]], "classes from 0 to 1"),
        (["a", "b"], [[1, 0], [0, 1]], "no array of numbers"),
        ([0, 1], [[1, np.nan], [0, 1]], "NaN"),
        ([0, 1], [], "no table"),
    ],
)
def test_what_does_not_fit_is_said(labels: object, outputs: object, words: str) -> None:
    with pytest.raises(RunError, match=words):
        measured(labels, outputs, {}, "classification", "accuracy")
