"""Outputs so large at the start that the loss is no number before the first update, or an absurd one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from paribus.analysis.design.activations import weighted_layers
from paribus.analysis.design.networks import is_unscaled
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import Fact
from paribus.analysis.runs.changes import Change, scaled
from paribus.analysis.runs.configured import SYMPTOMS
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.loss import VERY_HIGH
from paribus.analysis.runs.rule import Place
from paribus.analysis.runs.sample_loss import uniform_loss
from paribus.analysis.runs.units import ProbeRule
from paribus.record.run import Status
from paribus.study.configuration import Configuration
from paribus.texts.message import Message

_STEEP = "exponential"
"""The one activation that grows faster than its input: two in a row are an exponential of exponentials."""


class OverflowAtStart(ProbeRule):
    """A loss that is absurd before the first update, which no learning rate can have brought about.

    Absurd is one that is not finite, and in a network with exponentials ten times a uniform prediction's.
    """

    code = "overflow-at-start"
    any_training = True
    severities = (Severity.SERIOUS,)
    reference = "Glorot and Bengio, AISTATS 2010"
    remark = Place.INTERNALS
    remedies = ("scale", "no-exponential", "smaller-weights")
    explains = SYMPTOMS | {"diverged"}

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the network was measured before the first update."""
        is_batch = run.probes and not run.has_sample  # whose loss was not measured
        return super().can_judge(run) and run.probes[0].step == 0 and not is_batch

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return after which epoch a run diverged, where its first loss is absurd."""
        if run.record.status is not Status.DIVERGED:
            return None
        first, uniform = run.probes[0].data_loss, uniform_loss(run)
        evidence = {"epoch": float(run.epochs)}
        if first is None:
            return Fact(Severity.SERIOUS, evidence, {"loss": Message("diagnosis.loss-not-finite")})
        if not _steep_layers(run.configuration) or uniform is None or first < VERY_HIGH * uniform:
            return None
        evidence |= {"first_loss": first, "even": uniform, "limit": VERY_HIGH}
        return Fact(Severity.SERIOUS, evidence, {"loss": Message("diagnosis.loss-absurd", evidence)})

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise scaled pixels, else relu in place of exponentials, else smaller initial weights."""
        yield from islice(_smaller_outputs(configuration, "scale"), 1)

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect unscaled pixels and exponentials, else the initial weights."""
        yield from _smaller_outputs(configuration, "pixels")


def _steep_layers(configuration: Configuration) -> list[str]:
    return [layer.label for layer in configuration.layers[:-1] if layer.arguments.get("activation") == _STEEP]


def _smaller_outputs(configuration: Configuration, scale: str) -> Iterator[Change]:
    """Return what would make the first outputs smaller; the change of the pixels has a name of its own."""
    steep = _steep_layers(configuration)
    if is_unscaled(configuration):
        yield Change(scale, scaled(configuration), name="scaled")
    if steep:
        settings = {"layers": {label: {"activation": "relu"} for label in steep}}
        yield Change("no-exponential", settings, {"layers": ", ".join(steep)})
    elif not is_unscaled(configuration):
        labels = [layer.label for layer in weighted_layers(configuration)]
        drawn = {"kernel_initializer": "glorot_uniform"}
        yield Change("glorot", {"layers": dict.fromkeys(labels, drawn)})
