"""What differs in a question beyond what it asks: several factors, and what one factor brings with it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from paribus.analysis.design.design import Design, QuestionDesign
from paribus.analysis.design.l2_dose import dose
from paribus.analysis.finding import Finding, Severity, factor_code
from paribus.study.describe import describe_changes, format_level
from paribus.study.difference import Change, difference, factors
from paribus.study.difference import confounds as study_confounds
from paribus.study.step_size import effective_learning_rate, momentum, optimizer_class
from paribus.texts.message import Listed, Message

_UNIT_STEPS = ("adam", "adamax", "adamw", "nadam", "rmsprop")
"""Optimizers that divide a gradient by the root of its running square: a step is as long as the rate."""


def confounds(design: Design) -> Iterator[Finding]:
    """The findings about what differs between the two variants of each question.

    Args:
        design: What is reviewed.
    """
    for asked in design.asked:
        differing = asked.factors
        held = held_equal(design, asked)
        if not differing:
            yield asked.finding("nothing-differs", Severity.SERIOUS)
        elif differing == ("stopping",):
            epochs = {"epochs": asked.after.epochs, "other_epochs": asked.before.epochs}
            yield asked.finding("same-trajectory", Severity.INFO, epochs)
        elif set(differing) == {"optimizer", "learning_rate"} and _other_optimizer(asked):
            yield asked.finding("optimizer-and-rate", Severity.WARNING, placeholders=_optimizers(asked))
        elif held:
            yield asked.finding(held, Severity.INFO)
        elif len(differing) > 1:
            names = {"changes": _Changes(asked.changes), "instead": _instead(design, asked)}
            yield asked.finding("confounded", Severity.SERIOUS, placeholders=names)
        yield from _implied(design, asked, held)


def held_equal(design: Design, asked: QuestionDesign) -> str:
    """Which quantity a second factor was changed to hold equal; empty where that is not so.

    Args:
        design: What is reviewed.
        asked: A question of it.

    Returns:
        ``held-step``: under SGD the rate makes up for momentum or the batch. ``held-updates``: the epochs
        make up for the batch. ``held-dose``: λ makes up for either.
    """
    differing = set(asked.factors)
    before, after = asked.before, asked.after
    if _other_optimizer(asked) or len(differing) != 2 or not differing & {"batch_size", "optimizer"}:
        return ""
    if "learning_rate" in differing and before.optimizer.name == "sgd":
        steps = [effective_learning_rate(each) for each in (before, after)]
        moves = [
            step / each.batch_size
            for step, each in zip(steps, (before, after), strict=True)
            if step is not None
        ]
        return "held-step" if len(moves) == 2 and _close(*moves) else ""
    if differing == {"batch_size", "stopping"}:
        stops = before.early_stopping or after.early_stopping
        updates = [each.epochs * design.updates(each) for each in (before, after)]
        return "held-updates" if not stops and _close(*updates) else ""
    if "regularization" in differing:
        doses = [dose(design, each) for each in (before, after)]
        exponents = [each.exponent for each in doses if each is not None]
        return "held-dose" if len(exponents) == 2 and _close(*exponents) else ""
    return ""


def _close(one: float, other: float) -> bool:
    """Equal but for rounding: epochs are whole, and a rate or λ is written with two digits."""
    return math.isclose(one, other, rel_tol=0.1)


@dataclass(frozen=True)
class _Changes:
    """What differs, in words when it is told."""

    changes: tuple[Change, ...]

    def __str__(self) -> str:
        return describe_changes(self.changes)


def _instead(design: Design, asked: QuestionDesign) -> Message:
    """A pair of the study that differs in what is asked about alone, or what to add where there is none."""
    treatment, reference = asked.variants
    beside = study_confounds(design.study.variants, treatment, reference)
    about = next(each for each in asked.factors if each not in beside)
    allowed = ({about}, {"optimizer", "learning_rate"} if about == "optimizer" else {about})
    asked_about = _of(about, asked.changes)
    others = [name for name in design.study.variants if name not in asked.variants]
    pairs = [(name, reference) for name in others] + [(treatment, name) for name in others]
    for one, other in pairs:
        changes = difference(design.configuration(other), design.configuration(one))
        differing = factors(changes)
        if set(differing) in allowed and _of(about, changes) == asked_about:
            named = {
                "first": one,
                "second": other,
                "factors": Listed(tuple(Message(factor_code(each)) for each in differing)),
            }
            return Message("finding.instead", named)
    return Message("finding.instead-none")


def _of(name: str, changes: tuple[Change, ...]) -> list[Change]:
    """The changes that come to one factor."""
    return [change for change in changes if factors([change]) == (name,)]


def _other_optimizer(asked: QuestionDesign) -> bool:
    return asked.before.optimizer.name != asked.after.optimizer.name


def _optimizers(asked: QuestionDesign) -> dict[str, str]:
    before, after = asked.before.optimizer.arguments, asked.after.optimizer.arguments
    return {
        "optimizer": optimizer_class(asked.after),
        "other": optimizer_class(asked.before),
        "rate": format_level(after["learning_rate"]),
        "other_rate": format_level(before["learning_rate"]),
    }


def _implied(design: Design, asked: QuestionDesign, held: str) -> Iterator[Finding]:
    differing = asked.factors
    if "batch_size" in differing and held not in ("held-step", "held-updates"):
        yield _batch_size(design, asked)
    if "stopping" in differing and len(differing) > 1 and held != "held-updates":
        yield _budget(design, asked)
    if _other_optimizer(asked):
        if "learning_rate" not in differing:
            both = {asked.before.optimizer.name, asked.after.optimizer.name}
            severity = Severity.INFO if both <= set(_UNIT_STEPS) else Severity.WARNING
            yield asked.finding(
                "optimizer-same-rate", severity, placeholders=_optimizers(asked), about=["optimizer"]
            )
    elif momentum(asked.before) != momentum(asked.after) and held != "held-step":
        yield from _momentum(asked)


def _batch_size(design: Design, asked: QuestionDesign) -> Finding:
    """Gradient noise falls with the root of the batch; epochs count images, not updates."""
    before, after = asked.before, asked.after
    evidence = {
        "batch": after.batch_size,
        "other_batch": before.batch_size,
        "updates": design.updates(after),
        "other_updates": design.updates(before),
        "noise": math.sqrt(before.batch_size / after.batch_size),
        "ratio": after.batch_size / before.batch_size,
        "epochs": max(1, round(before.epochs * design.updates(before) / max(1, design.updates(after)))),
    }
    return asked.finding("batch-size", Severity.WARNING, evidence, about=["batch_size"])


def _budget(design: Design, asked: QuestionDesign) -> Finding:
    before, after = asked.before, asked.after
    evidence = {
        "epochs": after.epochs,
        "other_epochs": before.epochs,
        "updates": after.epochs * design.updates(after),
        "other_updates": before.epochs * design.updates(before),
    }
    return asked.finding("budget", Severity.WARNING, evidence, about=["stopping"])


def _momentum(asked: QuestionDesign) -> Iterator[Finding]:
    """A constant gradient moves a weight by rate / (1 − momentum) an update in the long run."""
    before, after = effective_learning_rate(asked.before), effective_learning_rate(asked.after)
    if before is None or after is None:
        return
    evidence = {
        "momentum": momentum(asked.after),
        "other_momentum": momentum(asked.before),
        "step": after,
        "other_step": before,
        "matching": before * (1 - momentum(asked.after)),
    }
    yield asked.finding("momentum-step", Severity.WARNING, evidence, about=["optimizer"])
