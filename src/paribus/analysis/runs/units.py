"""Layers and units that carry nothing: zero gradients, silent layers, dead units, copies, saturation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from paribus.analysis.design.activations import activation
from paribus.analysis.design.networks import is_unscaled
from paribus.analysis.design.starts import starts_dead
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import Fact
from paribus.analysis.runs.changes import Change, scaled
from paribus.analysis.runs.conditions import has_probes
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.rate_changes import smaller_rate, suspect_updates
from paribus.analysis.runs.rule import Place, RunRule
from paribus.analysis.runs.sample_loss import has_jumped
from paribus.analysis.runs.start_changes import advise_start, suspect_start, suspect_weights
from paribus.analysis.runs.variant_runs import VariantRuns, validated_better
from paribus.record.probes import Probe
from paribus.study.configuration import Configuration
from paribus.study.shapes import shapes
from paribus.texts.message import Listed, Message

MIN_ACTIVE = 0.01
"""A layer of which less than this share of outputs is positive passes next to nothing on, unless that is more
than one unit of it."""
HALF = 0.5
"""Of a layer's units: as many lost as left."""

SYMPTOMS_OF_SILENCE = frozenset(
    {
        "dead-units",
        "identical-units",
        "neglected-class",
        "not-converged",
        "oscillation",
        "saturation",
        "vanishing",
    }
)
"""What goes wrong in a network of which a layer passes nothing on."""

_LU = "Lu et al., Dying ReLU and Initialization, arXiv:1903.06733"
_GOODFELLOW = "Goodfellow, Bengio and Courville, Deep Learning (2016), section 8.4"


class ProbeRule(RunRule):
    """Looks for a finding in what was measured inside the network."""

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the network was measured at its start and later."""
        return has_probes(run)


class UntrainedRule(RunRule):
    """Looks for a network that does not learn, by its start or by what its first updates did."""

    remedies = ("random-weights", "zero-biases", "scale", "smaller-weights", "smaller-rate")

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise other initial weights, else scaled pixels, else smaller steps if these may be at fault."""
        is_from_start = finding.placeholders.get("moment") == "start"
        is_about_rate = not (is_from_start or finding.placeholders.get("is_slow"))
        return advise_start(configuration, finding, is_about_rate=is_about_rate)

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect the start where it was so from then on, else the first updates, unless these are small."""
        is_from_start = finding.placeholders.get("moment") == "start"
        return suspect_start(
            configuration,
            finding,
            from_start=is_from_start,
            is_slow=bool(finding.placeholders.get("is_slow")),
        )


def min_active(run: RunEvidence, name: str) -> float:
    """Return the share of positive outputs below which a layer is silent: a hundredth, or one unit if less.

    Args:
        run: The run.
        name: Of one of its layers.
    """
    layers = run.configuration.layers
    after = shapes(layers, run.configuration.facts.entering)
    width = next((shape[-1] for layer, shape in zip(layers, after, strict=True) if layer.label == name), 1)
    return min(MIN_ACTIVE, 1 / width)


class ZeroGradient(ProbeRule, UntrainedRule):
    """Layers whose gradient is exactly zero from some probe to the last."""

    code = "zero-gradient"
    any_training = True
    severities = (Severity.SERIOUS,)
    reference = _GOODFELLOW
    explains = SYMPTOMS_OF_SILENCE
    silences = frozenset({"dead-units", "vanishing"})

    def brings_about(self, cause: Finding, finding: Finding) -> bool:
        """Return whether it did: not copies that were there before."""
        were_there = finding.code == IdenticalUnits.code and finding.placeholders.get("moment") == "start"
        return super().brings_about(cause, finding) and not were_there

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return since when the gradient of the layers that lost it first is zero."""
        since: dict[str, Probe] = {}
        for name in run.layers:
            measured = list(run.layer(name))
            zeros = [layer.gradient == 0 for _, layer in measured]
            if len(zeros) < 2 or not all(zeros[-2:]):
                continue
            trailing = next((place for place, zero in enumerate(reversed(zeros)) if not zero), len(zeros))
            since[name] = measured[len(zeros) - trailing][0]
        if not since:
            return None
        first = min(since.values(), key=lambda probe: probe.step)
        layers = tuple(name for name, probe in since.items() if probe.step == first.step)
        evidence = {
            "layers": float(len(since)),
            "step": float(first.step),
            "epoch": float(first.epoch),
            "last_step": float(run.probes[-1].step),
        }
        silent = all(
            layer.active == 0
            for name in layers
            for probe, layer in run.layer(name)
            if probe.step >= first.step
        )
        moment = "start" if first.step == run.probes[0].step else "later"
        flat = _flat_activation(run.configuration, layers) if moment == "start" else None
        code = f"diagnosis.zero-{'configured' if flat else 'silent' if silent else 'other'}-{moment}"
        placeholders = {
            "layers_named": Listed(layers),
            "since": Message(f"diagnosis.since-{moment}", evidence),
            "because": Message(code, {**evidence, "layers_named": Listed(layers), "activation": flat}),
            "moment": moment,
            "proof": Message("diagnosis.at-every-seed") if flat else "",
        }
        return Fact(Severity.SERIOUS, evidence, placeholders)


