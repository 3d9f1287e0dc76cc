"""Runs that stopped early: where, on what, and what other patiences would have done on that trajectory."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from paribus.analysis.design.stopping import is_backwards
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import LABELS, Fact
from paribus.analysis.runs.changes import Change
from paribus.analysis.runs.curves import (
    MIN_EPOCHS,
    N_SIGMA,
    Curve,
    late_gain,
    neighbour_noise,
    standard_error,
)
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.rule import Place, RunRule
from paribus.analysis.runs.stopping_changes import (
    data_monitor,
    more_patience,
    suspect_patience,
)
from paribus.record.early_stopping import Stopper, improves
from paribus.record.run import EpochRow, Status
from paribus.study.configuration import Configuration, EarlyStopping
from paribus.texts.message import Joined, Listed, Message

PATIENCES = (1, 2, 3, 5, 10, 20)
"""Those whose end is reported for a run that stopped early, beside its own."""


def stops(settings: EarlyStopping, rows: Sequence[EpochRow], patience: int) -> tuple[int | None, int]:
    """Return where early stopping would end a trajectory with another patience, as Keras decides it.

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


class StoppedEarly(RunRule):
    """Early stopping ended the run: where it stopped, and what the best was."""

    code = "stopped-early"
    severities = (Severity.INFO,)
    any_training = True
    reference = "Keras, callbacks/early_stopping.py"
    remark = Place.CURVES

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run is over, and early stopping could have ended it."""
        return run.is_over and run.configuration.early_stopping is not None and run.epochs > 0

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return both epochs, and what other patiences would have done; None where it did not stop."""
        settings = run.configuration.early_stopping
        if settings is None or run.record.status is not Status.EARLY_STOPPED:
            return None
        rows = run.record.history
        stopped, best_epoch = stops(settings, rows, settings.patience)
        by_epoch = {int(row["epoch"]): row for row in rows}
        best, last = by_epoch[best_epoch or run.epochs], rows[-1]
        evidence = {
            "epoch": float(stopped or run.epochs),
            "most": float(run.configuration.epochs),
            "best_epoch": best["epoch"],
            "best": best[settings.monitor],
            "last": last[settings.monitor],
            "patience": float(settings.patience),
            "kept_epoch": float(run.kept.get("epoch", run.epochs)),
            "known_epochs": float(len(run.longest_history)),
        }
        waited = _waited(settings, rows, evidence)
        others = _other_patiences(settings, run, evidence)
        has_accuracy = "val_accuracy" in last
        if has_accuracy:
            evidence |= {"accuracy": last["val_accuracy"], "best_accuracy": best["val_accuracy"]}
        restored = Message("diagnosis.stopped-at-best")
        if best["epoch"] != last["epoch"]:
            kept = "restored" if settings.restore_best_weights else "not-restored"
            restored = Message(f"diagnosis.stopped-{kept}{'' if has_accuracy else '-epoch'}", evidence)
        placeholders = {
            "monitor": settings.monitor,
            "waited": waited,
            "others": others,
            "restored": restored,
        }
        return Fact(Severity.INFO, evidence, placeholders)

    def over_seeds(self, fact: Fact, facts: Sequence[Fact]) -> Fact:
        """Return the fact with the first and the last epoch at which a run stopped."""
        stopped = [each.evidence["epoch"] for each in facts]
        if len(stopped) == 1:
            return fact
        values = {"earliest": min(stopped), "latest": max(stopped), "count": len(stopped)}
        code = "alike" if min(stopped) == max(stopped) else "spread"
        spread = Message(f"diagnosis.stopped-{code}", values)
        others = Joined((fact.placeholders["others"], spread))
        return replace(fact, placeholders={**fact.placeholders, "others": others})


def _waited(settings: EarlyStopping, rows: Sequence[EpochRow], evidence: Mapping[str, float]) -> Joined:
    """Return what early stopping waited for in vain, and which way it looked if not the usual one."""
    values = {
        "monitor": settings.monitor,
        "baseline": settings.baseline,
        "min_delta": settings.min_delta,
        "mode": settings.mode,
        **evidence,
    }
    code = "min-delta" if settings.min_delta else "best"
    if settings.baseline is not None and not any(
        improves(settings, row[settings.monitor], settings.baseline) for row in rows
    ):
        code = "baseline"
    odd = Message(f"diagnosis.waited-{settings.mode}", values) if is_backwards(settings) else ""
    return Joined((Message(f"diagnosis.waited-{code}", values), odd))


def _other_patiences(settings: EarlyStopping, run: RunEvidence, evidence: dict[str, float]) -> Message:
    """Return where each other patience stops, with the accuracy there; both are added to the evidence."""
    rows = {int(row["epoch"]): row for row in run.longest_history}
    found: list[Message] = []
    for patience in (each for each in PATIENCES if each != settings.patience):
        epoch, _ = stops(settings, run.longest_history, patience)
        if epoch is None:
            if len(rows) > run.epochs:
                values: Mapping[str, object] = {"patience": patience, "epochs": len(rows)}
                found.append(Message("diagnosis.patience-goes-on", values))
            break
        evidence[f"patience_{patience}_stops"] = float(epoch)
        values = {"patience": patience, "epoch": epoch}
        if "val_accuracy" in rows[epoch]:
            accuracy = rows[epoch]["val_accuracy"]
            evidence[f"patience_{patience}_accuracy"] = accuracy
            found.append(Message("diagnosis.patience-stops-at", {**values, "accuracy": accuracy}))
        else:
            found.append(Message("diagnosis.patience-stops", values))
    if not found:
        return Message("diagnosis.patience-none", {"epochs": len(rows)})
    return Message("diagnosis.patience-others", {"others": Listed(tuple(found))})


