"""Seeds of a network that the user's own code builds: every weight is drawn by the path of its layer.

While the network is built, each weight's initializer is noted. Afterwards the weights are drawn anew, each
from a stream of its own, so that two networks at one seed share the weights of every layer that both have.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from keras.src.backend.common import global_state

from paribus.study.layer_seeds import LayerSeeds
from paribus.study.seeds import named_seed
from paribus.study.techniques import Kind, entry, names

_NAMES = "object_name_uids"
_GENERATOR = "global_seed_generator"
_STATE = "seed_generator_state"


@dataclass
class Noted:
    """How each weight was drawn, by the identity of its variable.

    Args:
        drawn: Variable, layer and initializer of each weight that an initializer drew at random.
    """

    drawn: dict[int, tuple[Any, Any, Any]] = field(default_factory=dict[int, tuple[Any, Any, Any]])


@contextmanager
def noting(shared: int) -> Generator[Noted]:
    """Note how weights are drawn while user code builds a network, whose automatic names start anew.

    Args:
        shared: The seed of the generators that all code of a process shares.
    """
    noted = Noted()
    base: Any = keras.layers.Layer
    original = base.add_weight

    def add_weight(
        layer: Any, shape: Any = None, initializer: Any = None, dtype: Any = None, **others: Any
    ) -> Any:
        if initializer is None:
            kind = keras.backend.standardize_dtype(dtype) if dtype else layer.variable_dtype
            initializer = "glorot_uniform" if "float" in kind else "zeros"
        made: Any = keras.initializers.get(initializer)
        variable = original(layer, shape=shape, initializer=made, dtype=dtype, **others)
        if _is_random(made):
            noted.drawn[id(variable)] = variable, layer, made
        return variable

    kept = {name: global_state.get_global_attribute(name) for name in (_NAMES, _GENERATOR)}
    states = random.getstate(), np.random.get_state()
    global_state.set_global_attribute(_NAMES, defaultdict(int))
    keras.utils.set_random_seed(shared)
    base.add_weight = add_weight
    try:
        yield noted
    finally:
        base.add_weight = original
        for name, value in kept.items():
            global_state.set_global_attribute(name, value)
        random.setstate(states[0])
        np.random.set_state(states[1])


def _is_random(initializer: Any) -> bool:
    config = getattr(initializer, "get_config", dict)
    return isinstance(initializer, keras.initializers.Initializer) and "seed" in config()


def draw_anew(model: Any, noted: Noted, seed: int) -> None:
    """Draw every weight and set every generator of a built network by the path of its layer.

    Args:
        model: The network.
        noted: From `noting`, in which it was built.
        seed: The run's.
    """
    for path, variable in named_variables(model):
        found = noted.drawn.get(id(variable))
        if found is None:
            continue
        _, layer, initializer = found
        config = {**initializer.get_config(), "seed": _weight_seed(path, layer, seed)}
        seeded = type(initializer).from_config(config)
        variable.assign(seeded(variable.shape, dtype=variable.dtype))
    for path, generator, layer in _generators(model):
        drawn = _noise_seed(path, layer, seed)
        state = generator.state
        state.assign(keras.ops.convert_to_tensor([drawn, 0], dtype=state.dtype))


def named_variables(model: Any) -> Iterator[tuple[str, Any]]:
    """Yield every weight of a network with its path below the network; one that is taken gets a number.

    Args:
        model: The network, built.
    """
    counts: Counter[str] = Counter()
    for variable in model.weights:
        path = str(variable.path).removeprefix(f"{model.name}/")
        counts[path] += 1
        yield path if counts[path] == 1 else f"{path}_{counts[path] - 1}", variable


def path_of(layer: Any, model: Any) -> str:
    """Return the path of a layer below its network, once built; its name where it has none.

    Args:
        layer: Of the network.
        model: The network.
    """
    return str(layer.path or layer.name).removeprefix(f"{model.name}/")


def place_by_name(layer: Any) -> tuple[str, int] | None:
    """Return kind and place of a layer of Keras that has the name that Keras gives by itself; else None.

    Args:
        layer: Any.
    """
    for name in names(Kind.LAYER):
        if entry(Kind.LAYER, name).keras_class == type(layer).__name__ and _is_of_keras(layer):
            found = re.fullmatch(rf"{_snake(type(layer).__name__)}(?:_(\d+))?", layer.name)
            return None if found is None else (name, int(found[1] or 0) + 1)
    return None


def _is_of_keras(layer: Any) -> bool:
    return type(layer).__module__.startswith("keras.")


def _snake(name: str) -> str:
    from keras.src.utils.naming import to_snake_case

    return to_snake_case(name)


def _weight_seed(path: str, layer: Any, seed: int) -> int:
    """Return the seed of a weight.

    A layer that lies in no other and has no name of its own shares its weights with the layer of that class
    and place in a list of layers; any other is known by its path.
    """
    place, name = place_by_name(layer), path.rpartition("/")[2]
    if place is not None and path == f"{layer.name}/{name}":
        arguments = entry(Kind.LAYER, place[0]).arguments
        for argument in (f"{name}_initializer", f"depthwise_{name}".replace("kernel", "initializer")):
            if argument in arguments:
                return LayerSeeds(seed, *place).of(argument)
    return named_seed(seed, "initialisation", path)


def _noise_seed(path: str, layer: Any, seed: int) -> int:
    place = place_by_name(layer)
    if place is not None and path == layer.name:
        return LayerSeeds(seed, *place).noise
    return named_seed(seed, "noise", path)


def _generators(model: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield every generator of a network with the path of its layer."""
    counts: Counter[str] = Counter()
    for layer in model._flatten_layers():
        for generator in layer._seed_generators:
            path = path_of(layer, model)
            counts[path] += 1
            yield path if counts[path] == 1 else f"{path}/{counts[path] - 1}", generator, layer
