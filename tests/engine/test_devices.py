"""What is chosen for a processor, and the plain forms that any other device gets."""

import jax
import keras
import numpy as np
import pytest

from paribus.engine import devices
from paribus.engine.program import Program
from paribus.engine.stepwise import Called, Looped
from paribus.engine.training import train

pytestmark = pytest.mark.usefixtures("plainly_compiled")

LAYERS = [
    {"conv2d": {"filters": 3, "kernel_size": 5, "activation": "relu"}},
    {"max_pooling2d": 4},
    "batch_normalization",
    "flatten",
    {"dense": {"units": 10, "activation": "softmax"}},
]
CONVOLUTION = {
    "model": LAYERS,
    "loss": "categorical_crossentropy",
    "epochs": 2,
    "kernel_regularizer": {"l2": 0.001},
    "optimizer": {"name": "sgd", "learning_rate": 0.02},
}


@pytest.fixture
def elsewhere(monkeypatch):
    """JAX says that it computes on no processor."""
    monkeypatch.setattr(devices, "is_cpu", lambda: False)


def test_this_process_computes_on_the_processor():
    assert devices.is_cpu()
    assert devices.name() == ""
    assert devices.found()["backend"] == "cpu"
    devices.require("cpu")


def test_a_run_for_a_gpu_is_refused_where_jax_fell_back_to_the_processor():
    with pytest.raises(RuntimeError, match="no GPU"):
        devices.require("gpu")


def test_on_a_processor_layers_have_the_forms_that_are_fast_there(images, specify):
    program = Program(specify(**CONVOLUTION).configuration, images.x_train.shape[1:])
    assert isinstance(program.stepwise(None), Called)
    own = [type(layer).__module__ for layer in program.model.layers]
    assert sum(module.startswith("paribus.engine") for module in own) == 4
    assert type(program.model.layers[0].kernel.regularizer) is not keras.regularizers.L2


@pytest.mark.usefixtures("elsewhere")
def test_elsewhere_every_layer_and_penalty_is_keras_s_and_an_epoch_is_one_function(images, specify):
    program = Program(specify(**CONVOLUTION).configuration, images.x_train.shape[1:])
    assert isinstance(program.stepwise(None), Looped)
    assert all(type(layer).__module__.startswith("keras.") for layer in program.model.layers)
    assert type(program.model.layers[0].kernel.regularizer) is keras.regularizers.L2
    assert program.stepwise(None)._epoch._options == {}


def test_the_plain_forms_train_as_those_for_a_processor_but_for_rounding(
    images, specify, new_sink, monkeypatch
):
    spec, here, there = specify(**CONVOLUTION), new_sink(), new_sink()
    train([spec], images, here)
    monkeypatch.setattr(devices, "is_cpu", lambda: False)
    train([spec], images, there)
    for row, other in zip(here.rows[spec.digest], there.rows[spec.digest], strict=True):
        assert other == pytest.approx(row, rel=1e-3, abs=1e-4)
    kept, other = here.trained[spec.digest], there.trained[spec.digest]
    for name, weights in kept.weights.items():
        np.testing.assert_allclose(other.weights[name], weights, rtol=5e-3, atol=5e-4)


def test_initial_weights_are_the_same_bits_on_every_device(images, specify, monkeypatch):
    configuration, shape = specify(**CONVOLUTION).configuration, images.x_train.shape[1:]
    here = Program(configuration, shape).initial(7)
    monkeypatch.setattr(devices, "is_cpu", lambda: False)
    there = Program(configuration, shape).initial(7)
    for one, other in zip(jax.tree.leaves(here), jax.tree.leaves(there), strict=True):
        np.testing.assert_array_equal(one, other)
