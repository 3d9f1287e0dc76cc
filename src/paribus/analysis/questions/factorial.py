"""Main effects and two-way interactions of crossed factors, as contrasts over seeds.

A main effect is the mean at one level minus that at the first, each averaged over the levels of all other
factors: a marginal effect. An interaction is the difference of two such differences: the effect of one factor
at a level of the other, minus its effect at the other's first level.

Source: Box, Hunter and Hunter, "Statistics for Experimenters" (2005), chapters 5 and 6, for effects,
fractions and aliases. In a 2ᵏ design the square of t is F of the analysis of variance with seeds as blocks.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from paribus.analysis.failure import FailureRate
from paribus.analysis.questions.contrast import Cells, Contrast, Contrasted, evenly
from paribus.study.model import Design, Effects


class EffectVerdict(StrEnum):
    """What may be said of an effect: of a factor, or of one factor on that of another."""

    BETTER = "better"
    WORSE = "worse"
    DEPENDS = "depends"
    NONE = "none"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Part:
    """A factor in an effect.

    Args:
        factor: Its name.
        level: The level that is compared with `reference`, as written.
        reference: Its first level.
    """

    factor: str
    level: str
    reference: str


@dataclass(frozen=True)
class Effect:
    """A main effect, or an interaction of two factors.

    Args:
        parts: The factors.
        found: The contrast; None where a cell of it has no mean.
        rises: Whether a higher metric is better.
        aliases: The effects that a fraction cannot tell from this one, by their factors.
        simple: Of an interaction, the first factor's effect at the second one's first level and at this one.
    """

    parts: tuple[Part, ...]
    found: Contrasted | None
    rises: bool
    aliases: tuple[tuple[str, ...], ...] = ()
    simple: tuple[Contrasted, ...] = ()

    @property
    def factors(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(each.factor for each in self.parts)

    @property
    def is_main(self) -> bool:
        """Whether it is that of one factor."""
        return len(self.parts) == 1

    @property
    def verdict(self) -> EffectVerdict:
        """What may be said."""
        if self.found is None or not (self.found.is_shown or self.found.is_equivalent):
            return EffectVerdict.UNDECIDED
        if self.found.is_equivalent:
            return EffectVerdict.NONE
        if not self.is_main:
            return EffectVerdict.DEPENDS
        is_better = ((self.found.difference or 0.0) > 0) == self.rises
        return EffectVerdict.BETTER if is_better else EffectVerdict.WORSE


@dataclass(frozen=True)
class EffectsAnswer:
    """A question about crossed factors, answered.

    Args:
        question: What was asked.
        design: The factors and their cells.
        seeds: Those that every cell has.
        effects: Main effects, then interactions.
        failures: How many runs of each cell failed to train; there are no effects where one did.
        cells: The scores of each cell by seed.
        family: Over how many questions p-values are adjusted.
    """

    question: Effects
    design: Design
    seeds: tuple[int, ...]
    effects: tuple[Effect, ...]
    failures: dict[str, FailureRate]
    cells: dict[str, tuple[float, ...]]
    family: int = 1

    @property
    def contrasts(self) -> tuple[Contrasted, ...]:
        """All that are tested."""
        return tuple(each.found for each in self.effects if each.found is not None)

    def with_contrasts(self, contrasts: Sequence[Contrasted], family: int) -> EffectsAnswer:
        """Return the answer with its contrasts replaced, in the order of `contrasts`."""
        new = iter(contrasts)
        effects = [replace(each, found=next(new)) if each.found else each for each in self.effects]
        return replace(self, effects=tuple(effects), family=family)

    @property
    def is_answered(self) -> bool:
        """Whether there is something to say."""
        return bool(self.contrasts) or any(each.failed for each in self.failures.values())

    @property
    def can_be_settled(self) -> bool:
        """Whether more seeds could bring further verdicts."""
        is_open = [each.found for each in self.effects if each.verdict is EffectVerdict.UNDECIDED]
        return any(found is not None and found.can_be_settled for found in is_open)

    @property
    def is_decided(self) -> bool:
        """Whether every effect has a verdict."""
        return bool(self.contrasts) and all(e.verdict is not EffectVerdict.UNDECIDED for e in self.effects)

    @property
    def main(self) -> tuple[Effect, ...]:
        """The main effects."""
        return tuple(each for each in self.effects if each.is_main)

    @property
    def interactions(self) -> tuple[Effect, ...]:
        """The two-way interactions."""
        return tuple(each for each in self.effects if not each.is_main)

    def depends_on(self, factor: str) -> tuple[str, ...]:
        """Return the factors on which another one's effect is shown to depend."""
        return tuple(
            dict.fromkeys(
                other
                for each in self.interactions
                if each.verdict is EffectVerdict.DEPENDS and factor in each.factors
                for other in each.factors
                if other != factor
            )
        )

    @property
    def failing(self) -> tuple[str, ...]:
        """The cells of which runs failed to train."""
        return tuple(name for name, rate in self.failures.items() if rate.failed)

    @property
    def resolution(self) -> int | None:
        """The length of the shortest word that a fraction is defined by; None for a full design."""
        return self.design.resolution


