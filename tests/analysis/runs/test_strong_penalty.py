"""A penalty that takes the weights away, at both sides of each boundary."""

from __future__ import annotations

import pytest
from tests.analysis.made_runs import (
    abstains,
    configured,
    flat,
    found,
    hidden,
    judged,
    measured,
    of,
    run,
    study,
)

from paribus.analysis.causes.advice import advice
from paribus.analysis.runs.diagnosis import diagnose

L1 = {"kernel_regularizer": {"l1": 0.01}}


def penalized(left=0.05, penalty=1.0, learned=False):
    """A run whose first layer keeps a share of its weights, under a penalty beside a data loss of 0.05."""
    then = hidden(weight=10 * left)
    return configured(L1, measured({}, then, learned=learned, penalty=flat(penalty)))


@pytest.mark.parametrize(("left", "is_found"), [(0.11, False), (0.09, True)])
def test_it_is_found_where_less_than_a_tenth_of_the_weights_is_left(left, is_found):
    assert (judged("strong-penalty", penalized(left)) is not None) is is_found


@pytest.mark.parametrize(("penalty", "is_found"), [(0.049, False), (0.051, True)])
def test_it_is_found_where_more_than_half_of_the_loss_is_penalty(penalty, is_found):
    assert (judged("strong-penalty", penalized(penalty=penalty)) is not None) is is_found


def test_a_network_that_learned_has_only_a_loss_of_penalty():
    assert judged("strong-penalty", penalized(learned=True)) is None
    assert "penalty-dominates" in found(penalized(learned=True))
    assert "penalty-dominates" not in found(penalized())


def test_weights_without_a_gradient_from_the_start_are_no_fault_of_the_penalty():
    dead = hidden(gradient=0.0, weight=0.5)
    first = hidden(gradient=0.0)
    lost = configured(L1, measured(first, dead, learned=False, penalty=flat(1.0)))
    assert judged("strong-penalty", lost) is None


def test_a_run_without_a_penalty_is_not_judged():
    assert abstains("strong-penalty", measured({}, {}, learned=False))


def test_the_penalty_is_mended_first_and_not_the_learning_rate():
    asked = study(plain=L1)
    diagnosed = diagnose(asked, {("plain", 0): penalized()})
    assert of(diagnosed, "nothing-learned", "plain").follows_from.code == "strong-penalty"
    assert [each.kind for each in advice(asked, diagnosed)] == ["unpenalized"]


def shrunk(left: float, train: float, validation: float):
    """A run whose first layer keeps a share of its weights, under a small penalty."""
    curves = {"accuracy": flat(train), "val_accuracy": flat(validation), "penalty": flat(0.001)}
    probes = measured({}, hidden(weight=10 * left)).probes
    return configured(L1, run(**curves, more={"probes": probes}))


@pytest.mark.parametrize(
    ("left", "train", "validation", "is_found"),
    [
        (0.33, 0.8, 0.8, True),
        (0.34, 0.8, 0.8, False),
        (0.33, 0.95, 0.95, False),
        (0.33, 0.89, 0.8, False),
        (0.33, 0.7, 0.66, True),
    ],
    ids=["shrunk", "kept", "fits", "a gap", "a small gap"],
)
def test_a_penalty_limits_where_it_takes_the_weights_of_a_network_that_fits_poorly(
    left, train, validation, is_found
):
    assert (judged("penalty-limits", shrunk(left, train, validation)) is not None) is is_found


@pytest.mark.parametrize(("decay", "is_found"), [(0.68, False), (0.70, True)])
def test_a_decay_is_strong_where_it_halves_a_weight_within_a_hundred_updates(decay, is_found):
    adamw = {"optimizer": {"name": "adamw", "learning_rate": 0.01, "weight_decay": decay}}
    poor = run(accuracy=flat(0.8), val_accuracy=flat(0.8))
    assert (judged("strong-decay", configured(adamw, poor)) is not None) is is_found
    assert judged("strong-decay", configured(adamw, run())) is None


@pytest.mark.parametrize(
    ("decay", "words"),
    [(100.0, "within 1 update."), (0.7, "within 99 updates."), (20.0, "within 4 updates.")],
)
def test_within_how_many_updates_a_weight_is_halved_is_computed(decay, words):
    adamw = {"optimizer": {"name": "adamw", "learning_rate": 0.01, "weight_decay": decay}}
    poor = run(accuracy=flat(0.8), val_accuracy=flat(0.8))
    assert words in str(judged("strong-decay", configured(adamw, poor)).placeholders["fault"])
