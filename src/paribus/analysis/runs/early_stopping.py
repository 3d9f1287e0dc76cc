"""Runs that stopped early: where, on what, and what other patiences would have done on that trajectory."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from paribus.analysis.finding import Severity
from paribus.analysis.runs.curves import MIN_EPOCHS, N_SIGMA, late_gain, neighbour_noise, standard_error
from paribus.analysis.runs.evidence import Fact, Rule, RunEvidence
from paribus.record.early_stopping import Stopper
from paribus.record.run import EpochRow, Status
from paribus.study.configuration import EarlyStopping
from paribus.texts.message import Listed, Message

PATIENCES = (1, 2, 3, 5, 10, 20)
"""Those that a run which stopped early is told of, beside its own."""


def stops(settings: EarlyStopping, rows: Sequence[EpochRow], patience: int) -> tuple[int | None, int]:
    """Where early stopping would end a trajectory with another patience, as Keras decides it.

    Args:
        settings: What is watched, and how.
        rows: The trajectory's epochs.
        patience: In place of the settings' own.

    Returns:
        The epoch after which it stops, None where not within these epochs; and the best epoch so far, 0 where
        there is none.

    Example:
        >>> rows = [{"epoch": e, "val_loss": loss} for e, loss in enumerate([3.0, 2.0, 2.5, 1.0], start=1)]
        >>> stops(EarlyStopping(), rows, 1), stops(EarlyStopping(), rows, 2)
        ((3, 2), (None, 4))
    """
    stopper = Stopper(settings.model_copy(update={"patience": patience}))
    for row in rows:
        epoch = int(row["epoch"])
        if stopper.observe(epoch, row):
            return epoch, stopper.best_epoch or 0
    return None, stopper.best_epoch or 0


def stopped_early(run: RunEvidence) -> Fact | None:
    """Where it stopped, what the best was, and what another patience would have done.

    Args:
        run: One that early stopping ended.
    """
    settings = run.configuration.early_stopping
    if settings is None:
        return None
    rows = run.record.history
    stopped, best_epoch = stops(settings, rows, settings.patience)
    at = {int(row["epoch"]): row for row in rows}
    best, last = at[best_epoch or run.epochs], rows[-1]
    evidence = {
        "epoch": float(stopped or run.epochs),
        "most": float(run.configuration.epochs),
        "best_epoch": best["epoch"],
        "best": best[settings.monitor],
        "last": last[settings.monitor],
        "patience": float(settings.patience),
        "kept_epoch": float(run.kept.get("epoch", run.epochs)),
        "known_epochs": float(len(run.beyond)),
    }
    names: dict[str, object] = {"monitor": settings.monitor, "others": _others(settings, run, evidence)}
    names["restored"] = Message("diagnosis.stopped-at-best")
    if "val_accuracy" in last:
        evidence |= {"accuracy": last["val_accuracy"], "best_accuracy": best["val_accuracy"]}
        if settings.restore_best_weights:
            names["restored"] = Message("diagnosis.stopped-restored", evidence)
        elif best["epoch"] != last["epoch"]:
            names["restored"] = Message("diagnosis.stopped-not-restored", evidence)
    return Fact(Severity.INFO, evidence, names)


def _others(settings: EarlyStopping, run: RunEvidence, evidence: dict[str, float]) -> object:
    """Each other patience with the epoch at which it stops and the validation accuracy there."""
    rows = {int(row["epoch"]): row for row in run.beyond}
    told: list[object] = []
    for patience in (each for each in PATIENCES if each != settings.patience):
        epoch, _ = stops(settings, run.beyond, patience)
        if epoch is None:
            values: Mapping[str, object] = {"patience": patience, "epochs": len(rows)}
            if len(rows) > run.epochs:
                told.append(Message("diagnosis.patience-goes-on", values))
            break
        evidence[f"patience_{patience}_stops"] = float(epoch)
        values = {"patience": patience, "epoch": epoch}
        if "val_accuracy" in rows[epoch]:
            accuracy = rows[epoch]["val_accuracy"]
            evidence[f"patience_{patience}_accuracy"] = accuracy
            told.append(Message("diagnosis.patience-stops-at", {**values, "accuracy": accuracy}))
        else:
            told.append(Message("diagnosis.patience-stops", values))
    if not told:
        return Message("diagnosis.patience-none", {"epochs": len(rows)})
    return Message("diagnosis.patience-others", {"others": Listed(tuple(told))})


def stopped_too_soon(run: RunEvidence) -> Fact | None:
    """Early stopping that ended a run whose trajectory, trained further elsewhere, gained beyond noise.

    Held against each other are the validation accuracies at the stop and over the last epochs known, a fifth
    of them; the noise is that of the longer curve from epoch to epoch, and of the validation images.

    Args:
        run: One that early stopping ended, with the trajectory known for nine epochs or more beyond it.
    """
    accuracies = np.array([row["val_accuracy"] for row in run.beyond])
    noise, gain = neighbour_noise(accuracies), late_gain(accuracies)
    if noise is None or gain is None:
        return None
    at, later = float(accuracies[run.epochs - 1]), float(accuracies[-gain.epochs :].mean())
    limit = max(N_SIGMA * noise, standard_error(later, run.held_out))
    if later - at <= limit:
        return None
    evidence = {
        "gain": later - at,
        "limit": limit,
        "noise": noise,
        "accuracy": at,
        "later": later,
        "epoch": float(run.epochs),
        "known_epochs": float(len(accuracies)),
        "over": float(gain.epochs),
    }
    return Fact(Severity.WARNING, evidence)


def stopped_on_penalty(run: RunEvidence) -> Fact | None:
    """Early stopping that watched the penalty decay: more than half of the monitored loss's fall is penalty.

    Args:
        run: Early stopping watches a loss with a penalty in it; nine epochs or more.
    """
    settings = run.configuration.early_stopping
    if settings is None:
        return None
    part = "val_data_loss" if settings.monitor == "val_loss" else "data_loss"
    whole, data = run.curve(settings.monitor), run.curve(part)
    noise = neighbour_noise(data)
    if noise is None:
        return None
    fall, of_data = float(whole[0] - whole[-1]), float(data[0] - data[-1])
    if fall <= N_SIGMA * noise * math.sqrt(2) or of_data >= fall / 2:
        return None
    evidence = {
        "of_penalty": 1 - of_data / fall,
        "fall": fall,
        "of_data": of_data,
        "noise": noise,
        "loss_at_first": float(whole[0]),
        "loss_at_last": float(whole[-1]),
        "data_at_first": float(data[0]),
        "data_at_last": float(data[-1]),
        "epochs": float(run.epochs),
    }
    return Fact(Severity.WARNING, evidence, {"monitor": settings.monitor})


def _did_stop(run: RunEvidence) -> bool:
    return run.record.status is Status.EARLY_STOPPED


def _goes_on_elsewhere(run: RunEvidence) -> bool:
    longer = len(run.beyond) - run.epochs >= MIN_EPOCHS
    return _did_stop(run) and longer and "val_accuracy" in run.beyond[0] and run.held_out > 0


def _watches_penalty(run: RunEvidence) -> bool:
    settings = run.configuration.early_stopping
    watches = settings is not None and settings.monitor in ("loss", "val_loss")
    return watches and run.has_ended and run.epochs >= MIN_EPOCHS and bool(run.curve("penalty").any())


_KERAS = "Keras, callbacks/early_stopping.py"
STOPPING = (
    Rule("stopped-early", _did_stop, stopped_early, _KERAS),
    Rule("stopped-too-soon", _goes_on_elsewhere, stopped_too_soon),
    Rule("stopped-on-penalty", _watches_penalty, stopped_on_penalty),
)
