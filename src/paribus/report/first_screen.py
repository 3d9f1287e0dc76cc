"""What every report says first: what was found, what to beware of, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from paribus.analysis.finding import Finding
from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.verdict import Verdict
from paribus.record.looks import MAX_SEEDS
from paribus.record.run import Status
from paribus.report.answers import MARKS, Answer, Tone, answers
from paribus.report.forest import Forest, forests
from paribus.report.material import Material
from paribus.report.tally import open_questions, tally
from paribus.texts import text
from paribus.texts.message import Listed, Message
from paribus.texts.quantities import figure_with_unit

_ORDER = (
    Verdict.BETTER,
    Verdict.MORE_RELIABLE,
    Verdict.WORSE,
    Verdict.FAILED,
    Verdict.LESS_RELIABLE,
    Verdict.EQUIVALENT,
    Verdict.IDENTICAL,
)
_TONES = {True: Tone.BETTER, False: Tone.OPEN}
"""How questions about several variants look, by whether they are settled."""
_MAX_NAMED = 2  # questions in one sentence


@dataclass(frozen=True)
class Found:
    """A sentence on what was found.

    Args:
        words: The sentence.
        tone: How it looks; None for what is no answer.
    """

    words: str
    tone: Tone | None = None

    @property
    def mark(self) -> str:
        """The tone as one character; empty without one."""
        return MARKS[self.tone] if self.tone else ""

    def __str__(self) -> str:
        return f"{self.mark} {self.words}" if self.mark else self.words


@dataclass(frozen=True)
class Chip:
    """A warning in a few words.

    Args:
        words: The warning.
        link: The part of the page that says more; empty where there is none.
        is_serious: Whether figures mislead without it.
    """

    words: str
    link: str = ""
    is_serious: bool = True


@dataclass(frozen=True)
class Step:
    """Something to do next.

    Args:
        words: What, in a sentence or two.
        command: How, to be typed; empty where there is no one command.
        link: The part of the page that it is about; empty where there is none.
    """

    words: str
    command: str = ""
    link: str = ""


@dataclass(frozen=True, eq=False)
class FirstScreen:
    """What a report says first.

    Args:
        material: What the report is made from.
    """

    material: Material

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        """The questions of which there is something to say, the decided ones first."""
        return answers(self.material.study, self.material.comparisons)

    @cached_property
    def forests(self) -> tuple[Forest, ...]:
        """The forest plot, one for each metric that is compared."""
        return forests(self.answers)

    @cached_property
    def not_run(self) -> tuple[Comparison, ...]:
        """The questions of which there is nothing to say yet."""
        return tuple(each for each in self.material.comparisons if not each.is_answered)

    def link(self, comparison: Comparison) -> str:
        """Return the key of a question's part of the report; empty where the page leaves it out."""
        section = self.material.section_of(comparison)
        return section.key if section in self.material.shown_questions else ""

    def answer_of(self, comparison: Comparison) -> Answer | None:
        """Return a comparison's answer; None where there is nothing to say of it yet."""
        return self._by_comparison.get(id(comparison))

    @cached_property
    def _by_comparison(self) -> dict[int, Answer]:
        return {id(each.comparison): each for each in self.answers}

    @cached_property
    def found(self) -> tuple[Found, ...]:
        """How many questions are decided; then rankings, factors, the decided pairs, how many are open."""
        material, counted = self.material, tally(self.material)
        if not material.records:
            return (Found(text("page.lead-nothing")),)
        first = (Found(text("page.lead-tally", words=counted.words)),) if counted.has_others else ()
        return (*first, *self._found(counted.has_others))

    def _found(self, has_others: bool) -> tuple[Found, ...]:
        material = self.material
        ranked = tuple(
            Found(f"{material.study.ranking_title(each.ranking)}: {each.sentence}", _TONES[each.is_decided])
            for each in sorted(material.rankings, key=lambda ranked: not ranked.is_decided)
            if each.is_answered
        )
        of_factors = tuple(Found(each.sentences[0], each.tone) for each in material.designs)
        if not material.comparisons and (ranked or of_factors):
            return (*ranked, *of_factors)
        if not material.comparisons and not has_others:
            return (Found(text("page.lead-no-question")),)
        return (*ranked, *of_factors, *self._found_of_pairs())

    def _found_of_pairs(self) -> tuple[Found, ...]:
        answered = self.answers
        if not answered:
            return (Found(text("page.lead-unanswered")),)
        decided = [each for each in answered if each.is_decided]
        if not decided and max(len(each.comparison.seeds) for each in answered) == 1:
            return (Found(text("page.lead-one-seed", count=len(answered))),)
        return (*self._decided(decided), *(Found(words) for words in self._rest(len(decided))))

    def _decided(self, decided: Sequence[Answer]) -> Iterator[Found]:
        with_unit = True  # which is said once
        for verdict in _ORDER:
            chosen = [each for each in decided if each.comparison.verdict is verdict]
            if chosen and verdict is Verdict.FAILED:
                lost = dict.fromkeys(words for each in chosen for words in self._lost(each))
                yield Found(
                    text(f"page.found-{verdict}", what=_listed(list(lost), most=_MAX_NAMED)), Tone.WORSE
                )
            elif chosen:
                effects = [_effect(chosen[0], with_unit=with_unit)]
                effects += [_effect(each, with_unit=False) for each in chosen[1:]]
                what = _listed(effects, most=_MAX_NAMED)
                yield Found(text(f"page.found-{verdict}", what=what), chosen[0].tone)
                with_unit = False

    def _lost(self, answer: Answer) -> Iterator[str]:
        """Yield which variant failed to train in all runs, with the test scores of both."""
        pair = _pair(answer.comparison)
        for name, other in (pair, pair[::-1]):
            if self._fails(name):
                unit = self.material.study.score.unit
                scores = (self.material.variants[each].row.test for each in (name, other))
                test, beside = (figure_with_unit(score, unit) for score in scores)
                yield text("page.lost", variant=name, test=test, other=other, other_test=beside)

    def _rest(self, decided: int) -> Iterator[str]:
        is_open = len(self.answers) - decided
        if is_open:
            yield text(f"page.found-{'other-open' if decided else 'open'}", count=is_open)
        if self.not_run:
            yield text("page.found-not-run", count=len(self.not_run))

    @cached_property
    def chips(self) -> tuple[Chip, ...]:
        """What to beware of, each in a few words."""
        return tuple(self._chips())

    def _chips(self) -> Iterator[Chip]:
        if self.material.study.imported is not None:
            pairing = "paired" if self.material.study.are_paired else "unpaired"
            yield Chip(text(f"imported.chip-{pairing}"), "method", is_serious=False)
        if self.material.damaged:
            yield Chip(text("page.chip-damaged", files=Listed(tuple(self.material.damaged))))
        for kind in self.material.doubtful_images:
            yield Chip(text(f"page.chip-{kind}"), "data")
        counts = self.material.statuses
        for status in (Status.FAILED, Status.DIVERGED, Status.INTERRUPTED, Status.RUNNING):
            if status in counts:
                serious = status in (Status.FAILED, Status.DIVERGED)
                yield Chip(
                    text(f"page.chip-{status}", count=counts[status]), self._first_with(status), serious
                )
        if any(each.comparison.confounded_by for each in self.answers):
            first = next(each.comparison for each in self.answers if each.comparison.confounded_by)
            yield Chip(text("page.chip-confounded"), self.link(first), is_serious=False)

    def _first_with(self, status: Status) -> str:
        return next(
            (
                each.key
                for each in self.material.shown
                if any(record.status is status for record in each.records)
            ),
            "results",
        )

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """What to do next, the most urgent first."""
        return tuple(self._steps())

    def _steps(self) -> Iterator[Step]:
        material, commands = self.material, self.material.commands
        if not material.records or Status.INTERRUPTED in material.statuses:
            words = text(f"page.next-{'resume' if material.records else 'run'}")
            yield _step(words, commands.to_train("run"))
        failed = [each for each in material.variants.values() if self._fails(each.name)]
        if failed:
            names = Listed(tuple(each.name for each in failed), most=_MAX_NAMED)
            key = next((each.key for each in material.shown if self._fails(each.name)), "")
            words = text("page.next-failed", count=len(failed), variants=names)
            yield _step(words, commands.to_read("diagnose"), key)
        undecided = [
            each
            for each in self.answers
            if not each.is_decided and each.comparison.can_be_settled and not each.comparison.confounded_by
        ]
        if undecided:
            names = _listed([_quoted(each) for each in undecided], most=1)
            code = "imported.next-runs" if material.study.imported is not None else "page.next-seeds"
            words = text(code, count=len(undecided), questions=names, most=MAX_SEEDS)
            command = commands.to_train("run", "--until-decided")
            yield _step(words, command, self.link(undecided[0].comparison))
        others = list(open_questions(material))
        if others and material.study.imported is None:
            names = _listed([each.words for each in others], most=_MAX_NAMED)
            words = text("page.next-questions", questions=names, most=MAX_SEEDS)
            command = "" if undecided else commands.to_train("run", "--until-decided")
            yield _step(words, command, others[0].link)
        remedies = {
            each.variants: each.remedy
            for each in material.review
            if each.code == "confounded" and not self._asks_for(each)
        }
        mixed = [each for each in self.answers if _pair(each.comparison) in remedies]
        for each in mixed[:1]:
            words = text(
                "page.next-confounded", question=_quoted(each), instead=remedies[_pair(each.comparison)]
            )
            yield Step(words, "", self.link(each.comparison))

    def _asks_for(self, confounded: Finding) -> bool:
        """Return whether the study already asks what the finding advises to ask instead."""
        instead = confounded.placeholders["instead"]
        values = instead.values if isinstance(instead, Message) else {}
        asked = {_pair(each) for each in self.material.comparisons}
        return (values.get("first"), values.get("second")) in asked

    def _fails(self, variant: str) -> bool:
        """Return whether all runs of a variant failed to train."""
        row = self.material.variants[variant].row
        return row.failures.is_total


def _listed(questions: Sequence[str], most: int) -> str:
    """Return questions as a sentence lists them, those for which there is no room as a number."""
    if len(questions) <= most + 1:
        return str(Listed(tuple(questions)))
    return text("page.and-more", first=", ".join(questions[:most]), count=len(questions) - most)


def _effect(answer: Answer, *, with_unit: bool) -> str:
    """Return a question with its effect."""
    words = answer.difference
    if words and with_unit and answer.comparison.unit == "percent":
        words = text("page.points-of", value=words)
    return f"{_quoted(answer)} ({words})" if words else _quoted(answer)


def _step(words: str, command: str, link: str = "") -> Step:
    """Return a step whose words lead to its command, where it has one."""
    return Step(f"{words}{':' if command else '.'}", command, link)


def _quoted(answer: Answer) -> str:
    """Return a question's title in quotes, since it may have an "and" or a number of its own."""
    return f'"{answer.title}"'


def _pair(comparison: Comparison) -> tuple[str, str]:
    return comparison.treatment, comparison.reference
