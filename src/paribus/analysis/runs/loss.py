"""What the loss shows: pixels or weights that start too large, a penalty that outweighs the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from paribus.analysis.design.initial_weights import large_layers
from paribus.analysis.design.networks import is_as_given, is_unscaled
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import LABELS, Fact
from paribus.analysis.runs.changes import Change, scaled
from paribus.analysis.runs.conditions import fits_poorly
from paribus.analysis.runs.configured import ASTRAY, SYMPTOMS, is_no_better
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.rule import Place, RunRule
from paribus.analysis.runs.sample_loss import HIGH, uniform_loss
from paribus.analysis.runs.start_changes import constant_starts
from paribus.analysis.runs.units import ProbeRule
from paribus.study.configuration import Configuration
from paribus.texts.message import Listed, Message

VERY_HIGH = 10.0
"""Times that loss: of ten classes the true one is given a probability of 1e-10 at the start."""
HALF = 0.5


def _high_start(run: RunEvidence) -> dict[str, float] | None:
    """Return how high the initial loss is, where it is at least twice that of a uniform prediction."""
    uniform, first = uniform_loss(run), run.probes[0].data_loss
    if uniform is None or first is None or first < HIGH * uniform:
        return None
    return {"times": first / uniform, "first_loss": first, "even": uniform, "limit": HIGH}


class UnscaledInput(ProbeRule):
    """Pixels from 0 to 255, and an initial loss at least twice that of a uniform prediction.

    It is a warning where the network fits its training images poorly from weights drawn at random, whatever
    its initial loss, and then what the rest follows from.
    """

    code = "unscaled-input"
    severities = (Severity.WARNING, Severity.INFO)
    any_network = True
    values = ("pixels",)
    reference = "LeCun et al., Efficient BackProp (1998)"
    explains = SYMPTOMS | ASTRAY

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return how high the initial loss is."""
        if not is_unscaled(run.configuration):
            return None
        evidence = _high_start(run)
        is_harmless = not fits_poorly(run) or bool(constant_starts(run.configuration))
        if evidence is not None:
            loss = Message("diagnosis.unscaled-high", evidence)
            return Fact(Severity.INFO if is_harmless else Severity.WARNING, evidence, {"loss": loss})
        if is_harmless or run.probes[0].data_loss is None:
            return None
        return Fact(Severity.WARNING, {}, {"loss": Message("diagnosis.unscaled-lost")})

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise pixels from 0 to 1."""
        yield Change("scale", scaled(configuration), name="scaled")

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect the pixels."""
        yield Change("pixels", scaled(configuration), name="scaled")

    def remains(self, before: RunEvidence, after: RunEvidence, facts: Mapping[str, Fact]) -> bool | None:
        """Return whether scaled pixels validate no better, or nothing is learned from them either."""
        if before.has_ended and before.has_learned:
            return is_no_better(before, after)
        return not after.has_learned if after.is_over else None


class LargeWeights(ProbeRule):
    """Scaled pixels, large weights, and an initial loss at least twice that of a uniform prediction.

    Large are weights of twice the size that GlorotUniform gives, or more. Where the network fits poorly, what
    goes wrong follows from them.
    """

    code = "large-weights"
    severities = (Severity.SERIOUS, Severity.WARNING, Severity.INFO)
    tasks = LABELS
    reference = "Glorot and Bengio, AISTATS 2010"
    explains = SYMPTOMS - {"large-weights"} | ASTRAY

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return how high the initial loss is; serious where nothing was learned.

        A warning from ten times that of a uniform prediction on, or where the network fits poorly.
        """
        large = large_layers(run.configuration)
        evidence = _high_start(run) if large and not is_as_given(run.configuration) else None
        if evidence is None:
            return None
        is_harmful = evidence["times"] >= VERY_HIGH or fits_poorly(run)
        severity = Severity.WARNING if is_harmful else Severity.INFO
        severity = severity if run.has_ended and run.has_learned else Severity.SERIOUS
        return Fact(severity, evidence, {"layers": Listed(large)})

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise weights that are scaled to the layers' sizes."""
        labels = large_layers(configuration)
        drawn = {"kernel_initializer": "glorot_uniform"}
        if labels:
            yield Change("glorot", {"layers": dict.fromkeys(labels, drawn)})

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect the weights' size."""
        return self.advise(configuration, finding)


class PenaltyDominates(RunRule):
    """A loss of which more than half is the penalty, with the kept weights."""

    code = "penalty-dominates"
    severities = (Severity.INFO,)
    any_network = True
    remark = Place.CURVES

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run has ended, with a penalty."""
        return run.has_ended and run.kept.get("penalty", 0.0) > 0

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the penalty's share of the loss."""
        loss, penalty = run.kept.get("loss", 0.0), run.kept.get("penalty", 0.0)
        if not loss or penalty <= HALF * loss:
            return None
        evidence = {
            "share": penalty / loss,
            "penalty": penalty,
            "data_loss": run.kept["data_loss"],
            "limit": HALF,
            "epoch": run.kept["epoch"],
        }
        return Fact(Severity.INFO, evidence)
