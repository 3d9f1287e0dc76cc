"""What is found out about a network of the user's own, and why the engine refuses one."""

from __future__ import annotations

from pathlib import Path

import keras
import pytest
from tests.engine.test_own_network import DIGEST, FACTS, NETS, described

from paribus.engine.describe import describe
from paribus.errors import RunError
from paribus.study.own_network import OwnNetwork


def answer(function, **network):
    given = OwnNetwork(file=NETS.name, function=function, sha256=DIGEST, **network)
    request = {"place": str(NETS), "classes": None, "keep": False, "facts": FACTS.model_dump(mode="json")}
    return describe({**request, "network": given.model_dump(mode="json")})


def test_layers_weights_and_arguments_are_known():
    found = described("residual", width=8)
    assert found.arguments == {"width": 8, "skip": True, "dropout": 0.0, "activation": "softmax"}
    assert [each.path for each in found.layers if each.weights] == ["first", "second", "scaled", "scores"]
    assert found.parameters == 784 * 8 + 8 + 8 * 8 + 8 + 8 + 8 * 10 + 10
    assert found.output == "softmax"
    assert found.input == (784,)
    assert (found.draws, found.varies) == ((), False)
    assert found.multiply_adds == pytest.approx(784 * 8 + 8 * 8 + 8 * 10, rel=0.1)


def test_a_plain_chain_is_a_list_of_layers_unless_layers_have_names_of_their_own():
    layers = answer("chain")["layers"]
    assert [next(iter(each)) for each in layers] == ["dense", "dropout", "dense"]
    assert layers[0]["dense"]["units"] == 12
    assert answer("residual", arguments={"skip": False})["layers"] is None


def test_what_it_was_compiled_with_is_known():
    found = answer("compiled")
    assert found["loss"] == "sparse_categorical_crossentropy"
    assert (found["optimizer"]["name"], found["optimizer"]["momentum"]) == ("sgd", 0.9)


def test_weights_that_the_path_does_not_decide_are_named():
    assert answer("drawing")["network"]["draws"] == ["own/factor"]
    assert not answer("drawing")["network"]["varies"]
    assert answer("drawing", arguments={"repeats": False})["network"]["varies"]


@pytest.mark.parametrize(
    ("function", "says"),
    [
        ("no_model", "returned int. Return a keras.Model"),
        ("own_step", "OwnStep overrides train_step"),
        ("eager", "run_eagerly"),
        ("fails", "line 85: KeyError: 'width'"),
        ("other_shape", "takes inputs of shape 12×12×3, and the data have 28×28×1"),
        ("other_outputs", "puts out 9 numbers per example, and the data need 10"),
        ("two_outputs", "has 2 outputs"),
        ("frozen", "no weights that are trained"),
        ("in_numpy", "JAX cannot compile"),
        ("drawn_by_numpy", "something else each time"),
        ("unseeded", "without a seed"),
        ("absent", "no function absent"),
    ],
)
def test_a_network_that_cannot_be_trained_is_refused_with_the_reason(function, says):
    with pytest.raises(RunError) as refused:
        answer(function)
    assert says in str(refused.value)


def test_a_layer_to_be_frozen_has_to_be_there():
    with pytest.raises(RunError, match=r"no layer fisrt\. Its layers: .*first"):
        answer("residual", frozen=("fisrt",))


def test_a_file_with_a_lambda_is_refused(tmp_path: Path):
    model = keras.Sequential(
        [keras.Input((784,)), keras.layers.Lambda(lambda x: x + 1), keras.layers.Dense(10)]
    )
    model.save(tmp_path / "net.keras")
    from tests.engine.test_own_network import of_file

    with pytest.raises(RunError, match="Lambda layer"):
        of_file(tmp_path / "net.keras", keep=False)
