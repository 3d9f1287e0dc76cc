"""What each seed holds out, looked at before anything is trained."""

from __future__ import annotations

import re

import numpy as np
import pytest

import paribus as pb
from paribus.texts import language

ROWS = 60
X = np.random.default_rng(0).normal(size=(ROWS, 3))
CLASSES = np.where(X.sum(axis=1) > 0, "a", "b").astype(object)


def study(data, *, seeds=40, **base):
    number = data.facts.task == "regression"
    return {
        "name": "divided",
        "seeds": seeds,
        "data": data,
        "base": {
            "model": {"hidden": [4], "output": "linear" if number else "softmax"},
            "loss": "mean_squared_error" if number else "categorical_crossentropy",
            "optimizer": {"name": "sgd", "learning_rate": 0.01},
            "batch_size": 8,
            "epochs": 2,
            **base,
        },
        "variants": {"plain": {}, "wide": {"model": {"hidden": [8]}}},
        "questions": [{"treatment": "wide", "reference": "plain"}],
    }


def with_rare(*rows):
    labels = CLASSES.copy()
    labels[list(rows)] = "rare"
    return labels


def test_a_class_that_a_seed_holds_out_as_a_whole_is_refused_once_with_its_number_and_the_remedy():
    data = pb.Data(X, with_rare(3, 4, 5))
    with pytest.raises(pb.DataError) as refused:
        pb.review(study(data, validation=0.3))
    said = str(refused.value)
    assert re.search(r"rare \(\d\) \(class and examples; seeds: \d", said)
    assert "split: stratified" in said
    with language("vi"):
        assert "không thể học lớp đó: rare (" in str(refused.value)


def test_a_run_is_refused_before_anything_is_trained(tmp_path):
    with pytest.raises(pb.DataError, match="rare"):
        pb.run(study(pb.Data(X, with_rare(3, 4, 5)), validation=0.3), out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_stratified_split_keeps_an_example_of_each_class_and_is_not_refused():
    pb.review(study(pb.Data(X, with_rare(3, 4, 5)), validation=0.3, split="stratified"))


def test_seeds_that_train_on_each_class_are_not_refused():
    pb.review(study(pb.Data(X, CLASSES)))


def test_a_small_training_size_may_lack_classes():
    pb.review(study(pb.Data(X, CLASSES), train_size=2, batch_size=2))


def test_a_class_of_one_group_is_refused_where_that_group_is_held_out():
    labels, groups = CLASSES.copy(), np.arange(ROWS) // 6
    for group in (0, 1, 2, 4, 5, 6, 8, 9):  # one of them is drawn into the test data by no seed
        labels[groups == group] = "a" if group % 2 else "b"
    labels[groups == 3] = "alone"
    with pytest.raises(pb.DataError, match=r"alone \(6\)"):
        pb.review(study(pb.Data(X, labels, groups=groups), split="group"))


def test_the_last_rows_are_not_held_out_with_a_class_of_their_own():
    labels = CLASSES.copy()
    labels[48:57] = "late"  # the test data are the last three, and have it as well
    data = pb.Data(X[:57], labels[:57], test=0.05, ordered=True)
    with pytest.raises(pb.DataError, match=r"last rows .* late \(9\)"):
        pb.review(study(data, split="time", validation=0.2))


@pytest.mark.parametrize(
    ("rare", "taken"),
    [(range(50, ROWS), {"ordered": True}), (range(18, 24), {"groups": np.arange(ROWS) // 6})],
    ids=["ordered", "groups"],
)
def test_test_data_that_take_all_of_a_class_are_refused(rare, taken):
    with pytest.raises(pb.DataError, match=r"became test data.*rare \(\d+\)"):
        pb.Data(X, with_rare(*rare), **taken)


@pytest.mark.parametrize("watched", [{"early_stopping": {"monitor": "val_r2", "patience": 2}}, {}])
def test_r2_of_one_validation_row_is_refused_where_training_watches_it(watched):
    asked = study(pb.Data(X[:20], X[:20].sum(axis=1)), validation=0.05, **watched)
    if not watched:
        pb.review(asked)
        return
    with pytest.raises(pb.DataError, match=r"val_r2 is not defined .*\(1 examples"):
        pb.review(asked)


def test_r2_of_folds_with_one_row_is_refused_where_a_question_is_about_it():
    asked = study(pb.Data(X[:20], X[:20].sum(axis=1)), folds=20, seeds=3)
    with pytest.raises(pb.DataError, match="test_r2 is not defined on the test data"):
        pb.review(asked)
    asked["questions"][0]["metric"] = "test_mae"
    pb.review(asked)


def test_an_area_under_a_curve_is_refused_where_a_class_is_missing_among_those_held_out():
    asked = study(
        pb.Data(X, with_rare(*range(6))),
        validation=0.05,
        metrics=["roc_auc"],
        early_stopping={"monitor": "val_roc_auc", "patience": 2},
        seeds=5,
    )
    with pytest.raises(pb.DataError, match="val_roc_auc is not defined"):
        pb.review(asked)
