"""Why a network does not learn, or learns in spite of something, from what was measured inside it."""

from __future__ import annotations

import math
import statistics

from paribus.analysis.design.networks import is_unscaled
from paribus.analysis.finding import Severity
from paribus.analysis.runs.curves import standard_error
from paribus.analysis.runs.evidence import Fact, Rule, RunEvidence, has_probes
from paribus.record.probes import Probe
from paribus.study.datasets import IMAGE_SETS
from paribus.texts.message import Listed, Message

SILENT = 0.01
"""A layer of which less than this share of outputs is positive passes next to nothing on."""
HALF = 0.5
"""Of a layer's units: as many lost as left."""
REPLACED = 1.0
"""An update as large as the weights that it changes."""
UNMOVED = 0.01
"""All updates together, had they one direction, against the weights: the layer ends where it started."""
LOUD = 2.0
"""Times the loss of an even answer, which scaled pixels and common initial weights start close to."""
DEAFENING = 10.0
"""Times that loss: ten classes' true one is given a chance of 1e-10 at the start."""


def answers_alike(run: RunEvidence) -> tuple[int, float] | None:
    """The class that all images but a few are answered with, and its share of the answers.

    The few are fewer than would move the accuracy by one standard error.

    Args:
        run: Any; the test images' answers are taken, or else those of the last probe's sample.
    """
    counts = run.answers or (run.probes[-1].predicted if run.probes else ())
    total = sum(counts)
    if not total or len(counts) < 2:
        return None
    most = max(range(len(counts)), key=counts.__getitem__)
    share = counts[most] / total
    return (most, share) if 1 - share < standard_error(run.commonest, total) else None


def one_answer(run: RunEvidence) -> Fact | None:
    """One answer to everything, with the cause that was measured.

    Args:
        run: One that has ended, with predictions or probes.
    """
    found = answers_alike(run)
    if found is None:
        return None
    answer, share = found
    accuracy = run.record.result.test.get("accuracy", math.nan) if run.record.result else math.nan
    evidence = {
        "share": share,
        "class": float(answer),
        "accuracy": accuracy,
        "others": (1 - share) * sum(run.answers or run.probes[-1].predicted),
        "images": float(sum(run.answers or run.probes[-1].predicted)),
    }
    if sum(run.labels):
        evidence["of_class"] = run.labels[answer] / sum(run.labels)
        evidence["of_class_images"] = float(run.labels[answer])
    named = "counted" if "of_class" in evidence else "uncounted"
    answer_name = IMAGE_SETS[run.configuration.data].classes[answer]
    names = {"answer": answer_name, "because": _because(run)}
    names["meaning"] = Message(f"diagnosis.one-answer-{named}", {**evidence, "answer": answer_name})
    return Fact(Severity.SERIOUS, evidence, names)


def _because(run: RunEvidence) -> Message:
    """The measured cause of one answer, the most particular first."""
    for code, judge in (
        ("silent-layer", silent_layer),
        ("zero-gradient", zero_gradient),
        ("identical-units", identical_units),
    ):
        fact = judge(run) if has_probes(run) else None
        if fact is not None:
            return Message(f"diagnosis.because-{code}", {**fact.evidence, **fact.placeholders})
    return Message("diagnosis.because-unknown" if has_probes(run) else "diagnosis.because-unmeasured")


def zero_gradient(run: RunEvidence) -> Fact | None:
    """Layers whose gradient is exactly zero from some probe to the last.

    Args:
        run: With probes.
    """
    since: dict[str, Probe] = {}
    for name in run.layers:
        measured = list(run.layer(name))
        zeros = [layer.gradient == 0 for _, layer in measured]
        if len(zeros) < 2 or not all(zeros[-2:]):
            continue
        first = len(zeros) - next(
            (place for place, zero in enumerate(reversed(zeros)) if not zero), len(zeros)
        )
        since[name] = measured[first][0]
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
        layer.active == 0 for name in layers for probe, layer in run.layer(name) if probe.step >= first.step
    )
    moment = "start" if first.step == run.probes[0].step else "later"
    hidden = "silent" if silent else "other"
    names = {
        "layers_named": Listed(layers),
        "since": Message(f"diagnosis.since-{moment}", evidence),
        "because": Message(f"diagnosis.zero-{hidden}-{moment}", {**evidence, "layers_named": Listed(layers)}),
    }
    return Fact(Severity.SERIOUS, evidence, names)


