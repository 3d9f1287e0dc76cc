"""Labels as people have them: what task they mean, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.data.own.labels import read_labels
from paribus.errors import DataError


def of(labels, task=None):
    return read_labels(np.asarray(labels), task, "here")


def refusal(labels, task=None):
    with pytest.raises(DataError) as caught:
        of(labels, task)
    return str(caught.value)


def test_words_are_classes_in_alphabetical_order():
    found = of(["yes", "no", "yes"])
    assert (found.task, found.classes, found.values.tolist()) == ("classification", ("no", "yes"), [1, 0, 1])


def test_truth_values_are_two_classes():
    assert of([True, False]).classes == ("False", "True")


def test_whole_numbers_from_anywhere_are_classes_in_their_order():
    found = of([7, -1, 300, 7])
    assert (found.classes, found.values.tolist()) == (("-1", "7", "300"), [1, 0, 2, 1])


def test_whole_numbers_kept_as_floats_are_classes_without_a_point():
    assert of([1.0, 2.0, 1.0]).classes == ("1", "2")


def test_rows_with_a_single_one_are_one_hot():
    found = of([[0, 1], [1, 0], [0, 1]])
    assert (found.task, found.values.tolist()) == ("classification", [1, 0, 1])


def test_rows_with_any_number_of_ones_are_several_labels():
    found = of([[1, 1, 0], [0, 0, 0]])
    assert (found.task, found.values.dtype, found.classes) == ("multilabel", np.float32, ("0", "1", "2"))


def test_fractions_are_a_regression():
    found = of([0.5, 1.25])
    assert (found.task, found.values.shape, found.classes) == ("regression", (2, 1), ())


def test_columns_of_numbers_are_several_targets():
    assert of([[0.5, 2], [1, 3]]).values.shape == (2, 2)


def test_many_whole_numbers_with_few_rows_each_are_a_regression():
    assert of(np.arange(100)).task == "regression"


def test_a_thousand_classes_with_five_rows_each_are_classes():
    assert len(of(np.repeat(np.arange(1_000), 5)).classes) == 1_000


def test_what_the_study_says_goes_before_what_the_labels_look_like():
    assert of([1, 2, 3], "regression").task == "regression"
    assert of(np.arange(50), "classification").classes[-1] == "49"


def test_words_of_several_types_are_told_apart_as_text():
    assert of(np.array(["a", 1, "b"], object)).classes == ("1", "a", "b")


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (np.array([0.5, np.nan, 2]), "without a label: 1 (2; counted from 1, without a header)"),
        (np.array(["a", None, "b"], object), "without a label: 1 (2; counted from 1, without a header)"),
        (np.array([1.0, np.inf]), "without a label: 1 (2; counted from 1, without a header)"),
    ],
)
def test_a_missing_label_is_refused_with_its_row(labels, told):
    assert told in refusal(labels)


def test_text_in_a_regression_is_refused_by_name():
    assert "'cheap'" in refusal(["1.5", "cheap"], "regression")


def test_a_single_class_is_refused():
    assert "Every label is 'a'" in refusal(["a", "a"])


def test_rows_of_several_ones_are_no_one_hot_labels():
    assert "task: multilabel" in refusal([[1, 1], [0, 1]], "classification")


def test_labels_of_three_dimensions_are_refused():
    assert "(2, 2, 2)" in refusal(np.zeros((2, 2, 2)))


@given(st.lists(st.sampled_from(["a", "b", "c"]), min_size=2).filter(lambda each: len(set(each)) > 1))
def test_numbered_classes_name_what_they_were(labels):
    found = of(labels)
    assert [found.classes[code] for code in found.values] == labels
