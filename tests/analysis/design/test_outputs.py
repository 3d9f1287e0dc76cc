"""Which last activation fits which loss."""

import pytest
from tests.analysis.made_studies import clean, finding

from paribus.analysis.design.outputs import fitting_output
from paribus.analysis.finding import Severity
from paribus.study.techniques import Kind, names


def severity(loss: str, output: str) -> Severity | None:
    found = finding(clean({"loss": loss, "model": {"output": output}}), "output-loss")
    return found and found.severity


@pytest.mark.parametrize("loss", names(Kind.LOSS))
def test_an_output_that_a_loss_is_made_for_fits(loss):
    assert severity(loss, fitting_output(loss)) is None


@pytest.mark.parametrize("output", ["linear", "relu", "tanh", "elu", "log_softmax"])
@pytest.mark.parametrize(
    "loss",
    ["categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy", "kl_divergence"],
)
def test_probabilities_cannot_be_what_is_no_probability(loss, output):
    assert severity(loss, output) is Severity.SERIOUS


@pytest.mark.parametrize(
    ("loss", "output"),
    [("binary_crossentropy", "softmax"), ("categorical_crossentropy", "sigmoid"), ("hinge", "softmax")],
)
def test_outputs_that_mean_something_else_are_a_warning(loss, output):
    assert severity(loss, output) is Severity.WARNING


@pytest.mark.parametrize(
    ("loss", "output"),
    [
        ("mean_squared_error", "sigmoid"),
        ("mean_squared_error", "linear"),
        ("categorical_hinge", "softmax"),
        ("categorical_crossentropy", "softplus"),
        ("binary_crossentropy", "hard_sigmoid"),
        ("hinge", "linear"),
    ],
)
def test_what_a_loss_can_score_is_not_doubted(loss, output):
    assert severity(loss, output) is None


def test_softplus_is_clipped_at_1_where_labels_are_sparse():
    assert severity("sparse_categorical_crossentropy", "softplus") is Severity.SERIOUS


def test_an_output_that_is_a_layer_of_its_own_is_judged_alike():
    layers = ["flatten", {"dense": 10}, {"activation": "relu"}]
    found = finding(clean({"model": layers}), "output-loss")
    assert found.severity is Severity.SERIOUS
    assert "Set the last activation to softmax" in str(found.remedy)


def test_a_loss_of_logarithms_has_none_of_negative_outputs_and_one_that_takes_them_for_zero_no_gradient():
    assert severity("poisson", "tanh") is Severity.SERIOUS
    assert severity("mean_squared_logarithmic_error", "linear") is Severity.WARNING
    assert severity("poisson", "softmax") is severity("mean_squared_logarithmic_error", "relu") is None
