"""All that a report is made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from paribus.analysis.finding import Finding
from paribus.analysis.questions.aa import AATest
from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.published import PublishedComparison
from paribus.record.looks import LookLog
from paribus.record.records import Records
from paribus.record.run import DataUsed
from paribus.study.model import Study

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Pictures:
    """A data set's test images, as far as they are at hand.

    Args:
        images: uint8, shape (num_test, height, width, channels); None where they are not.
        classes: Name of each class.
    """

    images: NDArray[np.uint8] | None
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Passage:
    """A few sentences under a heading.

    Args:
        heading: What they are about.
        words: The sentences.
        code: What is to be pasted somewhere; empty where nothing is.
        exercise: The exercise it concludes; empty where it is about anything else.
    """

    heading: str
    words: str
    code: str = ""
    exercise: str = ""


@dataclass(frozen=True)
class Material:
    """All that a report is made from.

    Args:
        study: What was asked.
        records: What has run.
        comparisons: The study's questions answered.
        review: What is doubtful about its design.
        published: Ours against the published figures.
        looks: With which seeds answers have been shown.
        control: A variant held against itself, where that was done.
        findings: What was found about a variant's runs, by variant.
        remarks: What there is to say of a variant, by variant.
        conclusions: What there is to say of a question beside its answer, by treatment and reference.
        closing: What is concluded of the study and of its parts.
        confirmed: What counter-runs say of the causes of findings.
        advice: What to try next.
        pictures: The test images of a data set, as far as they are at hand.
    """

    study: Study
    records: Records
    comparisons: Sequence[Comparison]
    review: Sequence[Finding]
    published: Sequence[PublishedComparison]
    looks: LookLog
    aa_test: AATest | None = None
    findings: Mapping[str, Sequence[Finding]] = field(default_factory=dict[str, Sequence[Finding]])
    remarks: Mapping[str, str] = field(default_factory=dict[str, str])
    conclusions: Mapping[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    closing: Sequence[Passage] = ()
    confirmed: Sequence[Passage] = ()
    advice: Sequence[Passage] = ()
    pictures: Callable[[DataUsed], Pictures] = lambda used: Pictures(None, ())
