"""Distances in place of a likelihood: gradients too small to learn by, and classes that are given up."""

from __future__ import annotations

from collections.abc import Iterable

from paribus.analysis.design.outputs import DISTANCES, likelihood
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import Fact
from paribus.analysis.runs.changes import Change
from paribus.analysis.runs.configured import SYMPTOMS, ConfiguredRule
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.loss import HALF
from paribus.analysis.runs.rule import Place, RunRule
from paribus.study.configuration import Configuration
from paribus.study.datasets import IMAGE_SETS
from paribus.texts.message import Listed, Message

NEGLECTED = 0.05
"""Of a class's images: where fewer are predicted to be of it, it is not known; a convention."""
MIN_IMAGES = 20
"""Of a class: with fewer, a twentieth of them is less than one image."""


def loss_of_a_guess(run: RunEvidence) -> float | None:
    """Return the loss of k equal probabilities, (k − 1)/k² squared and 2(k − 1)/k² absolute; else None.

    Args:
        run: Any.
    """
    classes = len(IMAGE_SETS[run.configuration.data].classes)
    squared = (classes - 1) / classes**2
    known = {"mean_squared_error": squared, "mean_absolute_error": 2 * squared}
    return known.get(run.configuration.loss)


class SlowLoss(ConfiguredRule):
    """A distance to probabilities that has stayed above half of what a guess has.

    Its gradient has the slope of softmax or sigmoid as a factor, which is smallest where outputs are surely
    wrong; that of a cross-entropy has not.
    """

    code = "slow-loss"
    severities = (Severity.SERIOUS, Severity.WARNING)
    reference = "Glorot and Bengio 2010, PMLR 9, section 4.1"
    explains = SYMPTOMS - {"slow-loss"}

    def fault(self, run: RunEvidence) -> Fact | None:
        """Return the loss at the end, beside that of a guess."""
        configuration, guess = run.configuration, loss_of_a_guess(run)
        losses = run.curve("data_loss")
        if guess is None or likelihood(configuration) is None or not len(losses):
            return None
        last = float(losses[-1])
        if not last > HALF * guess:
            return None
        evidence = {"share": last / guess, "last": last, "guess": guess, "limit": HALF}
        named = {"loss": configuration.loss, "activation": configuration.output}
        fault = Message("diagnosis.loss-is-slow", {**evidence, **named})
        return Fact(Severity.WARNING, evidence, {**named, "fault": fault})

    def when_learned(self, fact: Fact) -> Severity:
        """Return a warning: it learns, but slowly."""
        return Severity.WARNING

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise the likelihood for these outputs."""
        return _likelihood(configuration)


class NeglectedClass(RunRule):
    """A class that next to no image is predicted to be of, by a network that has learned others."""

    code = "neglected-class"
    severities = (Severity.WARNING,)
    reference = "Zhang and Sabuncu 2018, arXiv:1805.07836, for absolute errors"
    remark = Place.CURVES
    is_summarized = True

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether a network that is right of most test images kept its predictions."""
        result = run.record.result
        is_right = result is not None and result.test.get("accuracy", 0.0) > HALF
        return run.has_ended and run.has_learned and is_right and sum(run.labels) > 0

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return which classes are hardly predicted."""
        names = IMAGE_SETS[run.configuration.data].classes
        counted = [
            (name, labelled, predicted)
            for name, labelled, predicted in zip(names, run.labels, run.predicted, strict=False)
            if labelled >= MIN_IMAGES
        ]
        neglected = [each for each in counted if each[2] < NEGLECTED * each[1]]
        if not neglected:
            return None
        evidence = {
            "count": float(len(neglected)),
            "all": float(len(names)),
            "predicted": float(sum(predicted for _, _, predicted in neglected)),
            "images": float(sum(labelled for _, labelled, _ in neglected)),
            "limit": NEGLECTED,
        }
        cause = "loss" if run.configuration.loss in DISTANCES else "images"
        because = Message(f"diagnosis.neglected-by-{cause}", {"loss": run.configuration.loss})
        classes = Listed(tuple(name for name, _, _ in neglected))
        return Fact(Severity.WARNING, evidence, {"classes": classes, "because": because})

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise a likelihood in place of a distance, which can give a class up at little cost."""
        return _likelihood(configuration)

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect the distance."""
        return _likelihood(configuration)


def _likelihood(configuration: Configuration) -> Iterable[Change]:
    then = likelihood(configuration)
    if configuration.loss in DISTANCES and then is not None:
        values = {"now": configuration.loss, "then": then, "activation": configuration.output}
        yield Change("fitting-loss", {"loss": then}, values)
