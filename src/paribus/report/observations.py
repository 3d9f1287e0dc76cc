"""What the runs of two variants show beside each other, in numbers that no finding has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from paribus.analysis.runs.diagnosis import Runs
from paribus.analysis.runs.evidence import RunEvidence
from paribus.record.run import Status
from paribus.study.confounds import Pair
from paribus.study.l2_dose import dose, strength
from paribus.study.metrics import name_of
from paribus.texts.message import Message
from paribus.texts.quantities import Difference, epoch_range

_TWICE = 2  # as large: a convention, from which on a reader sees it in the curves
_SETTLED = 3  # a third of the epochs: by then a curve has usually risen


def observed(runs: Runs, treatment: str, reference: str) -> Iterator[Message]:
    """Yield what else the runs of a question show: how long they are, how they swing, and what L2 does.

    Args:
        runs: Those of the study.
        treatment: A variant whose runs trained.
        reference: Another.
    """
    mine, other = _ended(runs, treatment), _ended(runs, reference)
    seeds = [seed for seed in mine if seed in other]
    names = {"treatment": treatment, "reference": reference}
    if not seeds:
        return
    lengths = [_range(each.values()) for each in (mine, other)]
    if lengths[0] != lengths[1] and not _has_matched_updates(mine[seeds[0]], other[seeds[0]]):
        values = {"epochs": epoch_range(lengths[0]), "other_epochs": epoch_range(lengths[1])}
        yield Message("remarks.compared-length", {**names, **values})
    for name, each in ((treatment, mine), (reference, other)):
        if never_stopped(tuple(each.values())):
            yield Message("remarks.compared-never-stopped", {"variant": name, "count": len(each)})
    yield from _swings([mine[seed] for seed in seeds], [other[seed] for seed in seeds], names)
    yield from _penalized([mine[seed] for seed in seeds], [other[seed] for seed in seeds], names)


def never_stopped(ended: Sequence[RunEvidence]) -> bool:
    """Return whether early stopping could have ended these runs and ended none.

    Args:
        ended: Runs of one variant that were trained to their end.
    """
    return bool(ended) and all(
        run.configuration.early_stopping is not None and run.record.status is Status.FINISHED for run in ended
    )


def _has_matched_updates(treatment: RunEvidence, reference: RunEvidence) -> bool:
    """Return whether another number of epochs keeps the number of updates equal."""
    before, after = reference.configuration, treatment.configuration
    known = {run.configuration.data: run.record.data.train for run in (reference, treatment)}
    return Pair(before, after, known).has_matched_updates


def _ended(runs: Runs, variant: str) -> dict[int, RunEvidence]:
    found = {seed: run for (name, seed), run in runs.items() if name == variant}
    return {seed: run for seed, run in found.items() if run.has_ended and run.has_learned and run.epochs}


def _range(runs: Iterable[RunEvidence]) -> tuple[int, int]:
    epochs = [run.epochs for run in runs]
    return min(epochs), max(epochs)


def _swings(
    mine: Sequence[RunEvidence], other: Sequence[RunEvidence], names: Mapping[str, object]
) -> Iterator[Message]:
    """Yield the mean change of the validation score from epoch to epoch, where one has twice the other's."""
    first = min(run.epochs for run in (*mine, *other)) // _SETTLED
    score = mine[0].configuration.score
    both = [[run.curve(score.val)[first - 1 :] for run in runs] for runs in (mine, other)]
    if first < 2 or not all(len(curve) for curves in both for curve in curves):
        return
    changes = [float(np.mean([np.abs(np.diff(curve)).mean() for curve in curves])) for curves in both]
    if max(changes) > _TWICE * min(changes):
        told = [Difference(change, score.unit, signed=False) for change in changes]
        values = {"first": first, "score": name_of(score), "change": told[0], "other_change": told[1]}
        yield Message("remarks.compared-changes", {**names, **values})


def _penalized(
    mine: Sequence[RunEvidence], other: Sequence[RunEvidence], names: Mapping[str, object]
) -> Iterator[Message]:
    """Yield what L2 leaves of a weight and does to the loss, where only one of two variants has it."""
    strengths = [strength(runs[0].configuration) for runs in (mine, other)]
    if bool(strengths[0]) == bool(strengths[1]):
        return
    losses = [[run.kept.get("val_data_loss") for run in runs] for runs in (mine, other)]
    pairs = [(one, two) for one, two in zip(*losses, strict=True) if one is not None and two is not None]
    if pairs and mine[0].configuration.loss_told == other[0].configuration.loss_told:
        lower, (loss, other_loss) = sum(one < two for one, two in pairs), np.mean(pairs, axis=0)
        values = {"loss": float(loss), "other_loss": float(other_loss), "lower": lower, "seeds": len(pairs)}
        yield Message("remarks.compared-data-loss", {**names, **values})
    runs, name = (mine, names["treatment"]) if strengths[0] else (other, names["reference"])
    epochs = float(np.mean([run.epochs for run in runs]))
    found = dose(runs[0].configuration, runs[0].record.data.train, epochs)
    if found is not None and not found.diverges:
        yield Message("remarks.compared-shrinkage", {"variant": name, "left": found.remaining})
