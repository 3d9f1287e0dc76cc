"""What a network gets wrong, against counting by hand."""

import numpy as np
import pytest

from paribus.analysis.questions.mistakes import (
    calibration,
    confusion,
    mistakes,
    precision_and_recall,
    surest_mistakes,
)

OUTPUTS = np.array(
    [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.5, 0.5, 0.0], [0.0, 0.9, 0.1], [0.2, 0.6, 0.2]], np.float32
)
LABELS = np.array([0, 1, 1, 2, 1], np.uint8)


@pytest.fixture(scope="module")
def drawn():
    """Outputs of softmax on 500 images, and labels that they get right more often than not."""
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 4, 500)
    logits = draw.normal(0, 1, (500, 4)) + 1.5 * np.eye(4)[labels]
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), labels


def test_confusion_counts_images_by_class_and_prediction():
    assert confusion(OUTPUTS, LABELS).tolist() == [[1, 0, 0], [1, 2, 0], [0, 1, 0]]


def test_a_single_output_has_two_classes():
    outputs, labels = np.array([[0.9], [0.4], [0.5], [0.6]]), np.array([1, 1, 0, 0])
    assert confusion(outputs, labels).tolist() == [[1, 1], [1, 1]]
    assert surest_mistakes(outputs, labels)[0].image in {1, 3}


def test_precision_is_of_predictions_and_recall_of_images():
    precision, recall = precision_and_recall(OUTPUTS, LABELS)
    np.testing.assert_allclose(precision, [1 / 2, 2 / 3, np.nan])
    np.testing.assert_allclose(recall, [1, 2 / 3, 0])


def test_calibration_is_the_weighted_gap_between_confidence_and_accuracy(drawn):
    outputs, labels = drawn
    found = calibration(outputs, labels, bins=10)
    sure, right = outputs.max(axis=1), outputs.argmax(axis=1) == labels
    error = 0.0
    for low in np.arange(10) / 10:
        inside = (sure > low) & (sure <= low + 0.1)
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - sure[inside].mean())
    assert found.error == pytest.approx(error)
    assert sum(each.images for each in found.bins) == 500
    for each in found.bins:
        assert each.low < each.confidence <= each.high


def test_a_network_as_sure_as_it_is_right_has_no_calibration_error():
    outputs, labels = np.tile([[0.75, 0.25]], (4, 1)), np.array([0, 0, 0, 1])
    assert calibration(outputs, labels).error == 0


def test_a_network_that_is_always_sure_and_always_wrong_has_the_largest():
    found = calibration(np.tile([[1.0, 0.0]], (4, 1)), np.ones(4, int))
    assert found.error == 1
    assert [(each.images, each.accuracy) for each in found.bins] == [(4, 0)]


def test_outputs_that_are_no_probabilities_have_no_calibration():
    assert calibration(np.array([[1.5, -0.5]]), np.array([0])) is None


def test_the_surest_mistakes_come_first():
    found = surest_mistakes(OUTPUTS, LABELS)
    assert [(each.image, each.label, each.predicted) for each in found] == [(3, 2, 1), (2, 1, 0)]
    assert surest_mistakes(OUTPUTS, LABELS, most=1)[0].confidence == pytest.approx(0.9)


def test_of_two_equally_sure_the_one_that_gives_less_to_the_right_class_comes_first():
    outputs = np.array([[1.0, 0.4], [1.0, 0.3], [1.0, 0.4]])
    assert [wrong.image for wrong in surest_mistakes(outputs, np.ones(3, int))] == [1, 0, 2]


def test_together_they_are_what_each_is_alone(drawn):
    found = mistakes(*drawn)
    np.testing.assert_array_equal(found.confusion, confusion(*drawn))
    np.testing.assert_array_equal(found.recall, found.confusion.diagonal() / found.confusion.sum(axis=1))
    assert found.calibration == calibration(*drawn)
    assert len(found.surest) == 20
