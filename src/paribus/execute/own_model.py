"""A run's network that the user's own code builds, with the weights that the run kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from paribus.data.own.user_file import check_allowed
from paribus.errors import UsageError
from paribus.record.run import RunSpec
from paribus.study.datasets import DataFacts
from paribus.study.programs import Program


def own_model(spec: RunSpec, file: Program | None, weights: Mapping[str, NDArray[Any]]) -> Any:
    """Return the network, as its function or file builds it, with the kept weights in it.

    Args:
        spec: Of the run.
        file: The one that builds it, which must be as it was.
        weights: By path, as the run keeps them.

    Raises:
        UsageError: The file is gone, or the user refuses code that a study brings.
        RunError: The file has changed.
    """
    from paribus.engine.own_network import build
    from paribus.engine.own_seeds import named_variables

    configuration, network = spec.configuration, spec.configuration.network
    if network is None or file is None or not file.path.is_file():
        raise UsageError("kept.no-own-file", name=configuration.network_told)
    if network.function:
        check_allowed(network.told)
    whole = network.model_copy(update={"output": "linear", "heads": {}, "weights": ""})
    model = build(whole, file, configuration.facts, spec.seed)
    for path, variable in named_variables(model):
        variable.assign(weights[path])
    return model


def scored_outputs(model: Any, facts: DataFacts, given: Any) -> Any:
    """Return what the network puts out for examples, of several outputs that which runs are scored by.

    Args:
        model: From `own_model`.
        facts: What is known of the data.
        given: Examples as the network takes them, or its inputs by name.
    """
    from paribus.engine.outputs import by_target, names_of
    from paribus.engine.own_network import arranged

    inputs = arranged(model, given) if facts.inputs else given
    return by_target(model.predict(inputs, verbose=0), facts, names_of(model))[facts.scored]
