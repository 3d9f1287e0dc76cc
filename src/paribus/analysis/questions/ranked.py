"""A question about several variants answered: who may be the best, who differ, and in which words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from paribus.analysis.failure import FailureRate
from paribus.analysis.questions.comparison import Comparison, count_of
from paribus.analysis.questions.statistics import Interval
from paribus.analysis.questions.verdict import Verdict
from paribus.record.looks import MIN_SEEDS
from paribus.study.metrics import title_of
from paribus.study.ranking import Ranking
from paribus.texts.message import Joined, Listed, Message, Translated
from paribus.texts.printable import Block, Lines, Paragraph, Printable
from paribus.texts.quantities import Difference, Distances, Figure, FigureRange, Unit

_BETTER = (Verdict.BETTER, Verdict.MORE_RELIABLE)
_WORSE = (Verdict.WORSE, Verdict.LESS_RELIABLE)
_SAME = (Verdict.EQUIVALENT, Verdict.IDENTICAL)


class Outcome(StrEnum):
    """How far a question about several variants is answered.

    ``best``: one variant is the best. ``close``: any that may be the best is within the margin of it.
    ``all``: every comparison has a verdict. ``narrowed``: some are shown to be worse, or to differ. ``open``:
    none is. ``few-seeds``: nothing is tested.
    """

    BEST = "best"
    CLOSE = "close"
    ALL = "all"
    NARROWED = "narrowed"
    OPEN = "open"
    FEW_SEEDS = "few-seeds"


@dataclass(frozen=True)
class Pick:
    """A variant chosen on the validation examples, and what such a choice gives on the test.

    Args:
        variant: The highest mean on the validation examples, in a loss the lowest.
        times: How often it is chosen where one seed is left out.
        seeds: How many there are.
        test: Mean on the test of what the other seeds choose at each seed: the choice does not flatter it.
        interval: Its 95 % t interval over seeds; None where nothing varies.
        best_tested: The best mean on the test itself.
        best_test: That mean, which is flattered by being the best.
    """

    variant: str
    times: int
    seeds: int
    test: float
    interval: Interval | None
    best_tested: str
    best_test: float


@dataclass(frozen=True)
class RankedVariant:
    """One variant of a ranking.

    Args:
        name: As in the study.
        mean: Of the metric; None without a seed.
        seeds: The fewest at which it was compared.
        rank: The best and the worst that are left by what is shown, 1 for the best; None unless all pairs
            are compared.
        letters: Those of the compact letter display: variants that share one are not shown to differ.
        may_be_best: Whether none is shown to be better.
        behind: How far it lies behind the best, at least and at most, all variants together at 95 %.
        has_failed: Whether no run of it trained.
    """

    name: str
    mean: float | None
    seeds: int
    rank: tuple[int, int] | None = None
    letters: str = ""
    may_be_best: bool = False
    behind: Interval | None = None
    has_failed: bool = False


@dataclass(frozen=True, repr=False)
class Ranked(Printable):
    """A question about several variants answered.

    Args:
        ranking: What was asked.
        comparisons: Its pairs, in the order of `Ranking.pairs`; p-values are adjusted over these and the
            family, and `Comparison.corrected` holds for all of them at once.
        variants: Every variant that it names, the best mean first.
        margin: The smallest difference that matters; None without one.
        family: How many questions of the study share the level.
        pick: What a choice on the validation examples gives; None where that is not known or not asked.
    """

    ranking: Ranking
    comparisons: tuple[Comparison, ...]
    variants: tuple[RankedVariant, ...]
    margin: float | None = None
    family: int = 1
    pick: Pick | None = None

    @property
    def question(self) -> Ranking:
        """What was asked, by the name that a `Comparison` has for it."""
        return self.ranking

    @property
    def unit(self) -> Unit:
        """How the metric is written."""
        return self.ranking.measured.unit

    @property
    def candidates(self) -> tuple[RankedVariant, ...]:
        """Those that are not distinguishable from the best."""
        return tuple(each for each in self.variants if each.may_be_best)

    @property
    def seeds(self) -> int:
        """The fewest seeds at which two of its variants were compared."""
        return min(len(each.seeds) for each in self.comparisons)

    @property
    def is_answered(self) -> bool:
        """Whether there is something to say."""
        return any(each.is_answered for each in self.comparisons)

    @property
    def different(self) -> tuple[Comparison, ...]:
        """The pairs that are shown to differ."""
        return tuple(each for each in self.comparisons if each.verdict in (*_BETTER, *_WORSE, Verdict.FAILED))

    @property
    def outcome(self) -> Outcome:
        """How far it is answered."""
        if not self.different and all(len(each.seeds) < MIN_SEEDS for each in self.comparisons):
            return Outcome.FEW_SEEDS
        return self._of_best() if self.ranking.kind == "best_of" else self._of_pairs()

    def _of_pairs(self) -> Outcome:
        is_open = sum(each.verdict is Verdict.UNDECIDED for each in self.comparisons)
        if not is_open:
            return Outcome.ALL
        return Outcome.NARROWED if is_open < len(self.comparisons) else Outcome.OPEN

    def _of_best(self) -> Outcome:
        if self.missing:
            return Outcome.OPEN
        if len(self.candidates) == 1:
            return Outcome.BEST
        if self.costs_less_than_margin:
            return Outcome.CLOSE
        return Outcome.NARROWED if len(self.candidates) < len(self.variants) else Outcome.OPEN

    @property
    def is_decided(self) -> bool:
        """Whether more seeds have nothing left to decide."""
        return self.outcome in (Outcome.BEST, Outcome.CLOSE, Outcome.ALL)

    @property
    def can_be_settled(self) -> bool:
        """Whether more seeds could bring an answer."""
        is_open = [each for each in self.comparisons if each.verdict is Verdict.UNDECIDED]
        return any(each.can_be_settled for each in is_open)

    @property
    def most_behind(self) -> float | None:
        """How far any that may be the best lies behind it at most; None where that is not known."""
        ends = [each.behind[1] if each.behind else None for each in self.candidates]
        known = [each for each in ends if each is not None]
        return max(known) if known and len(known) == len(ends) else None

    @property
    def costs_less_than_margin(self) -> bool:
        """Whether any that may be the best is shown to lie behind it by less than the margin."""
        return self.margin is not None and self.most_behind is not None and self.most_behind < self.margin

    @property
    def sentence(self) -> Message | Joined:
        """The answer."""
        values = self._values()
        if not self.is_answered:
            return Message("ranking.not-run")
        if self.outcome is Outcome.FEW_SEEDS:
            return Message("ranking.few-seeds", values)
        if self.ranking.kind == "best_of":
            return Message(f"ranking.best-{self._best_code()}", values)
        if self.ranking.kind == "all_pairs":
            some = "some" if self.different else "none"
            return Message(f"ranking.pairs-{some}", values)
        return Joined(tuple(self._against()), between=" ")

    @property
    def missing(self) -> tuple[str, ...]:
        """The variants that have no result yet."""
        return tuple(each.name for each in self.variants if each.mean is None and not each.has_failed)

    def _best_code(self) -> str:
        if self.missing:
            return "missing"
        if not self.candidates:
            return "failed"
        if len(self.candidates) == len(self.variants):
            return "open"
        return "one" if len(self.candidates) == 1 else "some"

    def _values(self) -> dict[str, object]:
        names = tuple(each.name for each in self.candidates)
        worse = tuple(self._worse(each) for each in self.variants if not each.may_be_best)
        return {
            "best": names[0] if names else "",
            "candidates": Listed(names),
            "missing": Listed(self.missing),
            "worse": Joined(worse, between="; "),
            "number": len(self.variants),
            "pairs": len(self.comparisons),
            "different": len(self.different),
            "letters": Joined(tuple(f"{each.name} {each.letters}" for each in self.variants), between=", "),
            "seeds": self.seeds,
            "needed": MIN_SEEDS,
            "metric": title_of(self.ranking.metric),
        }

    def _worse(self, variant: RankedVariant) -> Message:
        """Return how far a variant lies behind the best."""
        if variant.has_failed or variant.mean is None:
            code = "worse-failed" if variant.has_failed else "worse-not-run"
            return Message(f"ranking.{code}", {"variant": variant.name})
        leader = self.candidates[0] if self.candidates else None
        if leader is None or leader.mean is None or variant.behind is None:
            return Message("ranking.worse-plain", {"variant": variant.name})
        return Message(
            "ranking.worse-by",
            {
                "variant": variant.name,
                "difference": Difference(self.distance(variant.name), self.unit, signed=False),
                "interval": Distances(*variant.behind, self.unit),
            },
        )

    def distance(self, variant: str) -> float | None:
        """Return how far a variant lies behind the best mean of those that may be the best, by seed."""
        names = [each.name for each in self.candidates]
        if not names or variant == names[0]:
            return 0.0 if names else None
        each = self.between(variant, names[0])
        if each is None or each.difference is None:
            return None
        behind = each.difference if each.treatment == names[0] else -each.difference
        return behind if self.ranking.measured.rises else -behind

    def between(self, one: str, other: str) -> Comparison | None:
        """Return the comparison of two of its variants; None where it has none."""
        both = {one, other}
        return next((each for each in self.comparisons if {each.treatment, each.reference} == both), None)

    def _against(self) -> Iterator[Message]:
        """Yield which variants are better, worse or the same as the one that each is compared with."""
        groups: Sequence[tuple[str, Sequence[Verdict]]] = (
            ("better", _BETTER),
            ("worse", _WORSE),
            ("failed", (Verdict.FAILED,)),
            ("same", _SAME),
            ("open", (Verdict.UNDECIDED,)),
        )
        for code, verdicts in groups:
            chosen = [each for each in self.comparisons if each.verdict in verdicts]
            if chosen:
                told = tuple(self._effect(each) for each in chosen)
                yield Message(
                    f"ranking.each-{code}", {"against": self.ranking.against, "variants": Listed(told)}
                )

    def _effect(self, comparison: Comparison) -> object:
        if comparison.verdict not in (Verdict.BETTER, Verdict.WORSE) or comparison.corrected is None:
            return comparison.treatment
        low, high = sorted(map(abs, comparison.corrected))
        if comparison.corrected[0] <= 0 <= comparison.corrected[1]:
            low = 0.0
        values = {
            "variant": comparison.treatment,
            "difference": Difference(abs(comparison.difference or 0.0), self.unit, signed=False, short=True),
            "interval": Distances(low, high, self.unit),
        }
        return Message("ranking.effect", values)

    @property
    def notes(self) -> tuple[Message, ...]:
        """What must be known to read the answer, a sentence each."""
        return tuple(self._notes())

    def _notes(self) -> Iterator[Message]:
        if not self.is_answered or self.outcome is Outcome.FEW_SEEDS:
            return
        if self.ranking.kind == "best_of" and len(self.candidates) > 1 and self.most_behind is not None:
            code = "within" if self.costs_less_than_margin else "cost"
            values = {
                "most": Difference(self.most_behind, self.unit, signed=False),
                "margin": Difference(self.margin, self.unit, signed=False),
            }
            yield Message(f"ranking.{code}", values)
        if self.pick is not None:
            yield from self._of_pick(self.pick)
        failed = [count_of(name, rate) for name, rate in self._rates().items() if rate.failed]
        if failed:
            yield Message("ranking.failures", {"counts": Joined(tuple(failed), between="; ")})
        tests = {"tests": self.ranking.tests, "family": self.family}
        yield Message(f"ranking.adjusted-{self.ranking.kind}", tests)
        if any(each.procedure == "sequential" for each in self.comparisons):
            yield Message("ranking.sequential")

    def _rates(self) -> dict[str, FailureRate]:
        found: dict[str, FailureRate] = {}
        for each in self.comparisons:
            if each.failures is not None:
                found.setdefault(each.treatment, each.failures.treatment)
                found.setdefault(each.reference, each.failures.reference)
        return found

    def _of_pick(self, pick: Pick) -> Iterator[Message]:
        values = {
            "variant": pick.variant,
            "times": pick.times,
            "seeds": pick.seeds,
            "test": Figure(pick.test, self.unit),
            "interval": FigureRange(*pick.interval, self.unit)
            if pick.interval
            else Figure(pick.test, self.unit),
            "best": pick.best_tested,
            "best_test": Figure(pick.best_test, self.unit),
        }
        yield Message("ranking.pick", values)
        yield Message("ranking.pick-test", values)
        if pick.best_test != pick.test:
            yield Message("ranking.optimism", values)

    def blocks(self) -> Iterator[Block]:
        """Return the question, the answer in a sentence, and what must be known to read it."""
        yield Paragraph(self.sentence, about=Translated(self.ranking.ask))
        if self.notes:
            yield Lines(self.notes)

    def __repr__(self) -> str:
        names = ", ".join(self.ranking.variants)
        return f"Ranked({self.ranking.kind} {names}: {self.outcome})"
