"""What a hand-in is worth: each expectation with its points and its reason, and whether its runs are real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from paribus.report.exercise_sheet import task_of
from paribus.study.model import Expectation
from paribus.study.study import Study
from paribus.texts import text
from paribus.workflow.checking.reruns import RerunFound, RerunState
from paribus.workflow.checking.submission import Outcome, Submission


class Standing(StrEnum):
    """What a hand-in is as a whole, the worst first."""

    UNREADABLE = "unreadable"
    NOT_REPRODUCED = "not-reproduced"
    CONTRADICTORY = "contradictory"
    DAMAGED = "damaged"
    DOUBTFUL = "doubtful"
    OTHER_SETTINGS = "other-settings"
    INCOMPLETE = "incomplete"
    UNCHECKED = "unchecked"
    CONFIRMED = "confirmed"


class Mark(StrEnum):
    """What became of one expectation."""

    RIGHT = "right"
    WRONG = "wrong"
    NOT_SHOWN = "not-shown"
    NOT_BELIEVED = "not-believed"


@dataclass(frozen=True)
class Item:
    """One expectation, graded.

    Args:
        task: What was asked, in words.
        mark: What became of it.
        points: What it got.
        of: What it could get.
        reason: Why, in a sentence.
    """

    task: str
    mark: Mark
    points: float
    of: float
    reason: str


@dataclass(frozen=True)
class Graded:
    """A hand-in, graded.

    Args:
        student: The hand-in's name.
        submission: What was read of it.
        standing: What it is as a whole.
        items: Each expectation.
        reruns: What training again says of each of its runs.
        notes: What else must be known, a sentence each.
        code: What running its code gave; empty where none was run.
    """

    student: str
    submission: Submission
    standing: Standing
    items: tuple[Item, ...]
    reruns: tuple[RerunFound, ...]
    notes: tuple[str, ...]
    code: tuple[str, ...] = ()

    @property
    def points(self) -> float:
        """What it got."""
        return sum(each.points for each in self.items)

    @property
    def of(self) -> float:
        """What it could get."""
        return sum(each.of for each in self.items)

    @property
    def repeated(self) -> int:
        """How many of its runs came out the same."""
        return sum(each.state in (RerunState.SAME_BITS, RerunState.INSIDE) for each in self.reruns)

    @property
    def compared(self) -> int:
        """How many of its runs were compared with runs of ours."""
        return sum(each.state is not RerunState.NOT_COMPARED for each in self.reruns)

    @property
    def reason(self) -> str:
        """The first thing that there is to say of it."""
        return self.notes[0] if self.notes else text(f"check.standing-{self.standing}")


def graded(
    student: str,
    study: Study,
    submission: Submission,
    reruns: Sequence[RerunFound],
    code: Sequence[str] = (),
) -> Graded:
    """Grade a hand-in.

    Args:
        student: Its name.
        study: Whose expectations.
        submission: What was read of it.
        reruns: What training again says of its runs.
        code: What running its code gave.
    """
    wrong = {each.run.variant: each.reason for each in reversed(reruns) if each.is_wrong}
    faults = {run.variant: run.faults[0] for run in reversed(submission.runs) if run.faults}
    doubted = {**faults, **wrong}
    outcomes = submission.outcomes or [
        Outcome(holds=None, reason=text("check.nothing-read")) for _ in study.expect
    ]
    items = tuple(
        _item(study, expected, outcome, doubted)
        for expected, outcome in zip(study.expect, outcomes, strict=True)
    )
    of_faults = tuple(
        text("check.fault", variant=study.named(run.variant), seed=run.seed, fault=fault)
        for run in submission.runs
        for fault in run.faults
    )
    bad = tuple(each.reason for each in reruns if each.is_wrong)
    problem = (submission.problem,) if submission.problem else ()
    away = sum(bool(each.run.run) and each.state is RerunState.INSIDE for each in reruns)
    elsewhere = (text("check.elsewhere", count=away),) if away else ()
    notes = (*problem, *bad, *of_faults, *submission.notes, *elsewhere)
    standing = _standing(submission, reruns)
    return Graded(student, submission, standing, items, tuple(reruns), notes, tuple(code))


def _standing(submission: Submission, reruns: Sequence[RerunFound]) -> Standing:
    states = {each.state for each in reruns}
    is_some_run = submission.has_other_settings or submission.is_damaged
    found = {
        Standing.UNREADABLE: bool(submission.problem) and not is_some_run,
        Standing.NOT_REPRODUCED: RerunState.OTHER_BITS in states,
        Standing.CONTRADICTORY: any(run.faults for run in submission.runs),
        Standing.DAMAGED: submission.is_damaged,
        Standing.DOUBTFUL: RerunState.OUTSIDE in states,
        Standing.OTHER_SETTINGS: submission.has_other_settings,
        Standing.INCOMPLETE: submission.missing > 0,
        Standing.UNCHECKED: states <= {RerunState.NOT_COMPARED},
    }
    return next((standing for standing, is_so in found.items() if is_so), Standing.CONFIRMED)


def _item(study: Study, expected: Expectation, outcome: Outcome, doubted: dict[str, str]) -> Item:
    task = task_of(study, expected)
    shaken = next((doubted[name] for name in expected.variants if name in doubted), None)
    if outcome.holds is None:
        return Item(task, Mark.NOT_SHOWN, 0.0, expected.points, outcome.reason)
    if shaken is not None:
        reason = text("check.not-believed", reason=shaken)
        return Item(task, Mark.NOT_BELIEVED, 0.0, expected.points, reason)
    if outcome.holds:
        return Item(task, Mark.RIGHT, expected.points, expected.points, outcome.reason)
    return Item(task, Mark.WRONG, 0.0, expected.points, outcome.reason)