class StoppedOnPenalty(RunRule):
    """Early stopping that watched the penalty decay: most of the monitored loss's fall is penalty.

    It is so over all epochs, and over the second half of them as well. A penalty that stood still by then
    brought no new best, and the run ended by what the network got right.
    """

    code = "stopped-on-penalty"
    severities = (Severity.WARNING,)
    remark = Place.CURVES

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether early stopping watches a loss with a penalty in it, at nine epochs or more."""
        settings = run.configuration.early_stopping
        watches_loss = settings is not None and settings.monitor in ("loss", "val_loss")
        is_long = run.has_ended and run.epochs >= MIN_EPOCHS
        return watches_loss and is_long and bool(run.curve("penalty").any())

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return how far the loss fell, and its data's part."""
        settings = run.configuration.early_stopping
        if settings is None:
            return None
        whole, data = run.curve(settings.monitor), run.curve(data_monitor(settings))
        noise = neighbour_noise(data)
        if noise is None:
            return None
        fall, of_data = float(whole[0] - whole[-1]), float(data[0] - data[-1])
        half = len(whole) // 2
        if not all(_is_of_penalty(whole[start:], data[start:], noise) for start in (0, half)):
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

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise to watch the data loss."""
        settings = configuration.early_stopping
        if settings is not None:
            monitor = data_monitor(settings)
            yield Change(
                "watch", {"early_stopping": {"monitor": monitor}}, {"instead": monitor}, name="on-data-loss"
            )

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect the penalty in what is watched."""
        settings = configuration.early_stopping
        if settings is not None:
            then = data_monitor(settings)
            values = {"now": settings.monitor, "then": then}
            yield Change("monitor", {"early_stopping": {"monitor": then}}, values)

    def remains(self, before: RunEvidence, after: RunEvidence, facts: Mapping[str, Fact]) -> bool | None:
        """Return whether the run still stops after the same epoch: without a penalty there is no finding."""
        return before.epochs == after.epochs


def _is_of_penalty(whole: Curve, data: Curve, noise: float) -> bool:
    """Return whether a loss fell beyond noise, and most of that is not its data's part."""
    fall = float(whole[0] - whole[-1])
    return fall > N_SIGMA * noise * math.sqrt(2) and float(data[0] - data[-1]) < fall / 2


class StoppedTooSoon(RunRule):
    """Early stopping that ended a run whose trajectory, trained further elsewhere, gained beyond noise.

    The validation accuracy at the stop is compared with that over the last fifth of the epochs known; the
    noise is that of the longer curve from epoch to epoch, and of the validation images.
    """

    code = "stopped-too-soon"
    severities = (Severity.WARNING,)
    any_training = True
    tasks = LABELS
    remark = Place.CURVES

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run was not stopped, or another went on for nine epochs or more from there."""
        if not run.has_ended or run.configuration.early_stopping is None or not run.held_out:
            return False
        is_longer = len(run.longest_history) - run.epochs >= MIN_EPOCHS
        is_known = is_longer and "val_accuracy" in run.longest_history[0]
        return is_known or run.record.status is not Status.EARLY_STOPPED

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return what the trajectory gained; None where it was not stopped."""
        if run.record.status is not Status.EARLY_STOPPED:
            return None
        accuracies = np.array([row["val_accuracy"] for row in run.longest_history])
        noise, gain = neighbour_noise(accuracies), late_gain(accuracies)
        if noise is None or gain is None:
            return None
        at_stop, later = float(accuracies[run.epochs - 1]), float(accuracies[-gain.epochs :].mean())
        limit = max(N_SIGMA * noise, standard_error(later, run.held_out))
        if later - at_stop <= limit:
            return None
        evidence = {
            "gain": later - at_stop,
            "limit": limit,
            "noise": noise,
            "accuracy": at_stop,
            "later": later,
            "epoch": float(run.epochs),
            "known_epochs": float(len(accuracies)),
            "over": float(gain.epochs),
        }
        return Fact(Severity.WARNING, evidence)

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise more patience; where one setting alone ended the run, that is another finding."""
        settings = configuration.early_stopping
        if settings is not None:
            patience = more_patience(settings)
            yield Change("patient", {"early_stopping": {"patience": patience}}, {"longer": patience})

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect the patience; where one setting alone ended the run, that is another finding."""
        return suspect_patience(configuration)

    def remains(self, before: RunEvidence, after: RunEvidence, facts: Mapping[str, Fact]) -> bool | None:
        """Return whether more patience did not validate better, by the limit of the finding itself."""
        fact = self.find(before)
        if fact is None or after.validation_accuracy is None:
            return None
        gain = after.record.history[-1]["val_accuracy"] - fact.evidence["accuracy"]
        return gain <= fact.evidence["limit"]