def _flat_activation(configuration: Configuration, labels: Sequence[str]) -> str | None:
    """Return the activation of layers that start where it is flat, by the configuration; None of others."""
    layers = [layer for layer in configuration.layers if layer.label in labels]
    is_known = bool(layers) and all(starts_dead(configuration, layer) for layer in layers)
    return activation(configuration, layers[0]) if is_known else None


class SilentLayer(ProbeRule, UntrainedRule):
    """A layer that started alive and passes next to nothing on at the end."""

    code = "silent-layer"
    any_training = True
    remedies = ("scale", "smaller-weights", "smaller-rate", "leaky-relu")
    severities = (Severity.SERIOUS, Severity.WARNING)
    reference = _LU
    remark = Place.INTERNALS
    explains = SYMPTOMS_OF_SILENCE | {"zero-gradient"}
    silences = frozenset({"dead-units", "vanishing"})

    def brings_about(self, cause: Finding, finding: Finding) -> bool:
        """Return whether it did: not a gradient that was zero from the start."""
        is_from_start = finding.placeholders.get("moment") == "start"
        return super().brings_about(cause, finding) and not (
            finding.code == ZeroGradient.code and is_from_start
        )

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return when the first such layer fell silent, and whether the loss had jumped before."""
        for name in run.layers:
            measured = [(probe, each.active) for probe, each in run.layer(name) if each.active is not None]
            limit = min_active(run, name)
            if len(measured) < 2 or measured[-1][1] >= limit or measured[0][1] < limit:
                continue
            alive = [place for place, (_, active) in enumerate(measured) if active >= limit]
            before, after = measured[alive[-1]][0], measured[alive[-1] + 1][0]
            evidence = {
                "active": measured[-1][1],
                "at_first": measured[0][1],
                "step": float(after.step),
                "epoch": float(after.epoch),
                "limit": limit,
            }
            losses = [(each.data_loss, each.step) for each in run.probes if each.data_loss is not None]
            until = [pair for pair in losses if pair[1] <= after.step]
            share = "all" if measured[-1][1] == 0 else "most"
            what = Message(f"diagnosis.silent-{share}", {**evidence, "layer": name})
            placeholders: dict[str, object] = {"layer": name, "what": what, "because": ""}
            first = run.probes[0].data_loss
            highest, step = max(until, key=lambda pair: pair[0], default=(0.0, 0))
            if first is not None and has_jumped(run, first, highest):
                evidence |= {"first_loss": first, "highest_loss": highest}
                evidence |= {"highest_step": float(step), "alive_step": float(before.step)}
                is_later = step <= before.step  # the layer was still alive where the loss was highest
                code = f"diagnosis.silent-{'after' if is_later else 'with'}-jump"
                placeholders["because"] = Message(code, {**evidence, "layer": name})
            severity = Severity.WARNING if run.has_learned else Severity.SERIOUS
            return Fact(severity, evidence, placeholders)
        return None


class IdenticalUnits(ProbeRule):
    """Units that still have the same weights as another at the end."""

    code = "identical-units"
    any_training = True
    remedies = ("random-weights", "scale", "smaller-rate")
    severities = (Severity.WARNING, Severity.INFO)
    reference = _GOODFELLOW

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the share of copies in the first layer that has any."""
        for name in run.layers:
            measured = [
                (probe, each.identical) for probe, each in run.layer(name) if each.identical is not None
            ]
            if len(measured) < 2 or not measured[-1][1]:
                continue
            evidence = {
                "identical": measured[-1][1],
                "at_first": measured[0][1],
                "last_step": float(measured[-1][0].step),
            }
            severity = Severity.WARNING if measured[-1][1] >= HALF else Severity.INFO
            moment = "start" if measured[0][1] >= measured[-1][1] else "later"
            because = Message(f"diagnosis.identical-{moment}")
            return Fact(severity, evidence, {"layer": name, "because": because, "moment": moment})
        return None

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect weights that start equal."""
        return suspect_weights(configuration)


class DeadUnits(ProbeRule):
    """At least half of a layer's units put out zero for every image of the sample.

    A warning where nothing was learned, or where another variant on the same images validates better.
    """

    code = "dead-units"
    any_training = True
    any_network = True
    remedies = ("scale", "smaller-weights", "smaller-rate", "leaky-relu", "fewer-units")
    severities = (Severity.WARNING, Severity.INFO)
    reference = _LU
    remark = Place.INTERNALS

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the share of dead units in the first layer that has lost half of them."""
        for name in run.layers:
            measured = [each.dead for _, each in run.layer(name) if each.dead is not None]
            if len(measured) < 2 or measured[-1] < HALF:
                continue
            images = sum(run.probes[-1].predicted)
            if not images:
                return None
            evidence = {
                "dead": measured[-1],
                "at_first": measured[0],
                "images": float(images),
                "limit": HALF,
                "rarely": 3 / images,
                "learned": float(run.has_learned),
            }
            if not run.has_learned:
                cost = Message("diagnosis.dead-lost")
                return Fact(Severity.WARNING, evidence, {"layer": name, "cost": cost})
            cost = Message("diagnosis.dead-learned")
            return Fact(Severity.INFO, evidence, {"layer": name, "cost": cost})
        return None

    def revise(self, fact: Fact, mine: VariantRuns, others: Sequence[VariantRuns]) -> Fact:
        """Return a warning where some runs learned nothing, or another variant validates better."""
        found = [facts[self.code].evidence for facts in mine.facts.values() if self.code in facts]
        lost = sum(not evidence["learned"] for evidence in found)
        if 0 < lost < len(found):
            some = Message("diagnosis.dead-some", {"lost": lost, "runs": len(found)})
            return replace(fact, severity=Severity.WARNING, placeholders={**fact.placeholders, "cost": some})
        cost = validated_better(mine, others) if not lost else None
        if cost is None:
            return fact
        return replace(fact, severity=Severity.WARNING, placeholders={**fact.placeholders, "cost": cost})

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise scaled pixels and smaller steps, which throw fewer units out."""
        if is_unscaled(configuration):
            yield Change("scale-alive", scaled(configuration), name="scaled")
        yield from smaller_rate(configuration, finding, "smaller-rate-alive", name="smaller-rate")

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect updates that are too large."""
        return suspect_updates(configuration, finding)

    def remains(self, before: RunEvidence, after: RunEvidence, facts: Mapping[str, Fact]) -> bool | None:
        """Return whether units are dead, or a whole layer is silent, which is reported in their place."""
        if len(after.probes) < 2:
            return None
        return self.code in facts or SilentLayer.code in facts


class Saturation(ProbeRule):
    """At least half of the outputs at the ends of their range, in a network that has not learned."""

    code = "saturation"
    any_training = True
    any_network = True
    remedies = ("scale", "smaller-weights", "smaller-rate")
    severities = (Severity.WARNING,)
    reference = "Glorot and Bengio, AISTATS 2010"

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the share of such outputs at the last probe."""
        last = run.probes[-1]
        if last.saturated is None or last.saturated < HALF or run.has_learned:
            return None
        first = run.probes[0].saturated
        evidence = {"saturated": last.saturated, "limit": HALF, "images": float(sum(last.predicted))}
        return Fact(Severity.WARNING, evidence | ({} if first is None else {"at_first": first}))

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect updates that are too large."""
        return suspect_updates(configuration, finding)
