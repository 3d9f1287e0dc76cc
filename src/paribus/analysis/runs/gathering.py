"""What is known of every run, read from its folder."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from paribus.analysis.failure import recall_noise
from paribus.analysis.runs.evidence import RunEvidence, Ties
from paribus.errors import StoreError
from paribus.record.folder import RunFolder
from paribus.record.metrics import predicted_classes
from paribus.record.probes import KeptProbes
from paribus.record.records import Records
from paribus.record.run import EpochRow, RunRecord


def gather_evidence(records: Records) -> dict[tuple[str, int], RunEvidence]:
    """Return what is known of each run, from its folder; what a folder lacks is left out.

    Args:
        records: By variant and seed.
    """
    longest: dict[str, Sequence[EpochRow]] = {}
    for record in records.values():
        known = longest.get(record.spec.trajectory, ())
        longest[record.spec.trajectory] = max(known, record.history, key=len)
    recent: deque[KeptProbes] = deque()
    return {
        key: _read(record, longest[record.spec.trajectory], KeptProbes(record, recent))
        for key, record in records.items()
    }


def _read(record: RunRecord, longest_history: Sequence[EpochRow], probes: KeptProbes) -> RunEvidence:
    folder = RunFolder(record.folder)
    found = RunEvidence(
        record,
        probes,
        seconds=tuple(folder.epoch_seconds() or ()),
        longest_history=longest_history,
        examples=_examples(folder) if record.spec.configuration.train is not None else None,
    )
    with suppress(OSError, StoreError):
        outputs, given = folder.predictions()
        match record.spec.configuration.facts.task:
            case "classification":
                return _of_classes(found, outputs, given)
            case "multilabel":
                shares = given.mean(axis=0)
                return replace(found, commonest=float(np.maximum(shares, 1 - shares).mean()))
            case "regression":
                spread = outputs.std(axis=0) / np.maximum(given.std(axis=0), 1e-12)
                return replace(found, variation=float(spread.mean()))
    return found


def _examples(folder: RunFolder) -> tuple[int, int] | None:
    """Return how many examples a function of the user's own trained on and held out, where that is known."""
    match folder.environment().get("examples"):
        case [int(train), int(held_out)]:
            return train, held_out
        case _:
            return None


def _of_classes(found: RunEvidence, outputs: NDArray[np.floating], given: NDArray[np.integer]) -> RunEvidence:
    """Return the evidence with what is counted of predicted classes."""
    classes = max(2, outputs.shape[1])
    answers = predicted_classes(outputs)
    predicted, labels, right = (
        np.bincount(each, minlength=classes) for each in (answers, given, given[answers == given])
    )
    present = labels > 0
    noise = recall_noise(predicted, labels)
    return replace(
        found,
        predicted=tuple(predicted.tolist()),
        labels=tuple(labels.tolist()),
        ties=find_ties(outputs, given),
        recall=(float((right[present] / labels[present]).mean()), noise) if present.sum() > 1 else None,
    )


def find_ties(outputs: NDArray[np.floating], labels: NDArray[np.integer]) -> Ties:
    """Return how many images have several largest outputs.

    Args:
        outputs: Shape (images, units).
        labels: Shape (images,).

    Example:
        >>> find_ties(np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([1, 0]))
        Ties(share=0.5, value=1.0, accuracy_at_best=0.5)
    """
    if outputs.shape[1] == 1:
        return Ties(0.0, 0.0, float(np.mean((outputs[:, 0] > 0.5) == labels)))
    largest = outputs.max(axis=1, keepdims=True)
    is_largest = outputs == largest
    is_tied = is_largest.sum(axis=1) > 1
    values, counts = np.unique(largest[is_tied], return_counts=True)
    value = float(values[counts.argmax()]) if len(values) else 0.0
    at_best = is_largest[np.arange(len(labels)), labels]
    return Ties(float(is_tied.mean()), value, float(at_best.mean()))
