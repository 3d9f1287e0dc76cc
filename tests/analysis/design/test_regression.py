"""Targets, last activation and loss of a regression."""

from __future__ import annotations

import pytest
from tests.analysis.made_studies import clean, finding, tabled, tabular

from paribus.analysis.finding import Severity
from paribus.study.census import Column

SERIOUS, WARNING, INFO = Severity


def found(code: str, target: Column | None = None, **base: object):
    study = tabular("diabetes", metric="test_data_loss", **base)
    return finding(study, code, data=tabled(study, targets=(target,) if target else ()))


def output(activation: str) -> dict[str, object]:
    return {"model": {"hidden": [16], "output": activation}}


@pytest.mark.parametrize(
    ("mean", "spread", "is_told"),
    [(0, 1, False), (5, 5, False), (148, 77, True), (0, 12, True), (0.5, 0.001, True)],
)
def test_targets_far_from_what_a_network_starts_with_are_told(mean, spread, is_told):
    told = found("unscaled-targets", Column(name="target 1", mean=mean, spread=spread))
    assert (told is not None) is is_told


def test_targets_that_are_scaled_are_not_told():
    target = Column(name="target 1", mean=148, spread=77)
    assert found("unscaled-targets", target, target_scale="standard") is None
    told = found("unscaled-targets", target)
    assert told.factors == ("target_scale",)
    assert "target_scale: standard" in str(told.remedy)


def test_what_scaled_targets_become_is_what_outputs_must_reach():
    target = Column(name="target 1", mean=100, spread=50, lowest=25, highest=175)  # -1.5 to 1.5 when scaled
    assert found("limited-output", target, **output("relu")).severity is INFO
    scaled = found("limited-output", target, target_scale="standard", **output("relu"))
    assert scaled.severity is SERIOUS
    assert scaled.evidence["lowest"] == -1.5


def test_shares_that_are_scaled_are_no_shares():
    target = Column(name="target 1", mean=0.4, spread=0.2, lowest=0, highest=1)
    base = {"loss": "binary_crossentropy", **output("sigmoid")}
    assert found("class-loss-for-numbers", target, target_scale="standard", **base).severity is SERIOUS


def test_a_loss_that_looks_at_ratios_does_not_mind():
    target = Column(name="target 1", mean=148, spread=77, lowest=25)
    loss = {"loss": "mean_squared_logarithmic_error", **output("softplus")}
    assert found("unscaled-targets", target, **loss) is None


@pytest.mark.parametrize(
    ("activation", "lowest", "highest", "severity"),
    [
        ("linear", -1, 1, None),
        ("relu", 25, 346, INFO),
        ("relu", -1, 1, SERIOUS),
        ("sigmoid", 0, 1, INFO),
        ("sigmoid", 25, 346, SERIOUS),
        ("tanh", -0.5, 0.5, INFO),
    ],
)
def test_an_activation_must_be_able_to_put_out_every_target(activation, lowest, highest, severity):
    target = Column(name="target 1", spread=1, lowest=lowest, highest=highest)
    told = found("limited-output", target, **output(activation))
    assert (told and told.severity) == severity


def test_where_targets_were_not_counted_a_limit_is_a_warning():
    assert found("limited-output", **output("sigmoid")).severity is WARNING


@pytest.mark.parametrize("loss", ["binary_crossentropy", "kl_divergence", "hinge", "squared_hinge"])
def test_a_loss_of_classes_is_no_loss_of_numbers(loss):
    assert found("class-loss-for-numbers", loss=loss).severity is SERIOUS


@pytest.mark.parametrize("loss", ["mean_squared_error", "mean_absolute_error", "huber", "log_cosh"])
def test_a_distance_is(loss):
    assert found("class-loss-for-numbers", loss=loss) is None


def test_a_binary_cross_entropy_of_shares_is_none_of_classes():
    target = Column(name="target 1", mean=0.4, spread=0.2, lowest=0, highest=1)
    assert found("class-loss-for-numbers", target, loss="binary_crossentropy", **output("sigmoid")) is None


def test_a_poisson_loss_still_needs_outputs_above_zero():
    told = found("output-loss", loss="poisson")
    assert told.severity is SERIOUS
    assert told.placeholders["fitting"] == "softplus"
    assert found("output-loss", loss="poisson", **output("softplus")) is None


def test_a_distance_is_no_odd_loss_in_a_regression_as_it_is_for_classes():
    assert found("distance-for-classes") is None
    assert finding(clean({"loss": "mse"}), "distance-for-classes") is not None


def test_nothing_of_regressions_is_said_of_classes():
    assert finding(clean(), "limited-output") is finding(clean(), "unscaled-targets") is None
