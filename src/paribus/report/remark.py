"""A remark, and the sentences that remarks and conclusions share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from paribus.analysis.finding import Finding
from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.per_image import wilson
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.registry import run_rules
from paribus.record.folder import test_examples
from paribus.texts.message import Joined, Message
from paribus.texts.printable import Block, Paragraph, Printable
from paribus.texts.quantities import Figure, FigureRange


class About(StrEnum):
    """What a remark is about."""

    VARIANT = "variant"
    QUESTION = "question"
    EXERCISE = "exercise"
    STUDY = "study"


@dataclass(frozen=True, repr=False)
class Remark(Printable):
    """What there is to say of one thing.

    Args:
        about: What kind of thing.
        names: The variant; treatment and reference; the exercise; the study.
        title: The same as a heading has it.
        sentences: One after the other.
    """

    about: About
    names: tuple[str, ...]
    title: object
    sentences: tuple[object, ...]

    @property
    def heading(self) -> Message:
        """What it is about, in words."""
        return Message(f"remarks.about-{self.about}", {"title": self.title})

    def __str__(self) -> str:
        return str(Joined(self.sentences))

    def __repr__(self) -> str:
        return f"Remark({self.about}: {', '.join(self.names)})"

    def blocks(self) -> Iterator[Block]:
        """Return the sentences under the heading."""
        yield Paragraph(str(self), about=self.heading)

    def without(self, findings: Iterable[Finding]) -> str:
        """Return the sentences that none of these findings says; for where the findings are shown beside it.

        Args:
            findings: Those that are shown.
        """
        codes = {"remarks.cause", *(f"remarks.{each.code}" for each in findings)}
        own = [each for each in self.sentences if not (isinstance(each, Message) and each.code in codes)]
        return str(Joined(tuple(own)))

    @property
    def without_comparison(self) -> str:
        """The same for where the comparison is shown already; empty where nothing is left to say."""
        return str(Joined(tuple(each for each in self.sentences if not isinstance(each, Compared))))


@dataclass(frozen=True)
class Compared:
    """A comparison with what must be known to read it, as sentences when it is read."""

    comparison: Comparison

    def __str__(self) -> str:
        return str(Joined((self.comparison.sentence, *self.comparison.cautions)))


def fatal_findings(findings: Mapping[str, Finding]) -> list[Finding]:
    """Return the findings after which nothing is said of curves that show no learning."""
    return [findings[rule.code] for rule in run_rules() if rule.is_fatal and rule.code in findings]


def test_scores(runs: Sequence[RunEvidence]) -> list[float]:
    """Return what the runs that were tested score."""
    return [run.record.test_score for run in runs if run.record.test_score is not None]


def tested(runs: Sequence[RunEvidence]) -> Iterator[object]:
    """Yield what runs score on the test examples; nothing where no score is defined."""
    scores = test_scores(runs)
    if not scores:
        return
    unit = runs[0].record.score.unit
    mean = float(np.mean(scores))
    images = test_examples(runs[0].record)
    values: dict[str, object] = {"test": Figure(mean, unit), **runs[0].configuration.words}
    if len(scores) == 1:
        values["images"] = float(images)
        if unit == "percent" and images:
            between = FigureRange(*wilson(round(mean * images), images), unit)
            yield Message("remarks.test-one", {**values, "range": between})
        else:
            yield Message(f"remarks.test-one-{'plain' if images else 'alone'}", values)
        return
    half = _half_width(scores)
    code = "test-all-alike" if half <= 2e-7 else "test"
    between = FigureRange(mean - half, mean + half, unit)
    yield Message(f"remarks.{code}", {**values, "range": between, "runs": len(scores)})


def _half_width(values: Sequence[float]) -> float:
    from scipy.special import stdtrit

    spread = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return float(stdtrit(len(values) - 1, 0.975)) * spread
