"""What differs between two variants besides what their comparison is about, also by implication."""

from __future__ import annotations

import pytest
from tests.study.conftest import study

from paribus.study.confounds import Confound, confounds
from paribus.study.reader import load
from paribus.study.study import Study


@pytest.fixture(scope="module")
def lab() -> Study:
    return load("lab2")


IMAGES = {"mnist": 60_000, "cifar10": 50_000}
CONFOUNDS = {
    ("2", "1"): (),
    ("3c", "1"): (),
    ("4a", "2"): ("effective_step", "l2_dose"),
    ("4c", "2"): ("learning_rate", "l2_dose"),
    ("4b", "2"): ("learning_rate", "regularization"),
    ("4b", "4c"): ("regularization",),
    ("4b-l2", "4c"): (),
    ("5", "2"): ("updates", "l2_dose"),
    ("6", "5"): (),
    ("5", "6"): (),
    ("7c", "7b"): ("stopping", "updates", "l2_dose"),
    ("7c", "7a"): ("stopping", "regularization", "updates"),
}


@pytest.mark.parametrize(("pair", "expected"), CONFOUNDS.items())
def test_what_differs_besides_what_is_asked_about_confounds(
    lab: Study, pair: tuple[str, str], expected: tuple[str, ...]
):
    assert tuple(each.factor for each in confounds(lab.variants, *pair, IMAGES)) == expected


def test_what_is_implied_has_its_ratio(lab: Study):
    assert confounds(lab.variants, "4a", "2", IMAGES) == (
        Confound("effective_step", pytest.approx(10)),
        Confound("l2_dose", pytest.approx(10)),
    )
    ratio = 6750 / 422  # updates of 54,000 images in batches of 8 and of 128
    assert confounds(lab.variants, "5", "2", IMAGES) == (
        Confound("updates", pytest.approx(ratio)),
        Confound("l2_dose", pytest.approx(ratio)),
    )


def test_where_runs_have_ended_the_dose_is_that_of_the_epochs_that_ran(lab: Study):
    """7c may train for 100 epochs where 7b trains for 30; early stopping ended it after 40."""
    times = {None: 16 * 100 / 30, 40.0: 16 * 40 / 30}
    for ran, ratio in times.items():
        epochs = {"7b": 30.0, "7c": ran} if ran else {}
        dose = confounds(lab.variants, "7c", "7b", IMAGES, epochs)[-1]
        assert dose == Confound("l2_dose", pytest.approx(ratio, rel=1e-2))


L2 = {"kernel_regularizer": {"l2": 0.01}}
HEAVY = {"name": "sgd", "learning_rate": 0.01, "momentum": 0.9}


def found(changes: dict[str, object], **base: object) -> tuple[str, ...]:
    """What confounds a variant with these changes, compared with the base."""
    read = study({"plain": {}, "other": changes}, **base)
    return tuple(each.factor for each in confounds(read.variants, "other", "plain", IMAGES))


@pytest.mark.parametrize(
    ("changes", "base", "expected"),
    [
        ({"optimizer": HEAVY}, {}, ("effective_step",)),
        ({"optimizer": {**HEAVY, "learning_rate": 0.001}}, {}, ()),
        ({"optimizer": {**HEAVY, "learning_rate": 0.00109}}, {}, ()),
        ({"optimizer": {**HEAVY, "learning_rate": 0.0012}}, {}, ("learning_rate", "effective_step")),
        ({"optimizer": {**HEAVY, "learning_rate": 0.001}, "model": {"dropout": 0.3}}, {}, ("dropout",)),
        ({"optimizer": {"nesterov": True}}, {"optimizer": HEAVY}, ()),
        ({"batch_size": 64}, {}, ("updates",)),
        ({"batch_size": 64, "learning_rate": 0.005}, {}, ()),
        ({"learning_rate": 0.005, "batch_size": 64}, {}, ()),
        ({"batch_size": 64, "learning_rate": 0.02}, {}, ("learning_rate", "updates")),
        ({"batch_size": 64, "epochs": 15}, {}, ()),
        ({"batch_size": 64, "epochs": 20}, {}, ("stopping", "updates")),
        ({"batch_size": 32}, L2, ("updates", "l2_dose")),
        ({"batch_size": 70}, L2, ("updates",)),
        ({"batch_size": 32, "kernel_regularizer": {"l2": 0.0025}}, L2, ("updates",)),
        ({"batch_size": 32, "learning_rate": 0.0025}, L2, ()),
        ({"learning_rate": 0.1}, L2, ("l2_dose",)),
        ({"learning_rate": 0.1}, {}, ()),
        ({"batch_size": 32}, {"kernel_regularizer": {"l2": 1e-6}}, ("updates",)),
        ({"epochs": 300}, L2, ()),
        ({"optimizer": {"name": "adam", "learning_rate": 0.01}}, {}, ()),
        ({"optimizer": {"name": "adam", "learning_rate": 0.01}}, L2, ("l2_dose",)),
        ({"optimizer": "nadam"}, {**L2, "optimizer": "adam"}, ()),
    ],
)  # fmt: skip
def test_what_a_change_implies_counts_and_what_keeps_it_equal_does_not(
    changes: dict[str, object], base: dict[str, object], expected: tuple[str, ...]
):
    assert found(changes, **base) == expected
