from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.report.page import pages

from paribus.report.predictions import Pictures, predictions

CLASSES = tuple("abc")


@pytest.fixture
def run(made, tmp_path):
    """A run that gave these outputs for images of these classes."""

    def kept(outputs, labels):
        return pages.with_answers(made.run(made.history(2)), tmp_path, outputs, labels)

    return kept


def test_the_surest_mistakes_come_first_and_equals_in_their_order(run):
    outputs = [[0.9, 0.1, 0.0], [0.6, 0.5, 0.0], [0.9, 0.1, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.2]]
    found = predictions([run(outputs, [1, 1, 1, 2, 0])], Pictures(None, CLASSES))
    assert found.n_mistakes == 3
    assert [(each.place, each.label, each.predicted) for each in found.mistakes] == [
        (0, "b", "a"),
        (2, "b", "a"),
        (1, "b", "a"),
    ]
    assert found.mistakes[0].output == pytest.approx(0.9)
    assert found.mistakes[0].of_label == pytest.approx(0.1)


def test_no_more_are_shown_than_asked_for(run):
    found = predictions([run([[1, 0, 0]] * 9, [1] * 9)], Pictures(None, CLASSES), most=4)
    assert (len(found.mistakes), found.n_mistakes) == (4, 9)


def test_of_equal_outputs_the_lowest_class_is_predicted(run):
    found = predictions([run([[1, 1, 1], [1, 1, 1]], [0, 2])], Pictures(None, CLASSES))
    assert found.confusion.counts == ((1, 0, 0), (0, 0, 0), (1, 0, 0))


def test_a_single_output_predicts_one_above_one_half(run):
    found = predictions([run([[0.5], [0.9], [0.2]], [0, 0, 1])], Pictures(None, ("no", "yes")))
    assert found.confusion.counts == ((1, 1), (1, 0))
    assert [(each.place, each.label, each.predicted) for each in found.mistakes] == [
        (1, "no", "yes"),
        (2, "yes", "no"),
    ]
    assert found.mistakes[1].output == pytest.approx(0.8)


def test_the_picture_is_that_of_the_image(run):
    images = np.random.default_rng(1).integers(0, 256, (2, 4, 4, 1)).astype(np.uint8)
    found = predictions([run([[1, 0, 0], [1, 0, 0]], [0, 2])], Pictures(images, CLASSES))
    (mistake,) = found.mistakes
    assert np.array_equal(mistake.image, images[1])


def test_images_of_another_number_are_not_those_that_were_tested(run):
    images = np.zeros((3, 4, 4, 1), np.uint8)
    found = predictions([run([[1, 0, 0]], [2])], Pictures(images, CLASSES))
    assert found.mistakes[0].image is None


def test_a_run_whose_predictions_are_damaged_is_left_out(run):
    record = run([[1, 0, 0]], [0])
    path = record.folder / "predictions.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    assert predictions([record], Pictures(None, CLASSES)) is None


def test_a_run_without_predictions_is_left_out(made):
    assert predictions([made.run(made.history(2))], Pictures(None, CLASSES)) is None


def test_a_mistake_is_named_by_its_row_and_id_in_the_users_data(run):
    known = Pictures(None, CLASSES, places=(7, 1_234), ids=("p1", "p9"))
    found = predictions([run([[1, 0, 0], [1, 0, 0]], [0, 2])], known)
    assert found.mistakes[0].name == "data row 1,234, p9"


def test_of_folds_no_test_example_is_named_by_its_place(run, made):
    record = run([[1, 0, 0]], [2])
    configuration = record.spec.configuration.model_copy(update={"folds": 3})
    spec = record.spec.model_copy(update={"configuration": configuration})
    known = Pictures(np.zeros((1, 4, 4, 1), np.uint8), CLASSES, places=(7,), ids=("p1",))
    (mistake,) = predictions([replace(record, spec=spec)], known).mistakes
    assert (mistake.name, mistake.image) == ("", None)
