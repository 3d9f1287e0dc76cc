"""What is said of questions about factors: the codes of the sentences, with their values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from paribus.analysis.questions.contrast import Contrasted
from paribus.analysis.questions.designs import DesignAnswer
from paribus.analysis.questions.factorial import Effect, EffectsAnswer, EffectVerdict, alias_sets
from paribus.analysis.questions.trend import TrendAnswer, TrendVerdict
from paribus.record.looks import MIN_SEEDS
from paribus.study.fractions import MIN_RESOLUTION
from paribus.study.metrics import title_of
from paribus.study.model import Design
from paribus.texts.message import Joined, Listed, Message
from paribus.texts.quantities import Difference, DifferenceInterval, Figure, PRelation, Unit

_MAX_SETS = 4
"""Sets of effects that are named where a fraction has more."""


def sentences(answer: DesignAnswer) -> tuple[Message, ...]:
    """Return a question's result, the verdict first."""
    found = tuple(_of_trend(answer) if isinstance(answer, TrendAnswer) else _of_effects(answer))
    if any(each.procedure == "sequential" for each in answer.contrasts):
        return (*found, Message("design.sequential"))
    return found


def numbers(found: Contrasted, unit: Unit) -> dict[str, object]:
    """Return a contrast's numbers as sentences name them."""
    interval = DifferenceInterval(found.interval, unit)
    return {
        "difference": Difference(found.difference, unit, beside=found.interval),
        "interval": interval if found.interval else Message("design.no-interval"),
        "p": PRelation(found.p_adjusted),
        "seeds": len(found.seeds),
        "margin": Difference(found.margin, unit, signed=False),
        "equivalence": PRelation(found.p_equivalence_adjusted),
    }


def _of_trend(answer: TrendAnswer) -> Iterator[Message]:
    unit, used = answer.question.measured.unit, answer.used
    about: dict[str, object] = {"metric": title_of(answer.question.metric), "factor": answer.question.trend}
    if len(used) < 2:
        yield Message("design.trend-none", about)
    elif len(answer.seeds) < MIN_SEEDS:
        yield Message("design.few-seeds", {"count": len(answer.seeds)})
    else:
        yield _trend_verdict(answer, about, unit)
    if answer.best is not None:
        yield from _doses(answer, unit)
    for each in answer.failing:
        rate = {"failed": each.failures.failed, "runs": each.failures.runs}
        yield Message("design.dose-failed", {"dose": each.level, **rate})
    if answer.averaged:
        yield Message("design.averaged", {"factors": Listed(answer.averaged)})


def _trend_verdict(answer: TrendAnswer, about: dict[str, object], unit: Unit) -> Message:
    levels = [each.level for each in answer.doses]
    ends = {"low": levels[answer.used[0]], "high": levels[answer.used[-1]]}
    verdict = answer.verdict
    if verdict is TrendVerdict.PEAK and answer.peak is not None:
        both = [answer.between(answer.peak, answer.used[end]).p_adjusted for end in (0, -1)]
        p = PRelation(max(each for each in both if each is not None))
        return Message("design.trend-peak", {**about, **ends, "best": levels[answer.peak], "p": p})
    if verdict is TrendVerdict.FLAT:
        every = list(answer.pairs.values())
        p = max(each.p_equivalence_adjusted or 0.0 for each in every)
        margin = numbers(every[0], unit)["margin"]
        return Message("design.trend-flat", {**about, "margin": margin, "p": PRelation(p)})
    line = answer.line or answer.between(answer.used[0], answer.used[-1])
    return Message(f"design.trend-{verdict}", {**about, **ends, **numbers(line, unit)})


def _doses(answer: TrendAnswer, unit: Unit) -> Iterator[Message]:
    levels, best = [each.level for each in answer.doses], answer.best or 0
    mean = Figure(answer.doses[best].mean, unit)
    near = tuple(levels[each] for each in answer.near_best if each != best)
    is_all = len(near) == len(answer.used) - 1
    code = f"design.best{'-all' if is_all else '-near' if near else ''}"
    yield Message(code, {"dose": levels[best], "mean": mean, "near": Listed(near)})
    if answer.plateau:
        margin = numbers(next(iter(answer.pairs.values())), unit)["margin"]
        ends = {"low": levels[answer.plateau[0]], "high": levels[answer.plateau[-1]]}
        yield Message("design.plateau", {**ends, "margin": margin})
    if answer.cliff is not None:
        good, bad = answer.cliff
        found = answer.between(good, bad)
        lost = _turned(found) if good > bad else found
        yield Message("design.cliff", {**numbers(lost, unit), "good": levels[good], "bad": levels[bad]})


