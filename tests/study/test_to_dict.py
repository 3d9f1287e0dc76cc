"""A study handed on without its file is the same study."""

import pytest

from paribus.study.reader import load
from paribus.study.study import Study
from paribus.study.to_dict import same_meaning, to_dict

BASE = {
    "data": "mnist",
    "model": {"hidden": [8], "output": "softmax"},
    "loss": "categorical_crossentropy",
    "optimizer": {"name": "sgd", "learning_rate": 0.1},
    "epochs": 2,
}


def study(variants, **fields):
    return load({"name": "mine", "base": BASE, "variants": variants, **fields})


@pytest.mark.parametrize(
    "given",
    [
        load("lab2"),
        study({"plain": {}, "l2": {"kernel_regularizer": {"l2": 0.01}}}, seeds=3, margin=0.01),
        study({"fast": {"learning_rate": 1.0}}),
        study({"a": {"optimizer": "adam"}, "b": {"learning_rate": 0.5}, "c": {"from": "b", "epochs": 3}}),
        study({"a": {"model": {"dropout": 0.5}}, "b": {"model": {"dropout": 0.1}}}),
        study({"a": {"epochs": 3}}, questions=[], published={"a": {"test": 0.9}}),
        study({"a": {}, "b": {}}, published={"a": {"test": 0.9, "runs": 3}, "b": {"test": 0.9, "of": "a"}}),
    ],
    ids=["lab2", "plain", "rate", "no variant is the base", "model", "published", "published of another"],
)
def test_a_study_written_again_asks_the_same(given):
    again = Study(**to_dict(given))
    assert same_meaning(again, given)


def test_it_is_written_as_its_file_was_where_that_is_known():
    found = to_dict(study({"plain": {}, "long": {"from": "plain", "epochs": 9}}))
    assert found["base"] == BASE
    assert found["variants"] == {"plain": {}, "long": {"from": "plain", "epochs": 9}}
    assert "title" not in found


def test_a_study_that_was_never_written_is_handed_on_whole(made):
    given = made.study()
    assert Study(**to_dict(given)) == given
