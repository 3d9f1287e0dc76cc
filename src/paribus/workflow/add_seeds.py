"""Adding seeds until a study's questions are settled, or the seeds that may be spent are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from paribus.errors import UsageError
from paribus.execute.plan import Plan, plan_each
from paribus.record.records import Records
from paribus.study.model import Question
from paribus.texts import text
from paribus.workflow.run import (
    Display,
    Prepared,
    Request,
    StudySource,
    as_path,
    asked,
    display_for,
    known_data,
    looked_at,
    prepare,
    train_held,
)

if TYPE_CHECKING:
    from paribus.analysis.questions.comparison import Comparison
    from paribus.workflow.results import Results

MOST_SEEDS = 30
"""Seeds a variant gets at most, unless the user says otherwise."""


@dataclass(frozen=True, repr=False)
class Decided:
    """How the questions stand when no more seeds are added.

    Args:
        results: All that the folder has of the study.
        settled: The questions with a verdict.
        hopeless: Those that more seeds cannot settle: no run of a variant ends well, or no difference varies.
        open: Those that the seeds that could be spent have not settled.
        most: How many these were.
        plan: Every run that was asked for.
    """

    results: Results
    settled: tuple[Comparison, ...]
    hopeless: tuple[Comparison, ...]
    open: tuple[Comparison, ...]
    most: int
    plan: Plan

    @property
    def lines(self) -> tuple[str, ...]:
        """The same in sentences."""
        told = [text("sequential.settled", count=len(self.settled), all=len(self._all))]
        for code, answers in (("hopeless", self.hopeless), ("open", self.open)):
            if answers:
                questions = ", ".join(answer.cells[0] for answer in answers)
                told.append(text(f"sequential.{code}", questions=questions, most=self.most))
        return tuple(told)

    def __repr__(self) -> str:
        return "\n".join(self.lines)

    @property
    def _all(self) -> tuple[Comparison, ...]:
        return (*self.settled, *self.hopeless, *self.open)


@dataclass(frozen=True)
class Aims:
    """What is to be decided.

    Args:
        first: The seeds that each question starts with: with fewer there is nothing to decide.
        most: Seeds a variant gets at most.
    """

    first: Mapping[Question, int]
    most: int


def run_until_decided(
    study: StudySource,
    *,
    most_seeds: int | None = None,
    only: Sequence[str] | None = None,
    workers: int | None = None,
    data_dir: str | Path | None = None,
    embedded: bool = False,
    out: str | Path | None = None,
) -> Decided:
    """Add seeds to a study until its questions are settled, and return how they stand.

    Args:
        study: A study, its file, a built-in's name, or a mapping with a study file's keys.
        most_seeds: Seeds a variant gets at most; None for 30, or as many as there are.
        only: Names of variants; only questions between these are asked. None for all.
        workers: Processes side by side, one thread each; None for one a core. Never changes a result.
        data_dir: Folder with the images in their official layout; None to look in the cache.
        embedded: Whether small stand-ins play the image sets' roles.
        out: The study's folder; None for ``paribus-out/<study>``.

    Raises:
        InputError: As `paribus.run`; or there is no question, so few seeds decide nothing, or more are there.

    Example:
        >>> import paribus as pb
        >>> decided = pb.run_until_decided("mine.yaml", most_seeds=12)  # doctest: +SKIP
        >>> decided.results.comparisons  # doctest: +SKIP
    """
    request = Request(
        only=only, workers=workers, data_dir=as_path(data_dir), embedded=embedded, out=as_path(out)
    )
    prepared = prepare(study, request)
    shown = partial(display_for, workers=workers)
    return until_decided(prepared, request, aims(prepared, request, most_seeds), shown)


def aims(prepared: Prepared, request: Request, most: int | None = None) -> Aims:
    """What is to be decided; trains nothing, writes nothing.

    Args:
        prepared: From `workflow.run.prepare`; its seeds do not count.
        request: What the user asks.
        most: Seeds a variant gets at most; None for `MOST_SEEDS`, or as many as there are.

    Raises:
        UsageError: There is no question, so few seeds decide nothing, or more are there.
    """
    from paribus.analysis.questions.anytime import fewest

    store = prepared.store
    questions = _asked_questions(prepared, request)
    count = len(prepared.study.questions)
    needed = fewest(count)
    present = _present(prepared)
    first = {each: max(needed, min(present[each.treatment], present[each.reference])) for each in questions}
    there = max(first.values())
    if most is not None and most < needed:
        raise UsageError("sequential.too-few-seeds", most=most, needed=needed, questions=count)
    if most is not None and most < there:
        raise UsageError("sequential.more-seeds-there", most=most, there=there, folder=store.folder)
    return Aims(first, max(MOST_SEEDS, there) if most is None else most)


def until_decided(
    prepared: Prepared, request: Request, aims: Aims, display_for: Callable[[Plan], Display]
) -> Decided:
    """Train seed after seed of every variant in a question that is not settled.

    The answers are those of the sequential procedure from the first look on.

    Args:
        prepared: From `workflow.run.prepare`.
        request: What the user asks.
        aims: What is to be decided.
        display_for: Shows the training of a plan.

    Raises:
        StoreError: Another process is training into the folder, or it cannot be written.
    """
    store = prepared.store
    seeds = dict(aims.first)
    tried: set[str] = set()
    with store.writing():
        store.write_study(prepared.study, {**known_data(store), **prepared.data})
        while True:
            planned = _planned(prepared, seeds)
            # A run that failed a moment ago fails again: it is left to the next command.
            new = replace(planned, runs=tuple(run for run in planned.runs if run.spec.digest not in tried))
            train_held(replace(prepared, plan=new), request, display_for(new))
            tried |= {run.spec.digest for run in new.runs}
            results = looked_at(store, asked(planned), until_decided=True)
            found = _standing(results, seeds, aims.most, planned)
            waiting = [answer.question for answer in found.open if seeds[answer.question] < aims.most]
            if not waiting:
                return found
            for question in waiting:
                seeds[question] = min(more(seeds[question]), aims.most)


def more(seeds: int) -> int:
    """How many seeds a question has after the next round: a quarter more, which keeps workers busy.

    It depends on nothing but the number before, so that neither workers nor the machine's speed have a say in
    which seeds are trained.

    Example:
        >>> more(4), more(8), more(20)
        (5, 10, 25)
    """
    return seeds + max(1, seeds // 4)


def _asked_questions(prepared: Prepared, request: Request) -> tuple[Question, ...]:
    study = prepared.study
    names = set(study.variants if request.only is None else request.only)
    questions = tuple(each for each in study.questions if {each.treatment, each.reference} <= names)
    if not study.questions:
        raise UsageError("sequential.no-questions", study=study.name)
    if not questions:
        raise UsageError("sequential.no-question-among", only=", ".join(request.only or ()))
    return questions


def _present(prepared: Prepared) -> Mapping[str, int]:
    """How many seeds of each variant the folder has."""
    kept = prepared.store.whole_study()
    records = prepared.store.records(prepared.study, {**kept[1], **prepared.data}) if kept else Records()
    return {name: len(records.of(name)) for name in prepared.study.variants}


def _planned(prepared: Prepared, seeds: Mapping[Question, int]) -> Plan:
    """The runs behind so many seeds of each question."""
    most: dict[str, int] = {}
    for question, number in seeds.items():
        for name in (question.treatment, question.reference):
            most[name] = max(most.get(name, 0), number)
    counted = {name: range(number) for name, number in most.items()}
    return plan_each(
        prepared.study, prepared.data, store=prepared.store, seeds=counted, updates=prepared.plan.updates
    )


def _standing(results: Results, questions: Collection[Question], most: int, planned: Plan) -> Decided:
    from paribus.analysis.questions.comparison import Verdict

    answers = [answer for answer in results.comparisons if answer.question in questions]
    settled = [answer for answer in answers if answer.verdict is not Verdict.UNDECIDED]
    rest = [answer for answer in answers if answer.verdict is Verdict.UNDECIDED]
    hopeless = [answer for answer in rest if not answer.paired.has_spread]
    still_open = [answer for answer in rest if answer.paired.has_spread]
    return Decided(results, tuple(settled), tuple(hopeless), tuple(still_open), most, planned)