def effects_answer(cells: Cells, question: Effects) -> EffectsAnswer:
    """Answer a question about crossed factors, p-values not adjusted yet.

    Args:
        cells: The scores of the design's variants.
        question: What is asked.
    """
    design, rises = cells.design, question.measured.rises
    planned = [*_main(design, question.effects), *_interactions(design, question.effects)]
    is_whole = set(cells.trained) == set(design.cells)
    effects: list[Effect] = []
    for parts, contrast, simple in planned:
        shared = replace(contrast, share=1 / len(planned))
        found = cells.contrasted(shared) if is_whole else None
        at = tuple(map(cells.contrasted, simple)) if is_whole else ()
        factors = tuple(each.factor for each in parts)
        effects.append(Effect(parts, found, rises, aliases(design, factors), at))
    scores = {name: cells.values({name: 1.0}) for name in cells.trained}
    return EffectsAnswer(question, design, cells.seeds, tuple(effects), dict(cells.failures), scores)


def effect_tests(design: Design, question: Effects) -> int:
    """Return how many tests share a question's level: one for each main effect and interaction.

    Args:
        design: The factors and their cells.
        question: About some of them.
    """
    planned = (*_main(design, question.effects), *_interactions(design, question.effects))
    return len(planned)


def _parts(design: Design, name: str) -> list[tuple[int, Part]]:
    """Return every level of a factor but the first."""
    levels = next(each for each in design.factors if each.name == name).levels
    return [(place, Part(name, level, levels[0])) for place, level in enumerate(levels) if place]


def _main(
    design: Design, factors: Sequence[str]
) -> Iterator[tuple[tuple[Part, ...], Contrast, tuple[Contrast, ...]]]:
    for name in factors:
        for place, part in _parts(design, name):
            above, below = (evenly(design.variants({name: each})) for each in (place, 0))
            yield (part,), Contrast(above, below), ()


def _interactions(
    design: Design, factors: Sequence[str]
) -> Iterator[tuple[tuple[Part, ...], Contrast, tuple[Contrast, ...]]]:
    for one, other in itertools.combinations(factors, 2):
        for (i, first), (j, second) in itertools.product(_parts(design, one), _parts(design, other)):
            at = {(a, b): design.variants({one: a, other: b}) for a in (i, 0) for b in (j, 0)}
            if not all(at.values()):
                continue  # the fraction has not all four
            above = {**evenly(at[i, j]), **evenly(at[0, 0])}
            below = {**evenly(at[i, 0]), **evenly(at[0, j])}
            simple = tuple(Contrast(evenly(at[i, b]), evenly(at[0, b])) for b in (0, j))
            yield (first, second), Contrast(above, below), simple


def aliases(design: Design, factors: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return the main effects and two-way interactions that a fraction cannot tell from an effect.

    Args:
        design: Of factors with two levels, where it is a fraction.
        factors: The effect's, one or two.
    """
    if not design.generators:
        return ()
    own = _signs(design, factors)
    others = [*((name,) for name in design.names), *itertools.combinations(design.names, 2)]
    return tuple(each for each in others if set(each) != set(factors) and _is_same(own, _signs(design, each)))


def alias_sets(design: Design) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Return which main effects and two-way interactions a fraction cannot tell apart, set by set.

    Args:
        design: Of factors with two levels, where it is a fraction.

    Returns:
        Sets of two effects and more, each effect by its factors, main effects first.
    """
    if not design.generators:
        return ()
    found: dict[tuple[int, ...], list[tuple[str, ...]]] = {}
    for each in (*((name,) for name in design.names), *itertools.combinations(design.names, 2)):
        found.setdefault(_signs(design, each), []).append(each)
    return tuple(tuple(effects) for effects in found.values() if len(effects) > 1)


def _is_same(one: Sequence[int], other: Sequence[int]) -> bool:
    """Return whether two columns of signs are equal, or opposite throughout."""
    return len({a * b for a, b in zip(one, other, strict=True)}) == 1


def _signs(design: Design, factors: Sequence[str]) -> tuple[int, ...]:
    at = [design.names.index(name) for name in factors]
    return tuple(math.prod(2 * places[each] - 1 for each in at) for places in design.cells.values())
