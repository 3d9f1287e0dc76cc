"""Outputs that are exactly equal, so that the lowest class is predicted whatever the image."""

from __future__ import annotations

from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.analysis.runs.curves import N_SIGMA, standard_error
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.rule import Place, RunRule
from paribus.texts.message import Message


class TiedOutputs(RunRule):
    """More images with two largest outputs than would move the accuracy by one standard error.

    Two float32 outputs are equal where both have reached the end of their range: 1 for sigmoid from a logit
    of about 17 on, 0 for relu. Of equals the lowest class is predicted.
    It is a warning where the right ones among the ties could raise the accuracy beyond noise.
    """

    code = "tied-outputs"
    severities = (Severity.WARNING, Severity.INFO)
    any_training = True
    tasks = ("classification",)
    reference = "IEEE 754, float32; Keras, metrics: argmax takes the first of equals"
    remark = Place.INTERNALS

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether predictions were kept, of a network: the votes of trees and neighbours often tie."""
        own = run.configuration.train
        return run.has_ended and run.ties is not None and not (own and own.is_object)

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the share of such images, and the accuracy if each tie went to the right class."""
        ties, images = run.ties, sum(run.labels)
        if ties is None or not images:
            return None
        accuracy = run.record.result.test.get("accuracy", 0.0) if run.record.result else 0.0
        noise = standard_error(accuracy, images)
        if ties.share <= noise:
            return None
        severity = Severity.WARNING if ties.accuracy_at_best - accuracy > N_SIGMA * noise else Severity.INFO
        evidence = {
            "share": ties.share,
            "value": ties.value,
            "accuracy": accuracy,
            "at_best": ties.accuracy_at_best,
            "images": float(images),
        }
        named = {"activation": run.configuration.output}
        return Fact(severity, evidence, {**named, "fault": Message("diagnosis.tie", {**evidence, **named})})
