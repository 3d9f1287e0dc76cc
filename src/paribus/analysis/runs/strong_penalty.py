"""Penalties, and weight decay, so strong that a network learns nothing, or not even its training images."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import LABELS, Fact
from paribus.analysis.runs.changes import Change, round_to_digit
from paribus.analysis.runs.conditions import fits_poorly, gap_noise, has_validation, is_mostly_gap
from paribus.analysis.runs.configured import ASTRAY, SYMPTOMS, ConfiguredRule, is_no_better
from paribus.analysis.runs.curves import N_SIGMA
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.loss import HALF
from paribus.analysis.runs.rule import Place, RunRule
from paribus.analysis.runs.units import IdenticalUnits, ProbeRule, SilentLayer, ZeroGradient
from paribus.record.run import EpochRow
from paribus.study.configuration import Configuration, Technique
from paribus.study.step_size import learning_rate
from paribus.texts.message import Message

HALVED_WITHIN = 100
"""Updates, a convention: AdamW's defaults halve a weight within 170,000."""
GONE, SHRUNK = 0.1, 1 / 3
"""Of the size of a layer's first weights: less is next to nothing, or little, by convention."""
_LITTLE = 0.2
"""Of the validation images that are wrong: a gap of less is not what matters, by convention."""


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
        return _unpenalized(configuration)

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect the penalty."""
        return self.advise(configuration, finding)

    def remains(self, before: RunEvidence, after: RunEvidence, facts: Mapping[str, Fact]) -> bool | None:
        """Return whether nothing is learned without the penalty either: there is no finding in any case."""
        return not after.has_learned if after.is_over else None


class PenaltyLimits(RunRule):
    """A penalty rules loss or weights, and training images are no better known than validation images.

    More than half of the loss is penalty, or a layer has lost two thirds of its first weights in a network
    that fits its training images poorly. A penalty is there to close the gap between the two accuracies;
    where none is left, or little beside all that is wrong, it costs both. Not told where the loss on training
    images lies below that on validation images nevertheless.
    """

    code = "penalty-limits"
    severities = (Severity.WARNING,)
    tasks = LABELS
    reference = "Goodfellow, Bengio and Courville 2016, section 7.1"
    remark = Place.CURVES
    explains = frozenset({"declined", "neglected-class", "not-converged", "oscillation", "underfitting"})
    silences = frozenset({"penalty-dominates"})

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether a network that has learned was validated, with a penalty."""
        return has_validation(run) and run.kept.get("penalty", 0.0) > 0

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the penalty's share, and both accuracies."""
        row, train, validation = run.kept, run.train_accuracy, run.validation_accuracy
        left, layer = min(_left(run), default=(1.0, ""))
        has_shrunk = left < SHRUNK and fits_poorly(run)
        rules = _share(row) > HALF or has_shrunk
        if train is None or validation is None or not rules or is_mostly_gap(run):
            return None
        noise = gap_noise(run, train, validation)
        is_better_known = row["data_loss"] < row.get("val_data_loss", math.inf)
        is_gap = train - validation > N_SIGMA * noise
        closes_little = has_shrunk and train - validation < _LITTLE * (1 - validation)
        if (is_gap and not closes_little) or (is_better_known and not has_shrunk):
            return None
        evidence = {
            "share": _share(row),
            "penalty": row["penalty"],
            "data_loss": row["data_loss"],
            "train": train,
            "validation": validation,
            "noise": noise,
            "limit": HALF,
            "left": left,
            "left_limit": SHRUNK,
        }
        kind = "share" if _share(row) > HALF else "weights"
        what = Message(f"diagnosis.penalty-rules-{kind}", {**evidence, "layer": layer})
        gap = Message(f"diagnosis.penalty-closes-{'little' if is_gap else 'nothing'}", evidence)
        return Fact(Severity.WARNING, evidence, {"what": what, "gap": gap})

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise a tenth of the penalty on the weights."""
        layers = {
            layer.label: {"kernel_regularizer": _weaker(given)}
            for layer in configuration.layers
            if isinstance(given := layer.arguments.get("kernel_regularizer"), Technique)
        }
        if layers:
            yield Change("weaker-penalty", {"layers": layers}, {"layers": ", ".join(layers)}, name="weaker")

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect the penalty."""
        return _unpenalized(configuration)

    def remains(self, before: RunEvidence, after: RunEvidence, facts: Mapping[str, Fact]) -> bool | None:
        """Return whether the run without the penalty validates no better: there is no finding in any case."""
        return is_no_better(before, after)


class StrongDecay(ConfiguredRule):
    """Weight decay that halves every weight within a hundred updates, in a network that fits poorly."""

    code = "strong-decay"
    severities = (Severity.SERIOUS, Severity.WARNING)
    reference = "Loshchilov and Hutter 2019, arXiv:1711.05101"
    explains = SYMPTOMS | ASTRAY
    if_learned = Severity.WARNING

    def fault(self, run: RunEvidence) -> Fact | None:
        """Return within how many updates a weight is halved."""
        rate = learning_rate(run.configuration)
        decay = run.configuration.optimizer.arguments.get("weight_decay")
        if rate is None or not isinstance(decay, int | float) or not fits_poorly(run):
            return None
        lost = min(rate * decay, 1.0)
        if lost <= 0 or (lost < 1 and (1 - lost) ** HALVED_WITHIN > HALF):
            return None
        evidence = {"decay": float(decay), "rate": rate, "lost": lost, "limit": float(HALVED_WITHIN)}
        halved = math.ceil(math.log(HALF) / math.log1p(-lost)) if lost < 1 else 1
        evidence["halved"] = float(halved)
        fault = Message("diagnosis.decay-strong", {**evidence, "count": halved})
        return Fact(Severity.WARNING, evidence, {"fault": fault})

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise no weight decay."""
        yield Change("no-decay", {"optimizer": {"weight_decay": 0.0}}, {"now": finding.evidence["decay"]})


def _unpenalized(configuration: Configuration) -> Iterable[Change]:
    layers = {
        layer.label: {"kernel_regularizer": None}
        for layer in configuration.layers
        if isinstance(layer.arguments.get("kernel_regularizer"), Technique)
    }
    if layers:
        yield Change("unpenalized", {"layers": layers}, {"layers": ", ".join(layers)})


def _weaker(penalty: Technique) -> dict[str, object]:
    """Return a penalty with a tenth of each strength, as a study file has it."""
    strengths = {
        key: round_to_digit(value / 10) if isinstance(value, float | int) else value
        for key, value in penalty.arguments.items()
    }
    return {"name": penalty.name, **strengths}


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
