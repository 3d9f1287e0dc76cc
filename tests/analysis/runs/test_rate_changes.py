"""How much smaller or larger a learning rate is tried: by the first update, else by Keras's default."""

from __future__ import annotations

import pytest
from tests.analysis.made_runs import hidden, measured
from tests.analysis.made_studies import clean

from paribus.analysis.finding import Finding, Severity
from paribus.analysis.runs.rate_changes import FIRST_RATIO, larger_rate, smaller_rate
from paribus.analysis.runs.updates import first_ratio
from paribus.study.derive import derive_variant

ADAM = {"name": "adam"}
SGD = {"name": "sgd"}


def tried(change, optimizer: dict[str, object], ratio: float | None) -> float:
    """The learning rate that is tried in place of an optimizer's."""
    configuration = clean(plain={"optimizer": optimizer}).variants["plain"].configuration
    finding = Finding("large-steps", Severity.WARNING, placeholders={FIRST_RATIO: ratio})
    (each,) = change(configuration, finding, "rate")
    assert each.values["times"] == pytest.approx(each.values["then"] / each.values["now"])
    return each.values["then"]


@pytest.mark.parametrize(
    ("rate", "ratio", "then"),
    [(1000.0, 130.0, 0.08), (3.0, 0.4, 0.07), (0.1, 0.02, 0.01), (0.1, 0.001, 0.01)],
)
def test_a_smaller_rate_makes_the_first_update_a_hundredth_of_the_weights_or_is_a_tenth(rate, ratio, then):
    assert tried(smaller_rate, {**SGD, "learning_rate": rate}, ratio) == pytest.approx(then)


@pytest.mark.parametrize(("rate", "ratio", "then"), [(1e-7, 1.5e-6, 7e-4), (1e-4, 0.005, 1e-3)])
def test_a_larger_rate_makes_the_first_update_a_hundredth_of_the_weights_or_is_ten_times(rate, ratio, then):
    assert tried(larger_rate, {**ADAM, "learning_rate": rate}, ratio) == pytest.approx(then)


@pytest.mark.parametrize(
    ("change", "optimizer", "rate", "then"),
    [
        (smaller_rate, SGD, 1000.0, 0.01),
        (smaller_rate, SGD, 0.2, 0.02),
        (smaller_rate, ADAM, 1.0, 0.001),
        (larger_rate, ADAM, 1e-7, 0.001),
        (larger_rate, SGD, 1e-3, 0.01),
    ],
)
def test_without_a_measured_update_a_rate_far_from_the_default_becomes_the_default(
    change, optimizer, rate, then
):
    assert tried(change, {**optimizer, "learning_rate": rate}, None) == pytest.approx(then)


def test_the_first_update_is_that_of_the_layer_that_moves_most_and_longer_with_momentum():
    assert first_ratio(measured(hidden(ratio=0.4), {})) == pytest.approx(0.4)
    momentum = {"optimizer": {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9}}
    configuration = clean(plain=momentum).variants["plain"].configuration
    with_momentum = measured(hidden(ratio=0.4), {}, configuration=configuration)
    assert first_ratio(with_momentum) == pytest.approx(4.0)


def test_a_schedule_keeps_all_but_its_rates():
    decay = {"name": "cosine_decay", "initial_learning_rate": 5.0, "decay_steps": 100, "alpha": 0.1}
    study = clean(plain={"optimizer": {"name": "sgd", "learning_rate": decay}})
    finding = Finding("large-steps", Severity.WARNING, placeholders={FIRST_RATIO: 0.5})
    (each,) = smaller_rate(study.variants["plain"].configuration, finding, "rate")
    assert each.settings == {"learning_rate": {"initial_learning_rate": pytest.approx(0.1)}}
    changed = derive_variant(study, "plain", "other", each.settings).configuration.optimizer
    assert changed.arguments["learning_rate"].arguments["alpha"] == 0.1
