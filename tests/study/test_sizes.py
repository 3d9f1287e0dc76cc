"""Shapes, weights and multiplications against models that Keras builds, for any layer and its arguments."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from paribus.engine import network
from paribus.study.argument_domains import BY_SIDE, argument_domain
from paribus.study.arguments import TechniqueReader
from paribus.study.configuration import Layer, Technique
from paribus.study.domains import Choice, Flag, Margins
from paribus.study.faults import Faults
from paribus.study.layer_kinds import RECURRENT, WRAPPERS, can_wrap
from paribus.study.layer_size import ShapeError, integers
from paribus.study.shapes import multiply_adds, parameters, shapes
from paribus.study.techniques import Kind, entry, names
from paribus.study.window_size import dimensions
from paribus.study.yaml_node import write

SMALL = st.integers(1, 4)
OF_THEIR_OWN: dict[str, Any] = {
    "activation": st.sampled_from(["relu", "selu", "softmax"]),
    "dims": st.integers(1, 4).flatmap(lambda count: st.permutations([*range(1, count + 1)])),
    "groups": st.integers(1, 3),
    "shared_axes": st.none() | st.lists(st.integers(1, 3), min_size=1, unique=True),
    "target_shape": st.lists(st.sampled_from([-1, 1, 2, 3, 4, 6]), min_size=1, max_size=3),
}
WHOLE = (
    "depth_multiplier", "filters", "input_dim", "key_dim", "n", "num_heads", "output_dim", "units",
)  # fmt: skip


@st.composite
def values(draw: st.DrawFn, kind: str, argument: str) -> object:
    """A value of an argument; None for its default."""
    domain = argument_domain(kind, argument)
    if argument in OF_THEIR_OWN:
        return draw(OF_THEIR_OWN[argument])
    if argument in BY_SIDE:
        each = st.integers(0, 2) if argument == "output_padding" else SMALL
        count = dimensions(kind)
        return draw(st.none() | each | st.lists(each, min_size=count, max_size=count) if count > 1 else each)
    if isinstance(domain, Margins):
        return draw(
            st.integers(0, 2)
            | st.lists(st.integers(0, 2), min_size=2 * domain.count, max_size=2 * domain.count)
        )
    if isinstance(domain, Flag):
        return draw(st.booleans())
    if isinstance(domain, Choice):
        return draw(st.sampled_from(domain.words))
    return draw(SMALL) if argument in WHOLE else 0.5 if argument in ("rate", "scale", "stddev") else None


@st.composite
def layers(draw: st.DrawFn, kind: str) -> Layer:
    """A layer of a kind with any arguments that reading lets through."""
    found = entry(Kind.LAYER, kind)
    # Weights of zero are quicker to make.
    given: dict[str, Any] = {each: "zeros" for each in found.arguments if each.endswith("_initializer")}
    for argument in found.arguments:
        if argument not in given and argument != "layer":
            given[argument] = draw(values(kind, argument))
    reader = TechniqueReader(Faults())
    read = reader.arguments(found, {key: write(value) for key, value in given.items()}, write({}))
    assume(not len(reader.faults))
    if "pool_size" in read and read.get("strides") is None:
        read["strides"] = read["pool_size"]
    if kind in WRAPPERS:
        inside = [name for name in names(Kind.LAYER) if can_wrap(kind, name)]
        inner = draw(st.sampled_from(inside).flatmap(layers))
        read["layer"] = Technique(name=inner.kind, arguments=inner.arguments)
    return Layer(label="it", kind=kind, arguments=read)


def sides_of(layer: Layer) -> int:
    """How many dimensions the inputs of a layer have; 0 where it takes any number."""
    if layer.wrapped is not None:
        return sides_of(layer.wrapped) + (layer.kind == "time_distributed")
    if layer.kind == "permute":
        return len(integers(layer, "dims"))
    count = dimensions(layer.kind)
    if count:
        return count + 1 + layer.kind.startswith("conv_lstm")
    return {"repeat_vector": 1, "multi_head_attention": 2}.get(layer.kind, 2 * (layer.kind in RECURRENT))


@pytest.mark.parametrize("kind", names(Kind.LAYER))
@settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_every_layer_has_the_size_that_keras_gives_it(kind: str, data: st.DataObject):
    """A layer that does not fit is refused here; every other one Keras builds, at the same size."""
    layer = data.draw(layers(kind))
    count = sides_of(layer)
    few, many = (count, count) if count and data.draw(st.integers(0, 9)) else (1, 4)
    shape = tuple(data.draw(st.lists(st.integers(1, 7), min_size=few, max_size=many)))
    front = Layer(label="front", kind="reshape", arguments={"target_shape": [*shape]})
    stack = [front, layer, Layer(label="after", kind="identity")]
    try:
        _, expected, _ = shapes(stack, shape)
    except ShapeError:
        return
    assume(math.prod(expected) < 50_000)
    built = network.build(stack, shape, seed=0)
    assert built.layers[1].output.shape[1:] == expected
    assert parameters(stack, shape) == sum(math.prod(weight.shape) for weight in built.trainable_weights)
    assert multiply_adds(stack, shape) >= 0


@pytest.mark.parametrize(
    ("kind", "arguments", "shape", "expected"),
    [
        ("lstm", {"units": 3}, (5, 2), 5 * 4 * 3 * (2 + 3)),
        ("gru", {"units": 3}, (5, 2), 5 * 3 * 3 * (2 + 3)),
        ("simple_rnn", {"units": 3}, (5, 2), 5 * 3 * (2 + 3)),
        ("conv1d", {"filters": 3, "kernel_size": 2}, (5, 2), 4 * 2 * 2 * 3),
        ("conv3d", {"filters": 3, "kernel_size": 2}, (5, 5, 5, 2), 4**3 * 2**3 * 2 * 3),
        ("conv2d_transpose", {"filters": 3, "kernel_size": 2}, (5, 5, 2), 25 * 4 * 2 * 3),
        ("separable_conv1d", {"filters": 3, "kernel_size": 2}, (5, 2), 4 * (2 * 2 + 2 * 3)),
        ("multi_head_attention", {"num_heads": 2, "key_dim": 3}, (5, 4), 5 * 4 * (4 * 6) + 2 * 25 * 6),
        ("embedding", {"input_dim": 9, "output_dim": 3}, (5,), 0),
        ("time_distributed", {"dense": 3}, (5, 2), 5 * 2 * 3),
        ("bidirectional", {"lstm": 3}, (5, 2), 2 * 5 * 4 * 3 * (2 + 3)),
    ],
)
def test_multiplications_by_hand(kind: str, arguments: dict[str, Any], shape: tuple[int, ...], expected: int):
    from paribus.study.layers import NetworkReader

    faults = Faults()
    network_read = NetworkReader(write({"model": [{kind: arguments}]}), 10, TechniqueReader(faults)).network()
    assert not len(faults)
    assert multiply_adds(network_read, shape) == expected
