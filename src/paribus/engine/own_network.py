"""Networks that the user's own code builds, or that a file of Keras has, made ready for the engine."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np

from paribus.data.own.user_file import failed, line_in, load_function, load_names, reason_of
from paribus.engine import network as _network  # noqa: F401  # pyright: ignore[reportUnusedImport] - float32
from paribus.engine.outputs import strip
from paribus.engine.own_seeds import draw_anew, named_variables, noting, path_of
from paribus.errors import RunError
from paribus.study.datasets import DataFacts
from paribus.study.own_network import OwnNetwork
from paribus.study.programs import Program as UserFile
from paribus.study.seeds import named_seed

_OURS = ("train_step", "test_step", "fit", "compute_loss", "stateless_compute_loss", "_compute_loss")


def build(
    network: OwnNetwork, file: UserFile, facts: DataFacts, seed: int, *, shared: int | None = None
) -> keras.Model:
    """Return the network with the initial weights of a seed, which ends in logits where it can.

    Args:
        network: Where it comes from.
        file: The one with the function, or of Keras.
        facts: What is known of the data.
        seed: The run's.
        shared: The seed of the generators that all code shares; None for one that follows from the run's.

    Raises:
        RunError: The user's code fails, or returns what the engine cannot train.
    """
    with noting(named_seed(seed, "shared") if shared is None else shared) as noted:
        model = _made(network, file)
        _check_kind(model, network)
        _built(model, facts, network, file)
        draw_anew(model, noted, seed)
    if network.weights:
        _load_weights(model, network, file.path)
    for name in network.frozen:
        _freeze(model, name)
    if not model.trainable_variables:
        raise RunError("run.model-nothing-trained", place=network.told)
    strip(model, facts, network.output, network.heads)
    return model


def _made(network: OwnNetwork, file: UserFile) -> Any:
    if not network.function:
        return from_file(network, file)
    place = file.path
    function = load_function(place, network.function, network.sha256)
    try:
        return function(**network.arguments)
    except (Exception, SystemExit) as error:
        reason = untrainable(error, line_in(error, place) or network.told)
        raise (failed(error, place) if reason.code == "run.model-not-built" else reason) from error


def from_file(network: OwnNetwork, file: UserFile) -> Any:
    """Return the network of a file of Keras, compiled as it was, with weights that are drawn anew.

    Args:
        network: Names the file by its digest.
        file: The file, and the one that defines its layers.

    Raises:
        RunError: It is no such file, or runs code when it is read.
    """
    from keras.src.saving import serialization_lib

    place = file.path
    try:
        with zipfile.ZipFile(place) as archive:
            config = json.loads(archive.read("config.json"))
        if hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest() != network.sha256:
            raise RunError("run.train-changed", file=place)
        known = load_names(file.classes, network.custom_objects) if file.classes else {}
        with keras.saving.custom_object_scope(_by_every_name(known)):
            return serialization_lib.deserialize_keras_object(config, safe_mode=True)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise RunError("run.model-file", file=place.name, reason=reason_of(error)) from error
    except (TypeError, ValueError, ImportError) as error:
        code = "run.model-lambda" if "lambda" in str(error).lower() else "run.model-file"
        raise RunError(code, file=place.name, reason=reason_of(error)) from error


def _by_every_name(known: Mapping[str, Any]) -> dict[str, Any]:
    """Return classes and functions by their names, those that are registered by that name as well."""
    found = {name: each for name, each in known.items() if callable(each)}
    registered = {
        keras.saving.get_registered_name(each): each for each in found.values() if isinstance(each, type)
    }
    return {**registered, **found}


def _load_weights(model: Any, network: OwnNetwork, place: Path) -> None:
    try:
        model.load_weights(place)
        if network.weights not in ("keep", digest_of(model)):
            raise RunError("run.train-changed", file=place)
    except (OSError, ValueError) as error:
        raise RunError("run.model-file", file=place.name, reason=reason_of(error)) from error


def untrainable(error: BaseException, place: str) -> RunError:
    """Return why a network cannot be compiled by JAX.

    Args:
        error: What was raised when it was called.
        place: Where it comes from, in words.
    """
    chain = [error]
    while (before := chain[-1].__cause__ or chain[-1].__context__) is not None and before not in chain:
        chain.append(before)
    if any("[JAX RNG]" in str(each) for each in chain):
        return RunError("run.model-draws-unseeded", place=place)
    traced = [each for each in chain if "Tracer" in type(each).__name__ + str(each)]
    code, first = ("run.model-not-traced", traced[-1]) if traced else ("run.model-not-built", error)
    return RunError(code, place=place, error=type(first).__name__, reason=reason_of(first).rstrip(". "))


def _check_kind(model: Any, network: OwnNetwork) -> None:
    """Check that it is a network whose steps the engine can make."""
    if not isinstance(model, keras.Model):
        given = f"{type(model).__module__}.{type(model).__name__}".removeprefix("builtins.")
        raise RunError("run.model-no-model", place=network.told, given=given)
    for kind in type(model).__mro__:
        own = [name for name in _OURS if name in vars(kind)]
        if own and not kind.__module__.startswith("keras."):
            raise RunError("run.model-own-step", kind=kind.__name__, names=", ".join(own))
    if getattr(model, "_run_eagerly", False):
        raise RunError("run.model-eager", place=network.told)


def _built(model: Any, facts: DataFacts, network: OwnNetwork, file: UserFile) -> None:
    """Build the network, if it is not, by the shape of the data."""
    if model.built and not _unbuilt_layers(model):
        return
    inputs = zeros(facts, 2)
    try:
        model(inputs, **mode(model, training=False))
    except Exception as error:
        raise untrainable(error, line_in(error, file.path) or network.told) from error


def mode(model: Any, *, training: bool) -> dict[str, bool]:
    """Return what a network is called with in or out of training; nothing where it takes no such argument.

    Args:
        model: The network.
        training: Whether it is being trained.
    """
    return {"training": training} if model._call_has_training_arg else {}


def _unbuilt_layers(model: Any) -> bool:
    return any(not layer.built for layer in model._flatten_layers(include_self=False))


def zeros(facts: DataFacts, count: int, shape: Sequence[int] = ()) -> Any:
    """Return examples of zeros as the network is given them; by name where they have several inputs.

    Args:
        facts: What is known of the data.
        count: How many.
        shape: Of one, where it is not the data's.
    """
    if facts.inputs:
        return {each.name: _zeros((count, *each.shape), each.values == "tokens") for each in facts.inputs}
    return _zeros((count, *(shape or facts.shape)), facts.values == "tokens")


def _zeros(shape: tuple[int, ...], are_tokens: bool) -> jax.Array:
    return jnp.zeros(shape, "int32" if are_tokens else "float32")


def _freeze(model: Any, name: str) -> None:
    """Take a layer, and all that lies in it, out of the training."""
    layers = {path_of(each, model): each for each in model._flatten_layers(include_self=False)}
    layers |= {each.name: each for each in model.layers}
    if name not in layers:
        raise RunError("run.model-frozen", name=name, known=", ".join(each.name for each in model.layers))
    layers[name].trainable = False


def weights_of(model: Any) -> dict[str, np.ndarray[Any, Any]]:
    """Return the weights of a network by path.

    Args:
        model: The network, built.
    """
    return {path: np.asarray(variable.value) for path, variable in named_variables(model)}


def digest_of(model: Any) -> str:
    """Return the SHA-256 of a network's weights.

    Args:
        model: The network, built.
    """
    digest = hashlib.sha256()
    for path, array in weights_of(model).items():
        digest.update(path.encode() + str(array.shape).encode() + array.tobytes())
    return digest.hexdigest()


def arranged(model: Any, inputs: Mapping[str, Any]) -> Any:
    """Return several inputs as a network takes them: by name, or in the order of its inputs.

    Args:
        model: The network, built.
        inputs: By the names that the data give them.
    """
    structure = getattr(model, "_inputs_struct", None)
    if not isinstance(structure, list | tuple):
        return inputs
    own = [each.name for each in structure]
    return [inputs[name] for name in own] if set(own) == set(inputs) else [*inputs.values()]


def measured_layers(model: Any) -> list[Any]:
    """Return the layers that have weights of their own or are an activation, in the order in which they run.

    A layer of Keras counts as one, with all that lies in it; a network within the network, and a layer of the
    user's, are looked into.

    Args:
        model: The network, built.
    """
    return [*_leaves(model.layers or model._layers)]


def _leaves(layers: Sequence[Any]) -> Iterator[Any]:
    for layer in layers:
        inner = [each for each in layer._layers if not isinstance(each, keras.layers.InputLayer)]
        is_network = isinstance(layer, keras.Model)
        is_own = not type(layer).__module__.startswith("keras.")
        if inner and (is_network or is_own):
            yield from _leaves(layer.layers if is_network else inner)
            if layer._trainable_variables and not is_network:
                yield layer
        elif not isinstance(layer, keras.layers.InputLayer):
            yield layer


def observed(model: Any, layers: Sequence[Any]) -> Callable[[Any], list[Any]]:
    """Return what computes the output of each layer, and last that of the network, without dropout.

    Args:
        model: The network, built.
        layers: From `measured_layers`; the output of one that runs several times is its last.
    """

    def run(inputs: Any) -> list[Any]:
        seen: dict[int, Any] = {}
        kept = [(layer, layer.__dict__.get("call")) for layer in layers]
        for layer in layers:
            object.__setattr__(layer, "call", _noting_output(layer, layer.call, seen))
        try:
            final = model(inputs, **mode(model, training=False))
        finally:
            for layer, call in kept:
                if call is None:
                    object.__delattr__(layer, "call")
                else:
                    object.__setattr__(layer, "call", call)
        return [*(seen.get(id(layer)) for layer in layers), final]

    return run


def _noting_output(layer: Any, call: Callable[..., Any], seen: dict[int, Any]) -> Callable[..., Any]:
    from functools import wraps

    @wraps(call)
    def noted(*arguments: Any, **named: Any) -> Any:
        seen[id(layer)] = found = call(*arguments, **named)
        return found

    return noted
