"""Networks with layers that use weights in other ways: the review says of them only what it knows."""

import pytest
from tests.analysis.made_studies import clean

from paribus.analysis.design.review import review

END = {"dense": {"units": 10, "activation": "softmax"}}
ROWS = {"reshape": [28, 28]}
NETWORKS = {
    "recurrent": [ROWS, {"bidirectional": {"lstm": {"units": 8, "dropout": 0.2}}}, {"dense": 16}, END],
    "attention": [
        ROWS,
        {"multi_head_attention": {"num_heads": 2, "key_dim": 4}},
        "flatten",
        {"dense": 10},
        "softmax",
    ],
    "tokens": ["flatten", {"embedding": {"input_dim": 256, "output_dim": 4}}, "global_max_pooling1d", END],
    "sequences": [
        ROWS,
        {"conv1d": {"filters": 8, "kernel_size": 3}},
        "relu",
        "max_pooling1d",
        "flatten",
        END,
    ],
    "wrapped": ["flatten", {"spectral_normalization": {"dense": 16}}, "prelu", END],
    "steps": [ROWS, {"time_distributed": {"dense": {"units": 8, "activation": "relu"}}}, "flatten", END],
    "without a dense layer": [ROWS, {"lstm": 8}, {"repeat_vector": 2}, {"lstm": 10}, "softmax"],
    "noisy": [
        "flatten",
        {"gaussian_noise": 0.1},
        {"dense": 16},
        {"activity_regularization": {"l2": 0.01}},
        "elu",
        END,
    ],
}


@pytest.mark.parametrize("scale", ["none", "unit"])
@pytest.mark.parametrize("loss", ["categorical_crossentropy", "mean_squared_error"])
@pytest.mark.parametrize("network", NETWORKS)
def test_a_network_of_other_layers_is_reviewed(network, loss, scale):
    settings = {"model": NETWORKS[network], "optimizer": {"name": "sgd", "learning_rate": 0.01}}
    study = clean({**settings, "loss": loss, "scale": scale})
    codes = {each.code for each in review(study)}
    assert not codes & {"linear-layers", "dead-start", "equal-start", "hidden-softmax", "zero-start"}
    assert ("unscaled-pixels" in codes) == (scale == "none" and network != "tokens")


def test_layers_that_are_linear_and_those_that_are_not_lie_between():
    def linear(*between: object) -> bool:
        model = [ROWS, {"conv1d": {"filters": 8, "kernel_size": 3}}, *between, "flatten", END]
        return "linear-layers" in {each.code for each in review(clean({"model": model}))}

    assert linear()
    assert linear({"average_pooling1d": 2}, {"gaussian_noise": 0.1}, {"cropping1d": 1})
    for kind in ("relu", "prelu", "elu", "max_pooling1d", "unit_normalization", {"activation": "tanh"}):
        assert not linear(kind), kind