def silent_layer(run: RunEvidence) -> Fact | None:
    """A layer that started alive and passes next to nothing on at the end.

    Args:
        run: With probes.
    """
    for name in run.layers:
        measured = [(probe, each.active) for probe, each in run.layer(name) if each.active is not None]
        if len(measured) < 2 or measured[-1][1] >= SILENT or measured[0][1] < SILENT:
            continue
        alive = [place for place, (_, active) in enumerate(measured) if active >= SILENT]
        before, after = measured[alive[-1]][0], measured[alive[-1] + 1][0]
        evidence = {
            "active": measured[-1][1],
            "at_first": measured[0][1],
            "step": float(after.step),
            "epoch": float(after.epoch),
            "limit": SILENT,
        }
        losses = [probe for probe in run.probes if probe.data_loss is not None and probe.step <= after.step]
        names: dict[str, object] = {"layer": name, "because": Message("diagnosis.silent-unknown")}
        highest = max(losses, key=lambda probe: probe.data_loss or 0.0, default=None)
        first = run.probes[0].data_loss
        if highest is not None and first is not None and (highest.data_loss or 0) > first:
            evidence |= {"first_loss": first, "highest_loss": highest.data_loss or 0.0}
            evidence |= {"highest_step": float(highest.step), "alive_step": float(before.step)}
            names["because"] = Message("diagnosis.silent-after-jump", {**evidence, "layer": name})
        return Fact(Severity.SERIOUS if not run.has_learned else Severity.WARNING, evidence, names)
    return None


def dead_units(run: RunEvidence) -> Fact | None:
    """At least half of a layer's units put out zero for every image of the sample.

    A warning where nothing was learned; that another variant does better is seen beside it alone.

    Args:
        run: With probes.
    """
    if silent_layer(run) is not None or zero_gradient(run) is not None:
        return None
    for name in run.layers:
        measured = [(probe, each.dead) for probe, each in run.layer(name) if each.dead is not None]
        if len(measured) < 2 or measured[-1][1] < HALF:
            continue
        images = sum(run.probes[-1].predicted)
        evidence = {
            "dead": measured[-1][1],
            "at_first": measured[0][1],
            "images": float(images),
            "limit": HALF,
        }
        evidence["rarely"] = 3 / max(1, images)
        if not run.has_learned:
            return Fact(Severity.WARNING, evidence, {"layer": name, "cost": Message("diagnosis.dead-lost")})
        return Fact(Severity.INFO, evidence, {"layer": name, "cost": Message("diagnosis.dead-learned")})
    return None


def identical_units(run: RunEvidence) -> Fact | None:
    """Units that still have the same weights as another at the end.

    Args:
        run: With probes.
    """
    for name in run.layers:
        measured = [(probe, each.identical) for probe, each in run.layer(name) if each.identical is not None]
        if len(measured) < 2 or not measured[-1][1]:
            continue
        evidence = {
            "identical": measured[-1][1],
            "at_first": measured[0][1],
            "last_step": float(measured[-1][0].step),
        }
        severity = Severity.WARNING if measured[-1][1] >= HALF else Severity.INFO
        moment = "start" if measured[0][1] >= measured[-1][1] else "later"
        return Fact(severity, evidence, {"layer": name, "because": Message(f"diagnosis.identical-{moment}")})
    return None


def saturation(run: RunEvidence) -> Fact | None:
    """At least half of the outputs at the ends of their range, in a network that has not learned.

    Args:
        run: With probes.
    """
    last = run.probes[-1]
    if last.saturated is None or last.saturated < HALF or run.has_learned:
        return None
    first = run.probes[0].saturated
    evidence = {"saturated": last.saturated, "limit": HALF, "images": float(sum(last.predicted))}
    return Fact(Severity.WARNING, evidence | ({} if first is None else {"at_first": first}))


def exploding(run: RunEvidence) -> Fact | None:
    """An update larger than the weights that it changes, after which the loss was higher than at the start.

    Args:
        run: With probes.
    """
    first = run.probes[0].data_loss
    jumps = [
        (layer.ratio, name, probe)
        for name in run.layers
        for probe, layer in run.layer(name)
        if layer.ratio is not None and layer.weight and layer.ratio > REPLACED
    ]
    if first is None or not jumps:
        return None
    ratio, name, at = max(jumps, key=lambda jump: jump[0])
    later = [probe for probe in run.probes if probe.data_loss is not None and probe.step > at.step]
    highest = max(later, key=lambda probe: probe.data_loss or 0.0, default=None)
    if highest is None or (highest.data_loss or 0.0) <= first:
        return None
    evidence = {
        "ratio": ratio,
        "limit": REPLACED,
        "step": float(at.step),
        "first_loss": first,
        "highest_loss": highest.data_loss or 0.0,
        "highest_step": float(highest.step),
    }
    severity = Severity.INFO if run.has_learned else Severity.SERIOUS
    outcome = Message(f"diagnosis.exploding-{'recovered' if run.has_learned else 'lasting'}")
    return Fact(severity, evidence, {"layer": name, "outcome": outcome})


