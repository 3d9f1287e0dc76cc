"""Classes that are given up."""

from __future__ import annotations

from collections.abc import Iterable

from paribus.analysis.design.outputs import DISTANCES
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import Fact
from paribus.analysis.runs.changes import Change
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.loss import HALF
from paribus.analysis.runs.rule import Place, RunRule
from paribus.analysis.runs.slow_loss import change_to_likelihood
from paribus.study.configuration import Configuration
from paribus.texts.message import Listed, Message

NEGLECTED = 0.05
"""Of a class's images: where fewer are predicted to be of it, it is not known; a convention."""
MIN_IMAGES = 20
"""Of a class: with fewer, a twentieth of them is less than one image."""


class NeglectedClass(RunRule):
    """A class that next to no image is predicted to be of, by a network that has learned others."""

    code = "neglected-class"
    severities = (Severity.WARNING,)
    any_training = True
    tasks = ("classification",)
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
        names = run.configuration.facts.classes
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
        named = {"classes": classes, "count": len(neglected)}
        of_classes = Message("diagnosis.of-classes", named)
        placeholders = {"classes": classes, "of_classes": of_classes, "because": because}
        return Fact(Severity.WARNING, evidence, placeholders)

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise a likelihood in place of a distance, which can give a class up at little cost."""
        return _of_a_distance(configuration)

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect the distance."""
        return _of_a_distance(configuration)


def _of_a_distance(configuration: Configuration) -> Iterable[Change]:
    return change_to_likelihood(configuration) if configuration.loss in DISTANCES else ()
