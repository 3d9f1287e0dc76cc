"""How a run fits: the gap between training and validation images, and overfitting."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import LABELS, Fact
from paribus.analysis.runs.changes import Change, round_to_digit
from paribus.analysis.runs.conditions import has_learned_on_validation, has_validation
from paribus.analysis.runs.curves import MIN_EPOCHS, N_SIGMA, standard_error
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.rise import MIN_SHORT, Rise, loss_rise, running_median, short_rise
from paribus.analysis.runs.rule import Place, RunRule, beside
from paribus.study.configuration import Configuration
from paribus.study.l2_dose import strength
from paribus.texts.message import Joined, Message

GRADES = (("small", 0.02), ("moderate", 0.05), ("large", math.inf))
"""Words for a gap up to so much accuracy: a convention. Only whether there is one follows from noise."""

_ASTRAY = 0.5
"""Of the rise on validation images: where the training loss rises by more, training goes astray."""


class Gap(RunRule):
    """Training accuracy minus validation accuracy, both with the kept weights.

    Its noise is the standard error of a difference of two independent shares. Over several runs, and beside
    another variant, training accuracy is measured in one way: on the probes' sample where that is called for
    in any run.
    """

    code = "gap"
    severities = (Severity.INFO,)
    any_training = True
    tasks = LABELS
    remark = Place.CURVES
    is_compared = True

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run has a validation accuracy."""
        return has_validation(run)

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the gap with its grade, and what each measure of training accuracy makes of it."""
        validation = run.validation_accuracy
        if validation is None or run.train_accuracy is None:
            return None
        evidence = {"validation": validation, "images": float(run.held_out)}
        if run.configuration.train is not None:
            evidence["as_logged"] = 1.0
        for measure, (train, images) in run.train_measures.items():
            noise = math.hypot(standard_error(train, images), standard_error(validation, run.held_out))
            of_measure = {
                "gap": train - validation,
                "train": train,
                "noise": noise,
                "of_train": float(images),
            }
            evidence |= {f"{measure}_{name}": value for name, value in of_measure.items()}
        return _graded(evidence, is_sampled=run.is_sampled)

    def combine(self, facts: Sequence[Fact]) -> Fact:
        """Return the means by one measure for all runs, compared with the noise of one run's images."""
        common = [name for name in facts[0].evidence if all(name in fact.evidence for fact in facts)]
        evidence = {name: float(np.mean([fact.evidence[name] for fact in facts])) for name in common}
        is_sampled = any(fact.evidence["is_sampled"] for fact in facts)
        return _graded(evidence, is_sampled=is_sampled and "sampled_gap" in evidence)

    def compare(self, mine: Finding, other: Finding) -> Message | None:
        """Return both gaps by one measure, or that the larger one depends on the measure."""
        both = mine.evidence, other.evidence
        found = beside(mine, other)
        known = [name for name in ("running", "sampled") if all(f"{name}_gap" in each for each in both)]
        larger = [both[0][f"{name}_gap"] - both[1][f"{name}_gap"] for name in known]
        is_sampled = any(each["is_sampled"] for each in both)
        if is_sampled and min(larger, default=0) < 0 < max(larger, default=0):
            return Message("remarks.compared-gap-unclear", found)
        measure = "sampled" if is_sampled else "running"
        if measure not in known:
            return None
        gaps = {"gap": found[f"{measure}_gap"], "other_gap": found[f"other_{measure}_gap"]}
        return Message("remarks.compared-gap", {**found, **gaps})


def _graded(evidence: dict[str, float], *, is_sampled: bool) -> Fact:
    """Return the gap by one measure of training accuracy, and what to call it."""
    measure = "sampled" if is_sampled else "running"
    of_measure = {name: evidence[f"{measure}_{name}"] for name in ("gap", "train", "noise", "of_train")}
    limit = N_SIGMA * of_measure["noise"]
    size = of_measure["gap"]
    found = {"gap": size, **evidence, **of_measure, "limit": limit, "is_sampled": float(is_sampled)}
    grade = "none"
    if abs(size) > limit:
        grade = next(word for word, most in GRADES if size < most) if size > 0 else "reversed"
    if evidence.get("as_logged"):
        measure = "logged"
    measured = Message(f"diagnosis.train-{measure}", {"images": of_measure["of_train"]})
    return Fact(Severity.INFO, found, {"grade": Message(f"diagnosis.gap-{grade}"), "measured": measured})


