"""L2's dose against the multiplication written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.analysis.made_studies import clean
from tests.conftest import made_history, made_run

from paribus.analysis.design.review import review
from paribus.record.records import Records
from paribus.study.l2_dose import Dose
from paribus.study.reader import load
from paribus.study.study import Study

SCHEDULE = {"name": "cosine_decay", "initial_learning_rate": 0.1, "decay_steps": 900}


def multiplied(strength: float, rate: float, momentum: float, updates: int) -> float:
    """A weight of 1 after SGD on λw² alone, update by update, as Keras has it."""
    weight, velocity = np.float64(1), np.float64(0)
    for _ in range(updates):
        velocity = momentum * velocity - rate * 2 * strength * weight
        weight += velocity
    return float(weight)


def doses(study: Study) -> dict[str, dict[str, float]]:
    """The evidence of each variant's dose."""
    return {
        each.variants[0]: dict(each.evidence)
        for each in review(study)
        if each.code in ("dose", "dose-total", "dose-nothing")
    }


@pytest.mark.parametrize(
    ("strength", "rate", "updates"), [(0.01, 0.01, 12_660), (0.001, 0.1, 900), (0.3, 1, 7)]
)
def test_it_is_the_multiplication_written_out(strength, rate, updates):
    expected = multiplied(strength, rate, 0, updates)
    assert Dose(strength, rate, updates).remaining == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("momentum", [0.5, 0.9])
def test_momentum_makes_it_that_of_the_longer_step(momentum):
    expected = multiplied(0.001, 0.01, momentum, 5000)
    found = Dose(0.001, 0.01 / (1 - momentum), 5000).remaining
    assert math.log(found) == pytest.approx(math.log(expected), rel=0.01)


def test_the_lab_has_the_doses_that_were_computed_of_it():
    found = doses(load("lab2"))
    assert found["2"]["left"] == pytest.approx(0.08, abs=0.005)
    assert found["5"]["left"] == pytest.approx(3e-18, rel=0.2)
    assert found["7b"]["left"] == pytest.approx(0.81, abs=0.005)
    assert found["2"]["updates"] == 30 * 422  # 54,000 images in batches of 128
    assert not {"4c", "4b-l2"} & set(found)


def test_the_strength_that_is_proposed_leaves_what_it_says():
    found = Dose(0.01, 0.01, 12_660)
    for share in (0.1, 0.5):
        proposed = Dose(found.strength_leaving(share), found.step, found.updates)
        assert proposed.remaining == pytest.approx(share, rel=0.001)


def test_the_matching_strength_makes_the_doses_equal():
    strong = {"kernel_regularizer": {"l2": 0.001}}
    (changed,) = [each for each in review(clean({"batch_size": 8}, strong)) if each.code == "dose-changed"]
    matching = changed.evidence["matching"]
    found = doses(clean({"batch_size": 8, "kernel_regularizer": {"l2": matching}}, strong))
    assert found["treatment"]["left"] == pytest.approx(found["plain"]["left"], rel=0.01)


@pytest.mark.parametrize(
    "optimizer",
    [
        {"name": "adam", "learning_rate": 0.001},
        {"name": "sgd", "learning_rate": 0.1, "clipnorm": 1.0},
        {"name": "sgd", "learning_rate": 0.1, "momentum": 1.0},
        {"name": "sgd", "learning_rate": SCHEDULE},
    ],
    ids=["adam", "clipped", "without friction", "schedule"],
)  # fmt: skip
def test_what_cannot_be_computed_before_training_is_not_reported(optimizer):
    assert doses(clean(None, {"optimizer": optimizer, "kernel_regularizer": {"l2": 0.001}})) == {}


def test_biases_alone_have_no_dose():
    assert doses(clean({"bias_regularizer": {"l2": 0.001}})) == {}


def test_the_strongest_of_several_layers_counts():
    layers = {"layers": {"hidden_1": {"kernel_regularizer": {"l1": 0.1, "l2": 0.002}}}}
    found = doses(clean({**layers, "kernel_regularizer": {"l2": 0.001}}))
    assert found["treatment"]["strength"] == 0.002


def test_of_what_has_run_the_epochs_count_that_it_ran():
    study = clean({"epochs": 100}, {"kernel_regularizer": {"l2": 0.001}})
    ran = Records({("treatment", seed): made_run(made_history(10)) for seed in range(2)})
    found = {each.variants[0]: each.evidence for each in review(study, records=ran) if each.code == "dose"}
    assert (found["treatment"]["epochs"], found["treatment"]["updates"]) == (10, 4220)
    assert found["plain"]["epochs"] == study.variants["plain"].configuration.epochs


def multiplied_by_nesterov(strength: float, rate: float, momentum: float, updates: int) -> float:
    weight, velocity = np.float64(1), np.float64(0)
    for _ in range(updates):
        pull = rate * 2 * strength * weight
        velocity = momentum * velocity - pull
        weight += momentum * velocity - pull
    return float(weight)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("step", [multiplied, multiplied_by_nesterov], ids=["plain", "nesterov"])
@pytest.mark.parametrize(("share", "grows"), [(0.97, False), (1.03, True)])
def test_weights_grow_from_the_limit_on_as_the_multiplication_says(momentum, step, share, grows):
    nesterov = step is multiplied_by_nesterov and momentum > 0
    limit = Dose(1.0, 0.1 / (1 - momentum), 1, momentum, nesterov).limit
    found = Dose(share * limit, 0.1 / (1 - momentum), 2000, momentum, nesterov)
    assert found.diverges is grows
    weights = [abs(step(found.strength, 0.1, momentum, updates)) for updates in (1000, 2000)]
    assert (weights[1] > weights[0]) is grows
    assert (weights[1] / weights[0]) ** (1 / 1000) == pytest.approx(found.growth, rel=1e-3)


@pytest.mark.parametrize(
    ("strength", "rate", "momentum"), [(0.7, 1.0, 0.0), (0.99, 1.0, 0.0), (1.0, 0.1, 0.9)]
)
def test_a_weight_that_swings_keeps_a_share_between_0_and_1(strength, rate, momentum):
    found = Dose(strength, rate / (1 - momentum), 12, momentum)
    assert found.swings
    assert 0 < found.remaining < 1
    if not momentum:
        assert found.remaining == pytest.approx(abs(multiplied(strength, rate, momentum, 12)))


def test_the_dose_says_which_epochs_it_is_of():
    penalty = {"kernel_regularizer": {"l2": 0.001}}
    stops = {"early_stopping": {"monitor": "val_loss", "patience": 3}}
    study = clean({**stops, "epochs": 20}, penalty)
    ran = Records({("treatment", seed): made_run(made_history(8 + seed)) for seed in range(2)})
    before, after = (
        {each.variants[0]: str(each.why) for each in review(study, records=records) if each.code == "dose"}
        for records in (Records(), ran)
    )
    assert "(20 epochs, if it runs them all)" in before["treatment"]
    assert "(10 epochs)" in before["plain"]
    assert "(8.5 of 20 epochs, on average)" in after["treatment"]