def _turned(found: Contrasted) -> Contrasted:
    """Return a contrast the other way round, as far as sentences name it."""
    mean, interval = found.paired.mean, found.paired.interval
    turned = None if interval is None else (-interval[1], -interval[0])
    return replace(found, paired=replace(found.paired, mean=-(mean or 0.0), interval=turned))


def _of_effects(answer: EffectsAnswer) -> Iterator[Message]:
    if answer.failing:
        failed = (
            Message("design.cell", {"cell": name, "failed": rate.failed, "runs": rate.runs})
            for name, rate in answer.failures.items()
            if rate.failed
        )
        yield Message("design.effects-failed", {"cells": Joined(tuple(failed), between=", ")})
        return
    if not answer.contrasts or not answer.seeds:
        yield Message("design.effects-none", {})
        return
    if len(answer.seeds) < MIN_SEEDS:
        yield Message("design.few-seeds", {"count": len(answer.seeds)})
        return
    order = (EffectVerdict.DEPENDS, EffectVerdict.BETTER, EffectVerdict.WORSE, EffectVerdict.NONE)
    for verdict in order:
        for each in answer.effects:
            if each.verdict is verdict:
                yield from effect_sentences(answer, each)
    rest = [each for each in answer.effects if each.verdict is EffectVerdict.UNDECIDED]
    if rest:
        names = Joined(tuple(effect_name(answer, each) for each in rest), between=", ")
        yield Message("design.effects-open", {"count": len(rest), "effects": names})
    if answer.resolution is not None:
        yield fraction_sentence(answer.design)


def fraction_sentence(design: Design) -> Message:
    """Return what a fraction trains, its resolution and which effects it cannot tell apart.

    Args:
        design: A fraction.
    """
    least = design.resolution or 0
    sets = alias_sets(design)
    about_main = [each for each in sets if any(len(effect) == 1 for effect in each)]
    kind = "main" if least < MIN_RESOLUTION else "mixed" if about_main else "between" if sets else "clear"
    named = (" = ".join(" × ".join(effect) for effect in each) for each in about_main or sets)
    told = {"sets": Listed(tuple(named), most=_MAX_SETS), "least": least - 2}
    cells = {"resolution": least, "cells": len(design.cells), "whole": design.whole}
    return Message("design.fraction", {**cells, "aliased": Message(f"design.fraction-{kind}", told)})


def effect_name(answer: EffectsAnswer, effect: Effect) -> str:
    """Return an effect's factors, each with its level where it has more than two."""
    counts = {each.name: len(each.levels) for each in answer.design.factors}
    return " × ".join(
        f"{each.factor} {each.level}" if counts[each.factor] > 2 else each.factor for each in effect.parts
    )


def effect_sentences(answer: EffectsAnswer, effect: Effect) -> Iterator[Message]:
    """Yield what is said of one effect."""
    found, unit = effect.found, answer.question.measured.unit
    if found is None:
        return
    values: dict[str, object] = {**numbers(found, unit), "metric": title_of(answer.question.metric)}
    first, *others = effect.parts
    values |= {"factor": first.factor, "level": first.level, "reference": first.reference}
    for each in others:
        values |= {"other": each.factor, "other_level": each.level, "other_reference": each.reference}
    kind = "main" if effect.is_main else "interaction"
    yield Message(f"design.{kind}-{effect.verdict}", values)
    if effect.simple and effect.verdict is EffectVerdict.DEPENDS:
        at, beyond = (Difference(each.difference, unit, beside=each.interval) for each in effect.simple)
        yield Message("design.simple", {**values, "at_reference": at, "at_level": beyond})
    depends = answer.depends_on(first.factor) if effect.is_main else ()
    if depends:
        yield Message("design.marginal", {"factor": first.factor, "others": Listed(depends)})
    if effect.aliases:
        names = tuple(" × ".join(each) for each in effect.aliases)
        yield Message("design.aliased", {"aliases": Listed(names)})
