"""The questions of a tuned study, each answered at the shared setting and with each variant at its best."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.designs import DesignAnswer
from paribus.analysis.questions.ranked import Outcome, Ranked
from paribus.analysis.tuning import TunedStudy
from paribus.record.records import Records
from paribus.report.answers import MARKS, Answer, Tone
from paribus.report.designs import DesignSection
from paribus.study.study import Study
from paribus.texts import text
from paribus.texts.message import Joined, Listed
from paribus.texts.quantities import NOTHING, Difference

_DECIDED = {Outcome.BEST, Outcome.ALL, Outcome.NARROWED}


@dataclass(frozen=True)
class Told:
    """An answer in short.

    Args:
        verdict: In a word or two.
        tone: How it looks.
        difference: With its unit; a dash where the answer is no difference.
        sentences: It in full.
        is_answered: Whether there is something to say.
    """

    verdict: str
    tone: Tone
    difference: str = NOTHING
    sentences: tuple[str, ...] = ()
    is_answered: bool = True

    @property
    def marked(self) -> str:
        """The verdict with its mark; what lacks where there is none."""
        return f"{MARKS[self.tone]} {self.verdict}" if self.is_answered else text("tune.not-run")


@dataclass(frozen=True)
class AskedTwice:
    """A question with both of its answers.

    Args:
        title: The question in a few words.
        about: The variants, or the factors.
        shared: At the setting that the study writes.
        best: With each variant at its best.
    """

    title: str
    about: str
    shared: Told
    best: Told

    @property
    def is_changed(self) -> bool:
        """Whether both are answered, and not alike."""
        are_there = self.shared.is_answered and self.best.is_answered
        return are_there and self.shared.verdict != self.best.verdict

    @property
    def are_decided(self) -> bool:
        """Whether neither is open."""
        return Tone.OPEN not in (self.shared.tone, self.best.tone)


def asked_twice(tuned: TunedStudy) -> Iterator[AskedTwice]:
    """Yield every question of a tuned study: about two variants, about factors, about several variants.

    Args:
        tuned: The study.
    """
    study = tuned.study
    for shared, best in tuned.pairs:
        about = f"{shared.treatment} − {shared.reference}"
        yield AskedTwice(study.question_title(shared.question), about, _of_pair(shared), _of_pair(best))
    for shared, best in tuned.designs:
        title, about = study.design_title(shared.question), ", ".join(shared.question.factors)
        yield AskedTwice(title, about, _of_factors(study, shared), _of_factors(study, best))
    for shared, best in tuned.rankings:
        title, about = study.ranking_title(shared.ranking), ", ".join(shared.ranking.named)
        yield AskedTwice(title, about, _of_several(shared), _of_several(best))


def _of_pair(each: Comparison) -> Told:
    difference = str(Difference(each.difference, each.unit, short=True, beside=each.interval))
    verdict = text(f"comparison.verdict-{each.verdict}")
    tone = Answer(each, "").tone
    return Told(verdict, tone, difference, (str(each.sentence),), each.is_answered)


def _of_factors(study: Study, answer: DesignAnswer) -> Told:
    section = DesignSection("", answer, study, Records())
    return Told(section.short, section.tone, NOTHING, section.sentences, answer.is_answered)


def _of_several(answer: Ranked) -> Told:
    if not answer.is_answered:
        return Told("", Tone.OPEN, is_answered=False)
    sentences = (str(answer.sentence), *map(str, answer.notes))
    if answer.ranking.kind == "best_of":
        names = Listed(tuple(each.name for each in answer.candidates))
        tone = Tone.BETTER if answer.outcome in _DECIDED else Tone.OPEN
        return Told(text("tune.may-be-best", variants=names), tone, NOTHING, sentences)
    pairs = [f"{each.treatment} − {each.reference}" for each in answer.different]
    if not pairs:
        return Told(text("tune.none-differ"), Tone.OPEN, NOTHING, sentences)
    return Told(text("tune.differ", pairs=Joined(tuple(pairs), between="; ")), Tone.WORSE, NOTHING, sentences)
