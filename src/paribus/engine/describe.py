"""The process, `python -m paribus.engine.describe`, that builds networks of the user's own to know them.

It reads requests from standard input, one line of JSON each, and answers in the same way: with what is known
of the network (`paribus.study.own_network`), its layers where they are a plain chain of Keras's, and what it
was compiled with; or with the reason why the engine cannot train it. It ends when its input does.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from paribus.data.own.user_file import reason_of
from paribus.errors import ParibusError, RunError
from paribus.study.configuration import Layer
from paribus.study.datasets import DataFacts
from paribus.study.faults import Faults
from paribus.study.keras_model import KerasReader
from paribus.study.own_function import OwnFunction, OwnLoss, OwnMetric, OwnTechnique
from paribus.study.own_network import BuiltLayer, OwnNetwork
from paribus.study.programs import Program as UserFile
from paribus.study.shapes import input_shape
from paribus.study.techniques import Kind
from paribus.texts import language

_SHARED = (1, 2)
"""Seeds of the generators that all code shares, to see which weights are drawn from them."""


def describe(request: Mapping[str, Any]) -> dict[str, Any]:
    """Build a network and return what is known of it.

    Args:
        request: ``place`` of its file, ``classes`` (the file that defines its layers), ``network`` as far
            as a study says it, ``keep`` (whether its weights are kept) and ``facts`` of the data.

    Returns:
        ``network``; ``layers``, where they are a plain chain; ``loss``, ``optimizer``, ... of `compile`.

    Raises:
        RunError: The engine cannot train it.
    """
    from paribus.engine import outputs, own_network
    from paribus.engine.compiled_model import compiled_with

    if "loss" in request:
        return _loss(request)
    if "metric" in request:
        return _metric(request)
    if "technique" in request:
        return _technique(request)
    if "callback" in request:
        return _callback(request)
    classes = request["classes"]
    file = UserFile(path=Path(str(request["place"])), source="", classes=classes and Path(classes))
    facts = DataFacts.model_validate(request["facts"])
    given = OwnNetwork.model_validate(request["network"])
    keep = bool(request["keep"])
    given = given.model_copy(update={"arguments": {**_defaults(given, file.path), **given.arguments}})
    model: Any = own_network.build(given, file, facts, 0, shared=_SHARED[0])
    compiled = compiled_with(model, given, file, facts)
    ending = {name: activation for name, (_, activation) in outputs.ends(model, facts, given.told).items()}
    has_logits = bool(compiled.pop("from_logits", False))
    for name in [facts.scored] if has_logits else compiled.pop("logits", ()):
        told = compiled["loss"][name] if isinstance(compiled["loss"], dict) else compiled["loss"]
        ending[name] = "sigmoid" if str(told).startswith("binary") else "softmax"
    output = ending.get(facts.scored, "linear")
    is_plain = not (keep or given.frozen or has_logits or "own_loss" in compiled)
    chain = None if not is_plain else _chain(model, named=not given.function)
    shape = _input_shape(model, facts, given)
    if (
        chain
        and input_shape([Layer(label=kind, kind=kind) for kind in map(_kind, chain)], facts.shape) != shape
    ):
        chain = None  # a dense layer over the last axis, where Paribus makes a row of an image
    outputs.strip(model, facts, output, ending)
    operations, names = _check(model, facts, given, shape, file.classes or file.path)
    found = given.model_copy(
        update={
            "input": shape,
            "output": output,
            "heads": {name: ending.get(name, "linear") for name in names},
            "layers": tuple(_layers(model)),
            "multiply_adds": operations,
            "parameters": sum(int(each.value.size) for each in model.trainable_variables),
            "weights": _digest(file, facts, given) if keep else "",
            **(_drawn(model, file, facts, given) if given.function else {}),
        }
    )
    return {"network": found.model_dump(mode="json"), "layers": chain, **compiled}


def _loss(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a loss of the user's own, tried on data of these shapes."""
    from paribus.engine.own_loss import described

    file = UserFile(path=Path(str(request["place"])), source="")
    facts = DataFacts.model_validate(request["facts"])
    found = described(OwnLoss.model_validate(request["loss"]), file, facts, str(request["targets"]))
    return {"loss": found.model_dump(mode="json")}