class Overfitting(RunRule):
    """Validation data loss that has risen from its best beyond noise, and the training data loss has not.

    What rises on all images is training that goes astray: the training data loss must rise by less than half
    as much. The rise must exceed what the curve's own noise allows, and one standard error that the loss has
    as a mean over the validation images; in a regression that of squared normal residuals. Both losses are of
    the same images, which makes the second test strict: their difference has less noise than each where they
    correlate above one half. Below nine epochs, which do not tell their noise, they must rise in order, by
    three of those standard errors. A rise that another run of the same trajectory takes back is a swing.

    It is an info where early stopping watched the validation accuracy, which has held.
    """

    code = "overfitting"
    remedies = ("stop", "l2", "dropout", "fewer-units")
    severities = (Severity.WARNING, Severity.INFO)
    any_training = True
    reference = "Prechelt, Early Stopping – But When?, in Neural Networks: Tricks of the Trade (1998)"
    remark = Place.CURVES
    is_contrasted = True
    is_summarized = True

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run has a validation loss at four epochs or more."""
        return (
            has_learned_on_validation(run) and run.epochs >= MIN_SHORT and len(run.curve("val_data_loss")) > 0
        )

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return how far the loss has risen, and whether accuracy fell with it."""
        is_short = run.epochs < MIN_EPOCHS
        found = (short_rise if is_short else loss_rise)(run.curve("val_data_loss"))
        if found is None:
            return None
        scores = running_median(run.curve(f"val_{run.score}"), found.window)
        best, last = float(scores.max()), float(scores[-1])
        if run.score == "r2":
            noise = r2_standard_error(best, run.held_out)
            images = found.best * math.sqrt(2 / run.held_out)
        else:
            noise = standard_error(best, run.held_out)
            images = loss_standard_error(found.best, float(scores[found.place]), run.held_out)
        limit = max(found.limit, N_SIGMA * images if is_short else images)
        trained = running_median(run.curve("data_loss"), found.window)
        if found.size <= limit or trained[-1] - trained[found.place] > _ASTRAY * found.size:
            return None
        if _is_taken_back(run, found, limit):
            return None
        evidence = {
            "rise": found.size,
            "best": found.best,
            "last": found.last,
            "best_epoch": float(found.best_epoch),
            "epochs": float(run.epochs),
            "noise": found.noise,
            "limit": limit,
            "correlation": found.correlation,
            f"best_{run.score}": best,
            run.score: last,
            f"{run.score}_noise": noise,
            "train_at_best": float(trained[found.place]),
            "train": float(trained[-1]),
        }
        fell = "fell" if best - last > noise else "held"
        accuracies_then = Message(f"diagnosis.{run.score}-{fell}", evidence)
        settings = run.configuration.early_stopping
        is_watched = settings is not None and settings.monitor == f"val_{run.score}" and fell == "held"
        if is_watched:
            told = Joined((accuracies_then, Message("diagnosis.score-watched", run.configuration.words)))
            return Fact(Severity.INFO, evidence, {"accuracies": told})
        return Fact(Severity.WARNING, evidence, {"accuracies": accuracies_then})

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise early stopping on the validation data loss."""
        settings = configuration.early_stopping
        patience = settings.patience if settings else 3
        stopping = {"monitor": "val_data_loss", "patience": patience, "restore_best_weights": True}
        yield Change("stop", {"early_stopping": stopping}, {"patience": patience})

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect that there is no penalty or a weak one, and training on after the best epoch."""
        now = strength(configuration)
        then = round_to_digit(10 * now) if now else 0.01
        values: dict[str, object] = {"now": now, "then": then}
        yield Change("weak-l2" if now else "no-l2", {"kernel_regularizer": {"l2": then}}, values)
        best = int(finding.evidence["best_epoch"])
        if configuration.early_stopping is None and best >= MIN_EPOCHS:
            yield Change("epochs", {"epochs": best}, {"now": configuration.epochs, "then": best})


def _is_taken_back(run: RunEvidence, rise: Rise, limit: float) -> bool:
    """Return whether the loss comes back to its best, by no more than noise, where the trajectory goes on."""
    later = [row["val_data_loss"] for row in run.longest_history[run.epochs :] if "val_data_loss" in row]
    medians = running_median(later)
    return len(medians) > 0 and float(medians.min()) - rise.best <= limit


def r2_standard_error(share: float, rows: int) -> float:
    """Return the standard error of R² over so many rows.

    Source: Olkin and Finn, Psychological Bulletin 118 (1995): 2R(1 − R²)/√n; that of no relation is 1/n.

    Args:
        share: R²; one below 0 counts as 0.
        rows: How many.

    Example:
        >>> round(r2_standard_error(0.5, 100), 3)
        0.071
    """
    found = max(0.0, share)
    return max(2 * math.sqrt(found) * (1 - found) / math.sqrt(rows), 1 / rows)


def loss_standard_error(loss: float, accuracy: float, images: int) -> float:
    """Return the standard error of a mean loss over so many images.

    Loss and error rate are assumed to have the same relative standard error.

    Args:
        loss: The mean.
        accuracy: Of the same network on the same images.
        images: How many.
    """
    errors = max(1 - accuracy, 1 / images)
    return loss * standard_error(accuracy, images) / errors
