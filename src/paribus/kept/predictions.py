"""What a run's network predicts for new examples, in the data's own units and by its labels' names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from paribus.errors import UsageError
from paribus.kept.model import model_of
from paribus.kept.rows import names_of_outputs, network_input
from paribus.record.folder import RunFolder
from paribus.record.keeping import is_dropped
from paribus.record.run import RunRecord

_BATCH = 1000


def kept_weights(record: RunRecord) -> Any:
    """Return a run's network with its kept weights; of a training of the user's own its state's arrays.

    Raises:
        UsageError: The run has kept none.
        StoreError: The file is damaged.
    """
    weights = kept_arrays(record)
    if record.spec.configuration.train is not None:
        return weights
    return model_of(record.spec.configuration, weights)


def predict(
    record: RunRecord,
    x: object,
    *,
    probabilities: bool = False,
    compute: Callable[[Any], Any] | None = None,
) -> Any:
    """Return what a run's network predicts for raw examples.

    Args:
        record: The run.
        x: As `paribus.kept.rows.network_input` takes them.
        probabilities: Whether each class's probability is returned in place of the class.
        compute: Returns the outputs of a network of the user's own for prepared inputs; None for any other.

    Returns:
        Classes by name, shape (examples,); in a regression numbers of the target's unit, shape (examples,) or
        (examples, targets); of several labels, and with `probabilities`, a DataFrame with a column each.

    Raises:
        UsageError: The run has kept no weights, a function of the user's trained it, or the examples do not
            fit.
    """
    configuration, facts = record.spec.configuration, record.spec.configuration.facts
    if configuration.train is not None:
        raise UsageError("kept.predict-own")
    preparation = RunFolder(record.folder).preparation()
    scales = configuration.scale.values() if isinstance(configuration.scale, dict) else [configuration.scale]
    needs = configuration.target_scale != "none" or any(each not in ("none", "unit") for each in scales)
    if (needs or facts.words) and not preparation:
        raise UsageError("kept.predict-early", folder=record.folder)
    given = network_input(x, configuration, preparation)
    if compute is None:
        model = cast("Any", model_of(configuration, kept_arrays(record)))
        found = model.predict(given, batch_size=_BATCH, verbose=0)
    else:
        found = compute(given)
    outputs = np.asarray(found, np.float32)
    if "target_shift" in preparation:
        outputs = (outputs * preparation["target_factor"] + preparation["target_shift"]).astype(np.float32)
    if facts.task == "regression":
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs
    shares = outputs
    if facts.task == "classification" and outputs.shape[1] == 1:
        shares = np.concatenate([1 - outputs, outputs], axis=1)
    if probabilities or facts.task == "multilabel":
        import pandas as pd

        shown = shares if probabilities else shares > 0.5
        return pd.DataFrame(shown, columns=list(names_of_outputs(facts)))
    return np.array(facts.classes)[shares.argmax(axis=1)]


def kept_arrays(record: RunRecord) -> dict[str, NDArray[Any]]:
    """Return the weights that a run has kept, by path.

    Raises:
        UsageError: It has kept none.
    """
    try:
        weights = RunFolder(record.folder).weights()
    except OSError as error:
        if is_dropped(record.folder):
            raise UsageError("kept.dropped", folder=record.folder) from error
        raise UsageError("kept.no-weights", status=record.status.value, folder=record.folder) from error
    if not weights:
        raise UsageError("kept.no-own-weights")
    return weights
