"""A penalty so strong that it takes the weights away before the network learns anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import Fact
from paribus.analysis.runs.changes import Change
from paribus.analysis.runs.configured import SYMPTOMS
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.loss import HALF
from paribus.analysis.runs.rule import Place
from paribus.analysis.runs.units import IdenticalUnits, ProbeRule, SilentLayer, ZeroGradient
from paribus.record.run import EpochRow
from paribus.study.configuration import Configuration, Technique

GONE = 0.1
"""Of the size of a layer's first weights: less is next to nothing, by convention."""


class StrongPenalty(ProbeRule):
    """Nothing learned, with most of an epoch's loss penalty and a layer's weights nearly gone at the end.

    Not where a layer carried nothing from the start on, or where all units are copies: any penalty takes
    the weights of such a network away, since no gradient of the data holds them.
    """

    code = "strong-penalty"
    severities = (Severity.SERIOUS,)
    reference = "Goodfellow, Bengio and Courville 2016, section 7.1"
    remark = Place.INTERNALS
    explains = SYMPTOMS | {"collapsed"}
    silences = frozenset({"penalty-dominates"})

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run has ended with a penalty, and its network was measured."""
        return super().can_judge(run) and run.has_ended and bool(run.curve("penalty").any())

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the largest share of the penalty, and the layer that lost most of its weights."""
        if run.has_learned or _was_lost_from_start(run):
            return None
        row = max(run.record.history, key=_share)
        share = _share(row)
        left, layer = min(_left(run), default=(1.0, ""))
        if share <= HALF or left >= GONE:
            return None
        evidence = {
            "share": share,
            "penalty": row["penalty"],
            "data_loss": row["data_loss"],
            "epoch": row["epoch"],
            "limit": HALF,
            "left": left,
            "left_limit": GONE,
        }
        return Fact(Severity.SERIOUS, evidence, {"layer": layer})

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise no penalty on the weights."""
        layers = {
            layer.label: {"kernel_regularizer": None}
            for layer in configuration.layers
            if isinstance(layer.arguments.get("kernel_regularizer"), Technique)
        }
        if layers:
            yield Change("unpenalized", {"layers": layers}, {"layers": ", ".join(layers)})

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect the penalty."""
        return self.advise(configuration, finding)

    def remains(self, before: RunEvidence, after: RunEvidence, facts: Mapping[str, Fact]) -> bool | None:
        """Return whether nothing is learned without the penalty either: there is no finding in any case."""
        return not after.has_learned if after.is_over else None


def _share(row: EpochRow) -> float:
    return row["penalty"] / row["loss"] if row["loss"] else 0.0


def _was_lost_from_start(run: RunEvidence) -> bool:
    found = (rule.find(run) for rule in (SilentLayer(), ZeroGradient(), IdenticalUnits()))
    return any(fact is not None and fact.placeholders.get("moment") == "start" for fact in found)


def _left(run: RunEvidence) -> Iterable[tuple[float, str]]:
    """Return what is left at the end of the size of each layer's first weights."""
    for name in run.layers:
        sizes = [each.weight for _, each in run.layer(name)]
        if sizes[0] and sizes[-1] is not None:
            yield sizes[-1] / sizes[0], name
