"""A penalty that takes the weights away, at both sides of each boundary."""

from __future__ import annotations

import pytest
from tests.analysis.made_runs import abstains, configured, flat, found, hidden, judged, measured, of, study

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
