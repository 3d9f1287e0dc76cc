"""The key `expect`: what it may say, what is wrong with it, and that students do not get it."""

import pytest

from paribus.analysis.design.review import review
from paribus.analysis.questions.verdict import Verdict
from paribus.errors import StudyError
from paribus.study.model import VERDICTS
from paribus.study.reader import load
from paribus.study.to_dict import to_dict

BASE = {
    "name": "mine",
    "data": "mnist",
    "seeds": 3,
    "margin": 0.01,
    "base": {
        "scale": "unit",
        "model": {"hidden": [8], "output": "softmax"},
        "loss": "categorical_crossentropy",
        "optimizer": "sgd",
        "epochs": 2,
    },
    "variants": {"plain": {}, "wide": {"model": {"hidden": [16]}}},
    "questions": [{"treatment": "wide", "reference": "plain"}],
}
PAIR = {"treatment": "wide", "reference": "plain"}


def study(*expect, **fields):
    return load({**BASE, "expect": list(expect), **fields})


def wrong(*expect):
    with pytest.raises(StudyError) as caught:
        study(*expect)
    return str(caught.value) + "\n".join(fault.message("x") for fault in caught.value.faults)


def found(*expect, **fields):
    return {each.code for each in review(study(*expect, **fields)) if each.code.startswith("expected")}


def test_the_verdicts_are_those_that_comparisons_have():
    assert [str(each) for each in Verdict] == list(VERDICTS)


def test_each_kind_is_read_with_its_default_metric_and_points():
    read = study(
        {"finding": "overfitting", "variant": "wide", "absent": True},
        {"verdict": "better", **PAIR, "points": 2},
        {"between": [0.9, 0.95], "variant": "plain"},
        {"between": [-0.01, 0.01], **PAIR, "metric": "val_accuracy"},
        {"published": "within", **PAIR},
    ).expect
    assert [each.kind for each in read] == ["finding", "verdict", "between", "between", "published"]
    assert [each.points for each in read] == [1, 2, 1, 1, 1]
    assert [each.metric for each in read][1::2] == ["test_accuracy", "val_accuracy"]
    assert (read[0].absent, read[2].between, read[3].variants) == (True, (0.9, 0.95), ("wide", "plain"))


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"verdict": "better", "finding": "overfitting", **PAIR}, "has 2"),
        ({"variant": "plain"}, "has 0"),
        ({"verdict": "better", "treatment": "wide"}, "needs reference"),
        ({"finding": "overfitting"}, "needs variant"),
        ({"finding": "overfitting", "variant": "plane"}, "Did you mean 'plain'?"),
        ({"verdict": "good", **PAIR}, "better"),
        ({"between": [0.9], "variant": "plain"}, "the largest value"),
        ({"between": [0.9, 0.8], "variant": "plain"}, "the largest value"),
        ({"between": [0, 1], "variant": "plain", "metric": "test_rmse"}, "test_rmse"),
        ({"verdict": "better", "treatment": "wide", "reference": "wide"}, "itself"),
        ({"verdict": "better", **PAIR, "points": 0}, "above 0"),
    ],
)
def test_what_is_wrong_is_said_with_its_remedy(entry, said):
    assert said in wrong(entry)


def test_an_expectation_that_cannot_come_true_is_found_before_anything_is_trained():
    assert found({"verdict": "better", **PAIR}) == set()
    assert found({"finding": "overfiting", "variant": "plain"}) == {"expected-finding-unknown"}
    assert found({"verdict": "better", **PAIR}, seeds=2) == {"expected-verdict-seeds"}
    assert found({"verdict": "undecided", **PAIR}, seeds=2) == set()
    assert found({"verdict": "better", **PAIR}, questions=[]) == {"expected-not-asked"}


def test_a_study_without_expectations_is_written_as_before_and_none_reach_a_notebook():
    assert "expect" not in study().model_dump()
    keyed = study({"verdict": "better", **PAIR})
    assert load(keyed).model_validate(keyed.model_dump(mode="json")).expect == keyed.expect
    assert "expect" not in to_dict(keyed)
