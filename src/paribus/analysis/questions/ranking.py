"""From a question about several variants to its answer: every pair compared by seed, then put together.

Every seed is a block: what is compared are paired differences, each with a standard error of its own, as of a
question about two variants. Tukey's and Dunnett's tests pool one variance over all variants, which those
of training seldom share; so Holm's method (with Shaffer's steps for all pairs) takes their place, and
Bonferroni's bound that of the multivariate t in Hsu's comparison with the best.

Sources: Holm, Scand. J. Statistics 6 (1979); Shaffer, JASA 81 (1986), for the steps of all pairs; Hsu, Annals
of Statistics 9 (1981), for the comparison with the best; Edwards and Hsu, JASA 78 (1983).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from paribus.analysis.questions.answering import NO_LOOKS, scores_by_seed, unadjusted
from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.corrected import corrected_interval
from paribus.analysis.questions.family import family, requested_variants
from paribus.analysis.questions.ranked import Pick, Ranked, RankedVariant
from paribus.analysis.questions.statistics import Interval, mean_interval
from paribus.analysis.questions.verdict import Verdict
from paribus.record.looks import MIN_SEEDS, LookLog
from paribus.record.records import Records
from paribus.study.metrics import part_of
from paribus.study.model import Question
from paribus.study.ranking import Ranking
from paribus.study.study import Study

_BETTER = (Verdict.BETTER, Verdict.MORE_RELIABLE)
_WORSE = (Verdict.WORSE, Verdict.LESS_RELIABLE)


def rankings(study: Study, records: Records, *, looks: LookLog = NO_LOOKS) -> tuple[Ranked, ...]:
    """Answer the study's questions about several variants, in its order, as far as its runs allow.

    Each is one question of the family: its tests share the level 5 % / family.

    Args:
        study: Its rankings.
        records: What has run.
        looks: With which seeds comparisons have been shown.
    """
    if not study.rankings:
        return ()
    counted = family(study, requested_variants(records.variants, looks), looks)
    return tuple(_ranked(study, each, records, looks, max(1, len(counted))) for each in study.rankings)


def _ranked(study: Study, ranking: Ranking, records: Records, looks: LookLog, questions: int) -> Ranked:
    found = unadjusted(study, records, ranking.questions, looks)
    compared = adjusted(ranking, found, questions)
    return Ranked(
        ranking,
        compared,
        _standings(ranking, compared),
        margin=study.margin_of(ranking),
        family=questions,
        pick=_pick(study, ranking, records),
    )


def adjusted(ranking: Ranking, found: Sequence[Comparison], questions: int) -> tuple[Comparison, ...]:
    """Return the comparisons of a ranking with p-values adjusted for their number and the study's questions.

    Args:
        ranking: What is asked.
        found: Its pairs compared, nothing adjusted, in the order of `Ranking.pairs`.
        questions: How many questions the study's family has.
    """
    p_values = [each.p_value for each in found]
    p_failures = [each.failures and each.failures.p_value for each in found]
    if ranking.kind == "best_of":
        factors: Sequence[float] = [ranking.tests] * len(found)
        by_p = by_failures = factors
        by_equivalence = None  # the margin is compared with what the choice may cost
    else:
        shaffer = ranking.kind == "all_pairs"
        count = len(ranking.variants)
        by_p, by_failures = (
            step_factors(each, count if shaffer else None) for each in (p_values, p_failures)
        )
        by_equivalence = step_factors([each.paired.p_equivalence for each in found])
    return tuple(
        replace(
            each,
            p_adjusted=_times(p_values[place], by_p[place] * questions),
            p_equivalence_adjusted=by_equivalence
            and _times(each.paired.p_equivalence, by_equivalence[place] * questions),
            corrected=corrected_interval(each, ranking.tests * questions),
            failures=each.failures
            and replace(each.failures, p_adjusted=_times(p_failures[place], by_failures[place] * questions)),
            family=ranking.tests * questions,
        )
        for place, each in enumerate(found)
    )


def _times(p_value: float | None, factor: float) -> float | None:
    return None if p_value is None else min(1.0, p_value * factor)


def step_factors(p_values: Sequence[float | None], variants: int | None = None) -> tuple[float, ...]:
    """Return by how much a step-down method multiplies each p-value: Holm's, or Shaffer's of all pairs.

    Shaffer's uses that equality carries over: of three variants, two of which differ, at most one other pair
    can be equal.

    Args:
        p_values: One a comparison; None counts as 1.
        variants: Of how many variants these are all pairs; None for Holm's method.

    Example:
        >>> [round(factor, 2) for factor in step_factors([0.01, 0.02, 0.03])]
        [3.0, 2.0, 1.33]
        >>> [round(factor, 2) for factor in step_factors([0.01, 0.02, 0.03], 3)]
        [3.0, 1.5, 1.0]
    """
    given = [1.0 if each is None else each for each in p_values]
    order = sorted(range(len(given)), key=given.__getitem__)
    highest, factors = 0.0, [1.0] * len(given)
    for place, at in enumerate(order):
        left = len(given) - place
        count = left if variants is None else max(n for n in true_pairs(variants) if n <= left)
        highest = max(highest, given[at] * count)
        factors[at] = highest / given[at] if given[at] else float(count)
    return tuple(factors)


@lru_cache(maxsize=64)
def true_pairs(variants: int) -> frozenset[int]:
    """Return how many pairs of so many variants can be equal at once.

    Example:
        >>> sorted(true_pairs(3)), sorted(true_pairs(4))
        ([0, 1, 3], [0, 1, 2, 3, 6])
    """
    if variants < 2:
        return frozenset({0})
    sizes = range(1, variants + 1)
    return frozenset(size * (size - 1) // 2 + more for size in sizes for more in true_pairs(variants - size))


def _standings(ranking: Ranking, compared: Sequence[Comparison]) -> tuple[RankedVariant, ...]:
    """Return what is known of each variant, the highest mean first; those without a run come last."""
    pairs = _Pairs(ranking, compared)
    means = {name: mean for name in ranking.named if (mean := pairs.mean(name)) is not None}
    sign = -1.0 if ranking.measured.rises else 1.0
    order = sorted(ranking.named, key=lambda name: sign * means[name] if name in means else float("inf"))
    unbeaten = [name for name in order if pairs.is_unbeaten(name)]
    letters = letters_of(order, {pair for pair in ranking.pairs if pairs.differ(*pair)})
    return tuple(
        RankedVariant(
            name,
            means.get(name),
            pairs.seeds(name),
            rank=(1 + pairs.shown(name, _WORSE), len(order) - pairs.shown(name, _BETTER))
            if ranking.kind == "all_pairs"
            else None,
            letters=letters[name] if ranking.kind == "all_pairs" else "",
            may_be_best=pairs.may_be_best(name, unbeaten),
            behind=pairs.behind(name, unbeaten) if ranking.kind == "best_of" else None,
            has_failed=pairs.has_failed(name),
        )
        for name in order
    )


class _Pairs:
    """The comparisons of a ranking, from the side of each variant."""

    def __init__(self, ranking: Ranking, compared: Sequence[Comparison]) -> None:
        self.ranking = ranking
        self.by_pair = dict(zip(ranking.pairs, compared, strict=True))
        self.rises = ranking.measured.rises

    def of(self, name: str) -> list[tuple[str, Comparison, bool]]:
        """Return a variant's comparisons: with whom, and whether it is the treatment."""
        return [
            (second if name == first else first, each, name == first)
            for (first, second), each in self.by_pair.items()
            if name in (first, second)
        ]

    def mean(self, name: str) -> float | None:
        """Return its mean at the most seeds at which it was compared."""
        known = [
            (len(each.seeds), each.means[0 if first else 1]) for _, each, first in self.of(name) if each.means
        ]
        return max(known)[1] if known else None

    def seeds(self, name: str) -> int:
        """Return the fewest seeds at which it was compared."""
        return min((len(each.seeds) for _, each, _ in self.of(name)), default=0)

    def has_failed(self, name: str) -> bool:
        """Return whether no run of it trained."""
        sides = [
            each.failures.treatment if first else each.failures.reference
            for _, each, first in self.of(name)
            if each.failures is not None
        ]
        return any(each.is_total for each in sides)

    def is_worse(self, name: str, other: str) -> bool:
        """Return whether a variant is shown to be worse than another, or alone of both never trained."""
        each = self.by_pair.get((name, other))
        if each is not None:
            shown = each.verdict in _WORSE
        else:
            each = self.by_pair[other, name]
            shown = each.verdict in _BETTER
        return shown or (
            each.verdict is Verdict.FAILED and self.has_failed(name) and not self.has_failed(other)
        )

    def shown(self, name: str, verdicts: Sequence[Verdict]) -> int:
        """Return to how many variants it is shown to be worse, or better."""
        others = [other for other, _, _ in self.of(name)]
        if verdicts is _WORSE:
            return sum(self.is_worse(name, other) for other in others)
        return sum(self.is_worse(other, name) for other in others)

    def differ(self, one: str, other: str) -> bool:
        """Return whether two variants are shown to differ."""
        return self.is_worse(one, other) or self.is_worse(other, one)

    def is_unbeaten(self, name: str) -> bool:
        """Return whether it has trained and none is shown to be better."""
        is_there = any(each.is_answered for _, each, _ in self.of(name))
        return is_there and not self.has_failed(name) and not self.shown(name, _WORSE)

    def may_be_best(self, name: str, unbeaten: Sequence[str]) -> bool:
        """Return whether it has trained and is not shown to be worse than each that none beats.

        The best is one of these, which is not known: what is worse than the best must be worse than each.
        """
        if name in unbeaten or self.has_failed(name) or self.mean(name) is None:
            return name in unbeaten
        others = {other for other, _, _ in self.of(name)} & {*unbeaten}
        return not others or not all(self.is_worse(name, other) for other in others)

    def behind(self, name: str, unbeaten: Sequence[str]) -> Interval | None:
        """Return how far a variant lies behind the best, at least and at most, in the metric's unit.

        The best is one of those that none beats. With the intervals of all its pairs, a variant lies behind
        it by no more than behind any of them at most, and by no less than behind any of them at least.
        """
        ends: list[Interval] = []
        for other, each, first in self.of(name):
            if other not in unbeaten:
                continue
            if each.corrected is None:
                return None
            low, high = each.corrected
            ends.append((-high, -low) if first == self.rises else (low, high))
        if not ends:
            return (0.0, 0.0) if name in unbeaten and len(unbeaten) == 1 else None
        least = 0.0 if self.may_be_best(name, unbeaten) else max(0.0, min(low for low, _ in ends))
        return least, max(0.0, *(high for _, high in ends))


