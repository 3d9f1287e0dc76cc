"""What a study's seeds will show, and what more of them would cost: asked before anything is spent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from paribus.analysis.design.power import standard_deviation_interval
from paribus.analysis.design.simulated_power import POWER, STUDIES, Asked, smallest_seen
from paribus.analysis.questions.answering import scores_by_seed
from paribus.analysis.questions.family import family, requested_variants
from paribus.analysis.questions.tails import ALPHA
from paribus.execute.estimate import PlanTime
from paribus.record.looks import MIN_SEEDS
from paribus.record.records import Records
from paribus.report.tables import Table
from paribus.study.model import MAX_SEEDS, Question
from paribus.study.ranking import Ranking
from paribus.study.study import Study
from paribus.texts import number, text
from paribus.texts.printable import Block, Lines, Printable
from paribus.texts.quantities import NOTHING, Difference, Unit, spoken_duration
from paribus.workflow.request import Request
from paribus.workflow.run import prepare
from paribus.workflow.training import Training, time_needed

_GRID = (3, 5, 8, 10, 15, 20, 30, 50, 100, 200)
_COLUMNS = 5


@dataclass(frozen=True)
class Spread:
    """How much the differences of a question vary from seed to seed.

    Args:
        value: The standard deviation of a paired difference; of several pairs the root mean square.
        interval: Its 95 % interval.
        seeds: From how many it is known.
    """

    value: float
    interval: tuple[float, float]
    seeds: int


@dataclass(frozen=True)
class QuestionPower:
    """What one question will see.

    Args:
        title: In a few words.
        unit: The metric's.
        spread: What is known from runs in the folder; None where that is nothing.
        seen: The smallest difference that is seen four times in five, by the number of seeds: in the metric's
            unit, or in standard deviations where the spread is not known.
    """

    title: str
    unit: Unit
    spread: Spread | None
    seen: Mapping[int, float]

    def words(self, seeds: int) -> str:
        """Return the smallest difference with so many seeds."""
        if self.spread is None:
            return text("power.deviations", value=self.seen[seeds])
        return str(Difference(self.seen[seeds], self.unit, signed=False, short=True))


@dataclass(frozen=True, repr=False)
class StudyPower(Printable):
    """What a study's questions will see with some numbers of seeds, and what these cost.

    Args:
        questions: Each with what it sees.
        times: How long what is missing takes, by the number of seeds.
        family: Over how many questions p-values are adjusted.
    """

    questions: tuple[QuestionPower, ...]
    times: Mapping[int, PlanTime]
    family: int

    @property
    def table(self) -> Table:
        """A row a question, a column a number of seeds; the first row is the time."""
        columns = {f"seeds-{seeds}": text("power.column-seeds", count=seeds) for seeds in self.times}
        headings = {
            "question": text("power.column-question"),
            "spread": text("power.column-spread"),
            **columns,
        }
        first = {"question": text("power.time"), "spread": NOTHING}
        first |= {f"seeds-{seeds}": _time(time) for seeds, time in self.times.items()}
        rows = [
            {
                "question": each.title,
                "spread": NOTHING
                if each.spread is None
                else str(Difference(each.spread.value, each.unit, signed=False, short=True)),
                **{f"seeds-{seeds}": each.words(seeds) for seeds in self.times},
            }
            for each in self.questions
        ]
        return Table(headings, [first, *rows], frozenset({"spread", *columns}), notes=tuple(self.notes))

    @property
    def notes(self) -> Iterator[str]:
        """How to read it, and where its numbers are from."""
        if not self.questions:
            yield text("power.no-questions")
            return
        yield text("power.about", share=POWER, count=self.family)
        yield text("power.simulated", studies=number(STUDIES, ","))
        known = [each.spread for each in self.questions if each.spread is not None]
        if known:
            fewest = min(known, key=lambda each: each.seeds)
            low, high = (end / fewest.value for end in fewest.interval)
            yield text("power.spread", seeds=fewest.seeds, low=low, high=high)
        if len(known) < len(self.questions):
            yield text("power.no-spread", seeds=MIN_SEEDS)

    def tree(self) -> dict[str, object]:
        """Return it as JSON can hold it."""
        return {
            "power": POWER,
            "family": self.family,
            "times": [
                {"seeds": seeds, "seconds": time.seconds, "at_most": time.at_most}
                for seeds, time in self.times.items()
            ],
            "questions": [
                {
                    "title": each.title,
                    "spread": each.spread and each.spread.value,
                    "spread_interval": each.spread and list(each.spread.interval),
                    "spread_seeds": each.spread and each.spread.seeds,
                    "in_deviations": each.spread is None,
                    "seen": [{"seeds": seeds, "difference": seen} for seeds, seen in each.seen.items()],
                }
                for each in self.questions
            ],
        }

    def blocks(self) -> Iterator[Block]:
        """Return the table and how to read it."""
        yield self.table.grid()
        yield Lines(tuple(self.notes))

    def __repr__(self) -> str:
        return f"StudyPower({len(self.questions)} questions, {len(self.times)} numbers of seeds)"


def study_power(training: Training, request: Request, say: Callable[[str], None]) -> StudyPower:
    """Simulate what a study's questions will see; trains nothing.

    Args:
        training: The study as it would be trained.
        request: With what it was asked for.
        say: Takes a line where the machine is measured first.
    """
    study, store = training.study, training.store
    records = store.records(study, {**store.known_data(), **training.data})
    looks = store.looks()
    requested = {*training.seeds, *requested_variants(records.variants, looks)}
    counted = family(study, requested, looks)
    numbers = seed_numbers(max(map(len, training.seeds.values()), default=study.seeds))
    level = ALPHA / max(1, len(counted))
    asked: Sequence[Question | Ranking] = (*counted.asked, *counted.rankings)
    times = {
        seeds: time_needed(prepare(study, replace(request, seeds=seeds), needs_images=False), say)
        for seeds in numbers
    }
    return StudyPower(
        tuple(_of_question(study, records, each, level, numbers) for each in asked), times, len(counted)
    )


def seed_numbers(seeds: int) -> tuple[int, ...]:
    """Return the numbers of seeds that are told: the study's own, and some that are near.

    Example:
        >>> seed_numbers(5), seed_numbers(10), seed_numbers(1)
        ((3, 5, 8, 10, 15), (5, 8, 10, 15, 20), (3, 5, 8, 10, 15))
    """
    own = min(max(seeds, MIN_SEEDS), MAX_SEEDS)
    grid = sorted({own, *_GRID})
    place = grid.index(own)
    first = max(0, min(place - 2, len(grid) - _COLUMNS))
    return tuple(grid[first : first + _COLUMNS])


def _of_question(
    study: Study, records: Records, asked: Question | Ranking, level: float, numbers: Sequence[int]
) -> QuestionPower:
    if isinstance(asked, Question):
        title, simulated = study.question_title(asked), Asked("pair", 2, level)
        questions: Sequence[Question] = (asked,)
    else:
        title, simulated = study.ranking_title(asked), Asked(asked.kind, len(asked.named), level)
        questions = asked.questions
    spread = spread_of(records, questions)
    overlap = _overlap(study, questions)
    seen = {
        seeds: smallest_seen(simulated, seeds)
        * (1 + seeds * overlap) ** 0.5
        * (1.0 if spread is None else spread.value)
        for seeds in numbers
    }
    return QuestionPower(title, asked.measured.unit, spread, seen)


def _overlap(study: Study, questions: Sequence[Question]) -> float:
    """Return how many examples are tested for each that is trained on, where seeds are folds; else 0."""
    names = {name for each in questions for name in (each.treatment, each.reference)}
    folds = [each for name in names if (each := study.variants[name].configuration.folds)]
    return max((1 / (each - 1) for each in folds), default=0.0)


def spread_of(records: Records, questions: Sequence[Question]) -> Spread | None:
    """Return how much the paired differences of questions vary; None with fewer than three seeds.

    Args:
        records: What has run: a pilot, or an earlier part of the study.
        questions: Of two variants each.
    """
    found: list[tuple[float, tuple[float, float], int]] = []
    for each in questions:
        treatment, reference = scores_by_seed(records, each)
        differences = [
            treatment[seed] - reference[seed] for seed in sorted(treatment.keys() & reference.keys())
        ]
        if len(differences) >= MIN_SEEDS:
            deviation, low, high = standard_deviation_interval(differences)
            found.append((deviation, (low, high), len(differences)))
    varying = [each for each in found if each[0] > 0]
    if not varying:
        return None
    value = (sum(each[0] ** 2 for each in varying) / len(varying)) ** 0.5
    deviation, ends, seeds = min(varying, key=lambda each: each[2])
    return Spread(value, (ends[0] * value / deviation, ends[1] * value / deviation), seeds)


def _time(time: PlanTime) -> str:
    if time.seconds is None or not time.runs:
        return NOTHING
    return ("≤ " if time.at_most else "") + spoken_duration(time.seconds)
