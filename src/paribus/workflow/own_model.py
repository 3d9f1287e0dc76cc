"""A run's network that the user's own code builds, with the weights that the run kept."""

from __future__ import annotations

from typing import Any

from paribus.data.own.user_file import check_allowed
from paribus.errors import UsageError
from paribus.kept.predictions import kept_arrays
from paribus.record.run import RunRecord
from paribus.study.study import Study


def own_model(study: Study, record: RunRecord) -> Any:
    """Return the network, as its function or file builds it, with the kept weights in it.

    Args:
        study: Has the file, which must be as it was.
        record: The run.

    Raises:
        UsageError: The run has kept no weights, or the file is gone.
        RunError: The file has changed.
    """
    from paribus.engine.own_network import build
    from paribus.engine.own_seeds import named_variables

    configuration = record.spec.configuration
    network = configuration.network
    file = None if network is None else study.programs.get(network.sha256)
    if network is None or file is None or not file.path.is_file():
        raise UsageError("kept.no-own-file", name=configuration.network_told)
    if network.function:
        check_allowed(network.told)
    whole = network.model_copy(update={"output": "linear", "heads": {}, "weights": ""})
    model = build(whole, file, configuration.facts, record.spec.seed)
    weights = kept_arrays(record)
    for path, variable in named_variables(model):
        variable.assign(weights[path])
    return model


def scored_outputs(model: Any, record: RunRecord, given: Any) -> Any:
    """Return what the network puts out for examples, of several outputs that which runs are scored by.

    Args:
        model: From `own_model`.
        record: The run.
        given: Examples as the network takes them, or its inputs by name.
    """
    from paribus.engine.outputs import by_target, names_of
    from paribus.engine.own_network import arranged

    facts = record.spec.configuration.facts
    inputs = arranged(model, given) if facts.inputs else given
    outputs = by_target(model.predict(inputs, verbose=0), facts, names_of(model))
    return outputs[facts.scored]