def _metric(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a metric of the user's own, tried on data of these shapes, and which way is better if known."""
    from paribus.engine.own_metric import described

    file = UserFile(path=Path(str(request["place"])), source="")
    facts = DataFacts.model_validate(request["facts"])
    given = OwnMetric.model_validate(request["metric"])
    found, direction = described(given, file, facts, str(request["targets"]))
    return {"metric": {**found.model_dump(mode="json"), "direction": direction}}


def _technique(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return an optimizer, a schedule or an initializer of the user's own, tried on small weights."""
    from paribus.engine.own_technique import described

    file = UserFile(path=Path(str(request["place"])), source="")
    found = described(OwnTechnique.model_validate(request["technique"]), file, Kind(request["kind"]))
    return {"technique": found.model_dump(mode="json")}


def _callback(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a callback of the user's own, after it was made once."""
    from paribus.engine.onlookers import described

    file = UserFile(path=Path(str(request["place"])), source="")
    found = described(OwnFunction.model_validate(request["callback"]), file)
    return {"callback": found.model_dump(mode="json")}


def _defaults(given: OwnNetwork, place: Path) -> dict[str, Any]:
    """Return the defaults of the function's parameters that a study can write: they are levels."""
    import inspect

    from paribus.data.own.user_file import load_function
    from paribus.engine.own_seeds import noting

    if not given.function:
        return {}
    with noting(_SHARED[0]):
        parameters = inspect.signature(load_function(place, given.function, given.sha256)).parameters
    found: dict[str, Any] = {}
    for name, parameter in parameters.items():
        if parameter.default is not inspect.Parameter.empty:
            with suppress(TypeError, ValueError):
                if json.loads(json.dumps(parameter.default, allow_nan=False)) == parameter.default:
                    found[name] = parameter.default
    return found


def _digest(file: UserFile, facts: DataFacts, given: OwnNetwork) -> str:
    """Return the digest of the weights that a file of Keras has."""
    from paribus.engine import own_network

    kept = own_network.build(given.model_copy(update={"weights": "keep"}), file, facts, 0)
    return own_network.digest_of(kept)


def _drawn(model: Any, file: UserFile, facts: DataFacts, given: OwnNetwork) -> dict[str, Any]:
    """Return which weights the path does not decide, and whether any are never the same."""
    from paribus.engine import own_network

    first = own_network.weights_of(model)
    again, other = (
        own_network.weights_of(own_network.build(given, file, facts, 0, shared=shared)) for shared in _SHARED
    )
    differ = [path for path in first if path not in other or _differ(first[path], other[path])]
    varies = first.keys() != again.keys() or any(_differ(first[path], again[path]) for path in first)
    return {"draws": tuple(differ), "varies": varies}


def _differ(one: Any, other: Any) -> bool:
    return one.shape != other.shape or bool((one != other).any())


def _layers(model: Any) -> Iterator[BuiltLayer]:
    from paribus.engine.own_network import measured_layers
    from paribus.engine.own_seeds import path_of

    for layer in measured_layers(model):
        kind, path = type(layer).__name__, path_of(layer, model)
        trainable = bool(layer.trainable_variables) or not layer.weights
        yield BuiltLayer(path=path, kind=kind, weights=layer.count_params(), is_trainable=trainable)


def _input_shape(model: Any, facts: DataFacts, given: OwnNetwork) -> tuple[int, ...]:
    """Return the shape in which an example enters the network; none where examples have several inputs.

    Images may enter as rows, and a grid of numbers with one channel more or less.
    """
    structure = getattr(model, "inputs", None)
    if facts.inputs:
        wanted = {each.name: each.shape for each in facts.inputs}
        shapes = [tuple(each.shape[1:]) for each in structure or ()]
        if structure and (
            len(shapes) != len(wanted) or not all(map(_fits, shapes, _in_order(structure, wanted)))
        ):
            raise RunError(
                "run.model-inputs", place=given.told, shapes=_told(shapes), data=_told(wanted.values())
            )
        return ()
    if not structure:
        return facts.shape
    shapes = [tuple(each.shape[1:]) for each in structure]
    flat = 1
    for side in facts.shape:
        flat *= side
    possible = (facts.shape, (flat,), (*facts.shape, 1), facts.shape[:-1] if facts.shape[-1:] == (1,) else ())
    for shape in possible if len(shapes) == 1 else ():
        if _fits(shapes[0], shape):
            return shape
    raise RunError("run.model-inputs", place=given.told, shapes=_told(shapes), data=_told([facts.shape]))


def _in_order(structure: Any, wanted: Mapping[str, tuple[int, ...]]) -> list[tuple[int, ...]]:
    own = [each.name for each in structure]
    return [wanted[name] for name in own] if set(own) == set(wanted) else [*wanted.values()]


def _fits(shape: tuple[int | None, ...], wanted: tuple[int, ...]) -> bool:
    return len(shape) == len(wanted) and all(
        side in (None, other) for side, other in zip(shape, wanted, strict=True)
    )


def _told(shapes: Any) -> str:
    return ", ".join("×".join("?" if side is None else str(side) for side in shape) for shape in shapes)


def _check(
    model: Any, facts: DataFacts, given: OwnNetwork, shape: tuple[int, ...], file: Path
) -> tuple[int, tuple[str, ...]]:
    """Check that a step of the network can be compiled, is the same each time, and puts out what is asked.

    Returns:
        The multiply-adds of one example's forward pass, as XLA counts operations; the targets of its outputs
        beside the one that is scored.
    """
    import jax
    import jax.numpy as jnp

    from paribus.data.own.user_file import line_in
    from paribus.engine import own_network
    from paribus.engine.outputs import by_target, names_of

    inputs = own_network.zeros(facts, 2, shape)
    if facts.inputs:
        inputs = own_network.arranged(model, inputs)
    trainable, others = (
        [each.value for each in part] for part in (model.trainable_variables, model.non_trainable_variables)
    )

    def lowered() -> tuple[Any, str]:
        def step(trainable: Any, others: Any, inputs: Any) -> Any:
            def total(trainable: Any) -> Any:
                outputs, *rest = model.stateless_call(
                    trainable, others, inputs, **own_network.mode(model, training=True), return_losses=True
                )
                whole = sum(jnp.sum(each) for each in jax.tree.leaves(outputs))
                return whole + sum(rest[1], jnp.zeros(())), outputs

            return jax.grad(total, has_aux=True)(trainable)

        compiled = jax.jit(step).lower(trainable, others, inputs)
        return compiled.out_info[1], hashlib.sha256(compiled.as_text().encode()).hexdigest()

    try:
        outputs, first = lowered()
        second = lowered()[1]
    except Exception as error:
        raise own_network.untrainable(error, line_in(error, file) or given.told) from error
    if first != second:
        raise RunError("run.model-changes", place=given.told)
    found = by_target(outputs, facts, names_of(model), given.told)
    targets = {each.name: each for each in facts.beside}
    for name, each in found.items():
        _check_output(each, facts.about(targets[name]) if name in targets else facts, given)

    def forward(trainable: Any, others: Any, inputs: Any) -> Any:
        training = own_network.mode(model, training=False)
        return model.stateless_call(trainable, others, inputs, **training)[0]

    counted: Any = jax.jit(forward).lower(trainable, others, inputs).cost_analysis() or {}
    return int(counted.get("flops", 0)) // 4, tuple(name for name in found if name != facts.scored)


def _check_output(output: Any, facts: DataFacts, given: OwnNetwork) -> None:
    """Check that an output is one row of numbers for each example, as many as its target needs."""
    sides = tuple(output.shape[1:]) if hasattr(output, "shape") else ()
    is_binary = facts.task == "classification" and facts.outputs == 2
    if len(sides) != 1 or (sides[0] != facts.outputs and not (is_binary and sides[0] == 1)):
        raise RunError(
            "run.model-outputs", place=given.told, shape=_told([sides]) or "1", outputs=facts.outputs
        )


def _chain(model: Any, *, named: bool) -> list[object] | None:
    """Return the layers of a network as a study writes them, where each follows the other; else None.

    Args:
        model: The network, built.
        named: Whether layers may have names of their own: a function's variants share weights by them.
    """
    from paribus.engine.own_seeds import place_by_name

    layers = _one_after_the_other(model)
    if not layers or not (named or all(place_by_name(each) for each in layers)):
        return None
    reader = KerasReader(Faults())
    found = reader.chain(layers)
    return None if len(reader.faults) else found


def _one_after_the_other(model: Any) -> list[Any]:
    """Return the layers of a network in which each follows the other; none of any other."""
    import keras

    if not isinstance(model, keras.Sequential) and type(model).__name__ != "Functional":
        return []
    graph = getattr(model, "_functional", None) or model
    before, *layers = graph._operations
    for layer in layers:
        nodes: Any = getattr(layer, "_inbound_nodes", ())
        tensors: Any = nodes[0].input_tensors if len(nodes) == 1 else ()
        is_next = len(tensors) == 1 and tensors[0]._keras_history.operation is before
        is_plain = isinstance(layer, keras.layers.Layer) and not isinstance(layer, keras.Model)
        # Whether it is training a functional model says to each layer itself.
        others: Any = {key for key, each in nodes[0].arguments.kwargs.items() if each is not None} - {
            "training"
        }
        if not is_next or not is_plain or others:
            return []
        before = layer
    return layers if len(graph.outputs) == 1 and len(graph.inputs) == 1 else []


def _kind(layer: object) -> str:
    """Return the kind of a layer as a study writes it."""
    return next(iter(cast("dict[str, object]", layer)))


def main() -> None:
    """Answer requests until standard input ends."""
    from paribus.engine.compiled import enable_cache

    enable_cache()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what user code prints must not mix with the answers
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    for line in requests:
        request: dict[str, Any] = json.loads(line)
        here = Path.cwd()
        with language(str(request["language"])):
            try:
                answer = describe(request)
            except ParibusError as error:
                answer = {"error": str(error)}
            except Exception as error:  # what Keras refuses in ways that are not foreseen
                reason = reason_of(error)
                answer = {
                    "error": str(RunError("run.model-failed", error=type(error).__name__, reason=reason))
                }
        os.chdir(here)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