def vanishing(run: RunEvidence) -> Fact | None:
    """A layer that all updates together, had they one direction, would move by less than a hundredth.

    One update seen to be larger is enough for the layer to have moved.

    Args:
        run: With probes; where a layer is silent or has no gradient, that is why others hardly move.
    """
    if silent_layer(run) is not None or zero_gradient(run) is not None:
        return None
    for name in run.layers:
        ratios = [each.ratio for _, each in run.layer(name) if each.ratio is not None and each.weight]
        gradients = [each.gradient for _, each in run.layer(name)]
        if len(ratios) < 3 or not gradients[-1]:
            continue
        middle = statistics.median(ratios)
        if max(middle * run.updates, *ratios) >= UNMOVED:
            continue
        evidence = {
            "reach": middle * run.updates,
            "ratio": middle,
            "updates": float(run.updates),
            "limit": UNMOVED,
        }
        return Fact(Severity.WARNING, evidence, {"layer": name})
    return None


def unscaled_input(run: RunEvidence) -> Fact | None:
    """Pixels from 0 to 255, and an initial loss at least twice that of an even answer.

    Args:
        run: With probes.
    """
    even, first = even_loss(run), run.probes[0].data_loss
    if even is None or first is None or not is_unscaled(run.configuration) or first < LOUD * even:
        return None
    evidence = {"times": first / even, "first_loss": first, "even": even, "limit": LOUD}
    return Fact(Severity.INFO, evidence)


def large_weights(run: RunEvidence) -> Fact | None:
    """Scaled pixels, and an initial loss at least twice that of an even answer.

    Args:
        run: With probes.
    """
    even, first = even_loss(run), run.probes[0].data_loss
    if even is None or first is None or is_unscaled(run.configuration) or first < LOUD * even:
        return None
    evidence = {"times": first / even, "first_loss": first, "even": even, "limit": LOUD}
    return Fact(Severity.WARNING if first >= DEAFENING * even else Severity.INFO, evidence)


def even_loss(run: RunEvidence) -> float | None:
    """The data loss of a network that gives every class the same chance; None for other losses.

    Args:
        run: Any.
    """
    classes = len(IMAGE_SETS[run.configuration.data].classes)
    loss = run.configuration.loss
    if loss == "binary_crossentropy" and run.configuration.output == "sigmoid":
        return math.log(2)
    if loss.endswith("categorical_crossentropy") and run.configuration.output == "softmax":
        return math.log(classes)
    return None


def penalty_dominates(run: RunEvidence) -> Fact | None:
    """A loss of which more than half is the penalty, with the kept weights.

    Args:
        run: One that has ended, with a penalty.
    """
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


def _answered(run: RunEvidence) -> bool:
    return run.has_ended and bool(run.answers or run.probes)


def _has_penalty(run: RunEvidence) -> bool:
    return run.has_ended and run.kept.get("penalty", 0.0) > 0


_GLOROT = "Glorot and Bengio, AISTATS 2010"
_GOODFELLOW = "Goodfellow, Bengio and Courville, Deep Learning (2016), section 8.4"
INSIDE = (
    Rule("one-answer", _answered, one_answer),
    Rule("zero-gradient", has_probes, zero_gradient, _GOODFELLOW),
    Rule(
        "silent-layer", has_probes, silent_layer, "Lu et al., Dying ReLU and Initialization, arXiv:1903.06733"
    ),
    Rule("dead-units", has_probes, dead_units, "Lu et al., Dying ReLU and Initialization, arXiv:1903.06733"),
    Rule("identical-units", has_probes, identical_units, _GOODFELLOW),
    Rule("saturation", has_probes, saturation, _GLOROT),
    Rule("exploding", has_probes, exploding, "Pascanu, Mikolov and Bengio, ICML 2013, arXiv:1211.5063"),
    Rule("vanishing", has_probes, vanishing, _GLOROT),
    Rule("unscaled-input", has_probes, unscaled_input, "LeCun et al., Efficient BackProp (1998)"),
    Rule("large-weights", has_probes, large_weights, _GLOROT),
    Rule("penalty-dominates", _has_penalty, penalty_dominates),
)
