"""Batches too large for the epochs, or too small for batch normalization, told of the runs that show it."""

from __future__ import annotations

from collections.abc import Iterable

from paribus.analysis.design.networks import MIN_NORMALIZED, normalization_momenta
from paribus.analysis.design.updates import USUAL_BATCH, are_batches_large, too_few_updates
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import Fact
from paribus.analysis.runs.changes import Change
from paribus.analysis.runs.conditions import fits_poorly
from paribus.analysis.runs.configured import ASTRAY, SYMPTOMS, ConfiguredRule
from paribus.analysis.runs.evidence import RunEvidence
from paribus.study.configuration import Configuration
from paribus.texts.message import Message


class NoisyNormalization(ConfiguredRule):
    """Batch normalization over fewer than eight images at a time, in a network that fits poorly."""

    code = "few-normalized-images"
    severities = (Severity.SERIOUS, Severity.WARNING)
    reference = "Wu and He 2018, arXiv:1803.08494, figure 1"
    explains = SYMPTOMS | ASTRAY | {"lagging-statistics"}
    is_certain = False
    if_learned = Severity.WARNING

    def fault(self, run: RunEvidence) -> Fact | None:
        """Return how few images are normalized together."""
        batch = run.configuration.batch_size
        is_noisy = normalization_momenta(run.configuration) and batch < MIN_NORMALIZED
        if not is_noisy or not fits_poorly(run):
            return None
        evidence = {"batch": float(batch), "limit": float(MIN_NORMALIZED)}
        has_places = any("conv" in layer.kind for layer in run.configuration.layers)
        much = "one" if batch == 1 and not has_places else "few"
        fault = Message(f"diagnosis.normalizes-{much}", {**evidence, "count": batch})
        return Fact(Severity.WARNING, evidence, {"fault": fault})

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise Keras's default batch size."""
        values = {"now": configuration.batch_size, "then": USUAL_BATCH}
        yield Change("larger-batch", {"batch_size": USUAL_BATCH}, values)


class FewUpdates(ConfiguredRule):
    """Fewer than 200 updates, mostly because the batches are large, in a network that fits poorly."""

    code = "few-updates"
    severities = (Severity.SERIOUS, Severity.WARNING)
    reference = "Hoffer, Hubara and Soudry 2017, arXiv:1705.08741"
    explains = frozenset(
        {
            "easy-validation",
            "neglected-class",
            "not-converged",
            "nothing-learned",
            "one-answer",
            "underfitting",
            "vanishing",
        }
    )
    is_certain = False
    if_learned = Severity.WARNING

    def fault(self, run: RunEvidence) -> Fact | None:
        """Return how few updates the run made."""
        evidence = too_few_updates(
            run.configuration, updates=run.updates, epochs=run.epochs, images=run.trained_on
        )
        if evidence is None or not are_batches_large(evidence) or not fits_poorly(run):
            return None
        fault = Message("diagnosis.updates-few", evidence)
        return Fact(Severity.WARNING, evidence, {"fault": fault})

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise Keras's default batch size."""
        values = {"now": configuration.batch_size, "then": USUAL_BATCH}
        yield Change("smaller-batch", {"batch_size": USUAL_BATCH}, values)
