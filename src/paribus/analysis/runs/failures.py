"""Findings about runs that failed to train: one prediction for every image, nothing learned, divergence."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from paribus.analysis.design.networks import is_unscaled
from paribus.analysis.failure import single_class
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import LABELS, Fact
from paribus.analysis.runs.changes import Change, scaled
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.rate_changes import smaller_rate, suspect_updates
from paribus.analysis.runs.rise import MIN_SHORT
from paribus.analysis.runs.rule import Place, RunRule
from paribus.analysis.runs.sample_loss import has_jumped
from paribus.analysis.runs.units import IdenticalUnits, SilentLayer, UntrainedRule, ZeroGradient
from paribus.analysis.runs.updates import Vanishing
from paribus.record.run import Status
from paribus.study.configuration import Configuration
from paribus.texts.message import Joined, Listed, Message

CONSEQUENCES = frozenset({"dead-units", "saturation"})
"""Codes of findings that follow from a network that fails to train."""


def single_prediction(run: RunEvidence) -> tuple[int, float] | None:
    """Return the class that all images but a few are predicted to be, and its share of the predictions.

    The few are fewer than would move the accuracy by one standard error.

    Args:
        run: Any; the test images' predictions are taken, or else those of the last probe's sample.
    """
    found = run.commonest_prediction
    is_single = single_class(np.array(run.predictions), np.array(run.labels)) is not None
    return found if is_single else None


class OneAnswer(UntrainedRule):
    """One prediction for every image, with the cause that was measured."""

    code = "one-answer"
    severities = (Severity.SERIOUS,)
    any_training = True
    tasks = ("classification",)
    remark = Place.FAILURE
    is_fatal = True
    is_summarized = True
    explains = CONSEQUENCES

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run has ended, with predictions or probes."""
        return run.has_ended and bool(run.predicted or run.probes)

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the class that is predicted, and how many images are of it."""
        found = single_prediction(run)
        if found is None:
            return None
        predicted, share = found
        images = sum(run.predictions)
        evidence = {
            "share": share,
            "class": float(predicted),
            "accuracy": run.record.result.test.get("accuracy", math.nan) if run.record.result else math.nan,
            "others": (1 - share) * images,
            "images": float(images),
        }
        if sum(run.labels):
            evidence["of_class"] = run.labels[predicted] / sum(run.labels)
            evidence["of_class_images"] = float(run.labels[predicted])
        answer = run.class_name(predicted)
        counted = "counted" if "of_class" in evidence else "uncounted"
        meaning = Message(f"diagnosis.one-answer-{counted}", {**evidence, "answer": answer})
        alike = Message("diagnosis.one-answer-alike", {"answer": answer})
        placeholders = {
            "answer": answer,
            "which": Joined((alike, meaning)),
            "meaning": meaning,
            "is_slow": is_slow(run),
            **_cause(run),
        }
        return Fact(Severity.SERIOUS, evidence, placeholders)

    def over_seeds(self, fact: Fact, facts: Sequence[Fact]) -> Fact:
        """Return the fact with every class that some run predicts, where they differ."""
        answers = tuple(dict.fromkeys(str(each.placeholders["answer"]) for each in facts))
        if len(answers) == 1:
            return fact
        differing = Message("diagnosis.one-answer-differing", {"answers": Listed(answers)})
        return replace(fact, placeholders={**fact.placeholders, "which": differing, "meaning": differing})


def _cause(run: RunEvidence) -> dict[str, object]:
    """Return the measured cause of a single prediction, the most particular first, and when it set in."""
    for rule in (SilentLayer(), ZeroGradient(), IdenticalUnits()):
        fact = rule.find(run)
        if fact is not None:
            because = Message(f"diagnosis.because-{rule.code}", {**fact.evidence, **fact.placeholders})
            return {"because": because, "moment": fact.placeholders.get("moment", "")}
    return {"because": ""}


def is_slow(run: RunEvidence) -> bool:
    """Return whether weights hardly move, or the training loss has fallen at every epoch until the last.

    Args:
        run: Any.
    """
    losses = run.curve("data_loss")
    falls = len(losses) >= MIN_SHORT and bool((np.diff(losses) < 0).all())
    return falls or Vanishing().find(run) is not None


class NothingLearned(UntrainedRule):
    """A network that is right no more often than always predicting one class, beyond noise."""

    code = "nothing-learned"
    remedies = ("random-weights", "zero-biases", "scale", "smaller-rate", "larger-rate")
    severities = (Severity.SERIOUS,)
    any_training = True
    tasks = LABELS
    remark = Place.FAILURE
    is_fatal = True
    is_summarized = True
    explains = CONSEQUENCES

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run has ended, and does not predict one class alone."""
        return run.has_ended and not single_prediction(run)

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the accuracy, and that of always predicting the commonest class."""
        share = run.validation_accuracy
        share = run.train_accuracy if share is None else share
        if run.has_learned or share is None:
            return None
        is_validated = run.validation_accuracy is not None
        images = run.held_out if is_validated else run.train_images
        evidence = {
            "accuracy": share,
            "commonest": run.majority_share,
            "limit": run.learning_threshold(max(1, images)),
            "images": float(images),
        }
        of_images = Message(f"diagnosis.{'validation' if is_validated else 'training'}-images", evidence)
        placeholders: dict[str, object] = {
            "of_images": of_images,
            "meaning": Message("diagnosis.learned-noise", evidence),
            "is_slow": is_slow(run),
        }
        if run.is_nearly_constant and run.commonest_prediction is not None:
            predicted, evidence["share"] = run.commonest_prediction
            answer = run.class_name(predicted)
            meaning = Message("diagnosis.learned-next-to-nothing", {**evidence, "answer": answer})
            placeholders["meaning"] = meaning
        return Fact(Severity.SERIOUS, evidence, placeholders)

    def is_present(self, run: RunEvidence, facts: Mapping[str, Fact]) -> bool | None:
        """Return whether nothing was learned, also where that is reported as a single prediction."""
        return not run.has_learned if run.is_over else None


class Diverged(RunRule):
    """A loss that was no longer a finite number."""

    code = "diverged"
    remedies = ("scale", "smaller-weights", "smaller-rate")
    severities = (Severity.SERIOUS,)
    any_training = True
    remark = Place.FAILURE
    is_fatal = True
    is_summarized = True

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run is over."""
        return run.is_over

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return after which epoch, and whether the loss had grown before; None where it has not diverged."""
        if run.record.status is not Status.DIVERGED:
            return None
        losses = run.curve("data_loss")
        finite = losses[np.isfinite(losses)]
        evidence = {
            "epoch": float(run.epochs),
            "highest": float(finite.max()) if len(finite) else math.nan,
        }
        measured = [(probe.step, probe.data_loss) for probe in run.probes if probe.data_loss is not None]
        known = "unknown"
        if len(measured) > 1:
            (_, first), (step, highest) = measured[0], max(measured, key=lambda each: each[1])
            evidence |= {"first_loss": first, "highest_loss": highest, "step": float(step)}
            known = "measured" if has_jumped(run, first, highest) else "sudden"
        return Fact(Severity.SERIOUS, evidence, {"before": Message(f"diagnosis.diverged-{known}", evidence)})

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise scaled pixels and smaller steps."""
        if is_unscaled(configuration):
            yield Change("scale", scaled(configuration), name="scaled")
        yield from smaller_rate(configuration, finding, "smaller-rate")

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect updates that are too large."""
        return suspect_updates(configuration, finding)

    def is_present(self, run: RunEvidence, facts: Mapping[str, Fact]) -> bool | None:
        """Return whether a run that is over has diverged: one that has ended has not."""
        return run.record.status is Status.DIVERGED if run.is_over else None
