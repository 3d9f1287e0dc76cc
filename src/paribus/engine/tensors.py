"""A state as arrays by name, which checkpoints keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from paribus.engine.stepwise import State


def weights_of(state: State) -> dict[str, NDArray[Any]]:
    """Return copies of the network's arrays by name, without the optimizer's."""
    return {name: array for name, array in tensors_of(state).items() if not name.startswith("optimizer/")}


def tensors_of(state: State) -> dict[str, NDArray[Any]]:
    """Return copies of the state's arrays by name, since the next epoch reuses their memory."""
    return {
        f"{part}/{place}": np.array(value)
        for part, values in state._asdict().items()
        for place, value in enumerate(values)
    }


def from_tensors(state: State, tensors: Mapping[str, NDArray[Any]]) -> State:
    """Return the state with the named arrays in place of its own."""
    return State(
        *(
            [
                jnp.array(tensors[name]) if (name := f"{part}/{place}") in tensors else value
                for place, value in enumerate(values)
            ]
            for part, values in state._asdict().items()
        )
    )


def saved_state(tensors: Mapping[str, NDArray[Any]]) -> State:
    """Return the state that a checkpoint has."""
    parts = (part_of(tensors, f"{part}/") for part in State._fields)
    return State(
        *([jax.device_put(each[str(i)], may_alias=False) for i in range(len(each))] for each in parts)
    )


def part_of(tensors: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    """Return the arrays whose names begin so, by the rest of the name."""
    return {name.removeprefix(prefix): array for name, array in tensors.items() if name.startswith(prefix)}