def letters_of(order: Sequence[str], different: set[tuple[str, str]]) -> Mapping[str, str]:
    """Return a compact letter display: two variants share a letter unless they are shown to differ.

    It inserts and absorbs: each difference splits the groups that have both, and a group within another goes.

    Source: Piepho, J. Computational and Graphical Statistics 13 (2004).

    Args:
        order: The variants; letters are given in it.
        different: The pairs that are shown to differ.

    Example:
        >>> letters_of(["a", "b", "c"], {("a", "c")})
        {'a': 'a', 'b': 'ab', 'c': 'b'}
    """
    groups: list[frozenset[str]] = [frozenset(order)]
    for one, other in sorted(different):
        split = [
            part
            for group in groups
            for part in ((group - {one}, group - {other}) if {one, other} <= group else (group,))
        ]
        unique = list(dict.fromkeys(split))
        groups = [each for each in unique if not any(each < larger for larger in unique)]
    groups.sort(key=lambda group: [place for place, name in enumerate(order) if name in group])
    return {
        name: "".join(_letter(place) for place, group in enumerate(groups) if name in group) for name in order
    }


def _letter(place: int) -> str:
    return chr(ord("a") + place % 26) * (place // 26 + 1)


def _pick(study: Study, ranking: Ranking, records: Records) -> Pick | None:
    """Return what choosing on the validation examples gives on the test; None where that is not known."""
    if ranking.kind != "best_of" or part_of(ranking.metric) != "test":
        return None
    metric = ranking.measured.val
    if any(not study.variants[name].configuration.validation for name in ranking.variants):
        return None
    held_out, tested = (_by_seed(records, ranking, each) for each in (metric, ranking.metric))
    trained = [name for name in ranking.variants if held_out[name] and tested[name]]
    if len(trained) < 2:
        return None
    of_trained = ({name: each[name] for name in trained} for each in (held_out, tested))
    return pick(*of_trained, rises=ranking.measured.rises)


def _by_seed(records: Records, ranking: Ranking, metric: str) -> Mapping[str, Mapping[int, float]]:
    return {
        name: scores_by_seed(records, Question(treatment=name, reference=name, metric=metric))[0]
        for name in ranking.variants
    }


def pick(
    held_out: Mapping[str, Mapping[int, float]], tested: Mapping[str, Mapping[int, float]], *, rises: bool
) -> Pick | None:
    """Choose a variant by its mean on the validation examples and measure it on the test without optimism.

    A run that is good by luck is good on both, so a choice by all seeds flatters what these seeds give on the
    test. At each seed the variant is therefore measured that the other seeds choose (leave-one-out
    cross-fitting; Stone, J. Royal Statistical Society B 36, 1974).

    Args:
        held_out: The metric on validation examples by variant and seed.
        tested: The same on test examples.
        rises: Whether higher is better.

    Returns:
        None with fewer than three seeds that every variant has.
    """
    common = {*range(0)}.union(*(each.keys() for each in held_out.values()))
    for each in (*held_out.values(), *tested.values()):
        common &= each.keys()
    seeds = sorted(common)
    if len(seeds) < MIN_SEEDS:
        return None
    sign = 1.0 if rises else -1.0

    def best(values: Mapping[str, Mapping[int, float]], among: Sequence[int]) -> str:
        return max(values, key=lambda name: sign * sum(values[name][seed] for seed in among))

    chosen = [best(held_out, [other for other in seeds if other != seed]) for seed in seeds]
    honest = [tested[name][seed] for name, seed in zip(chosen, seeds, strict=True)]
    winner, best_tested = best(held_out, seeds), best(tested, seeds)
    return Pick(
        winner,
        times=chosen.count(winner),
        seeds=len(seeds),
        test=sum(honest) / len(honest),
        interval=mean_interval(honest),
        best_tested=best_tested,
        best_test=sum(tested[best_tested][seed] for seed in seeds) / len(seeds),
    )
