"""Two studies' differences as data, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.ranked import Ranked
from paribus.record.files import finite
from paribus.report.tables import Table, make_table
from paribus.study.study import Study
from paribus.texts import text
from paribus.texts.printable import Block, Lines, Paragraph, Printable
from paribus.texts.quantities import NOTHING, Difference
from paribus.workflow.results import Results

Where = Literal["first", "second"]
SCHEMA = 1
_MOST = 12
"""Runs that are named one by one; of more, the first."""


@dataclass(frozen=True)
class Side:
    """One of two studies.

    Args:
        name: As the user calls it.
        study: What it asks.
        results: What has run of it; None where it is a study's file.
    """

    name: str
    study: Study
    results: Results | None


@dataclass(frozen=True)
class Only:
    """Something that one of two studies has alone.

    Args:
        where: Which.
        name: What it is, such as a variant's name.
    """

    where: Where
    name: str


@dataclass(frozen=True)
class Changed:
    """Something that both have, differently.

    Args:
        name: What it is, such as a variant's name.
        first: What the first has, in words.
        second: What the second has.
    """

    name: str
    first: str
    second: str


@dataclass(frozen=True)
class OtherBits:
    """A run of the same specification that came to other bits.

    Args:
        variant: As the first study calls it.
        seed: Its seed.
        files: Which of its files differ.
        why: What else differs in how it was trained, such as the processor; empty where nothing is known to.
    """

    variant: str
    seed: int
    files: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Runs:
    """The runs of two studies, by their specification, whatever their variants are called.

    Args:
        alike: How many ended alike, to the bit.
        only: The runs of one alone, by variant and seed.
        other_bits: Those of both with other bits.
        unknown: How many both have, of which the bits are not known: not ended, failed, or without digests.
    """

    alike: int
    only: Mapping[Where, tuple[tuple[str, int], ...]]
    other_bits: tuple[OtherBits, ...]
    unknown: int


@dataclass(frozen=True)
class Answer:
    """A question that both studies ask, with what each says.

    Args:
        title: The question in a few words, as the first has it.
        first: What the first says; None where it says nothing.
        second: The second's.
    """

    title: str
    first: Comparison | Ranked | None
    second: Comparison | Ranked | None

    @property
    def differs(self) -> bool:
        """Whether the verdicts differ, or one has none."""
        return _decided(self.first) != _decided(self.second)


@dataclass(frozen=True, repr=False)
class StudyDiff(Printable):
    """What differs between two studies.

    Args:
        first: One of them.
        second: The other.
        settings: What differs of the studies themselves, such as ``seeds``.
        only: The variants and questions that one has alone, by ``variants`` and ``questions``.
        renamed: Variants that mean the same under other names.
        variants: Variants of one name that mean something else.
        data: Data of one name that are other data, by their digests.
        runs: Their runs; None where one of them is a study's file.
        answers: The questions that both ask; none where one is a study's file.
    """

    first: Side
    second: Side
    settings: tuple[Changed, ...]
    only: Mapping[str, tuple[Only, ...]]
    renamed: tuple[Changed, ...]
    variants: tuple[Changed, ...]
    data: tuple[Changed, ...]
    runs: Runs | None
    answers: tuple[Answer, ...]

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        told = (*self.settings, *self.renamed, *self.variants, *self.data)
        runs = self.runs is not None and (any(self.runs.only.values()) or self.runs.other_bits)
        return not (told or any(self.only.values()) or runs or any(each.differs for each in self.answers))

    @property
    def study_table(self) -> Table:
        """What differs in the studies, a row each."""
        rows = [
            *(self._row("setting", each) for each in self.settings),
            *(self._row("variant", each) for each in self.variants),
            *(self._row("renamed", each) for each in self.renamed),
            *(self._row("data", each) for each in self.data),
            *(self._alone(kind.removesuffix("s"), each) for kind, them in self.only.items() for each in them),
        ]
        return make_table("diff.column-", rows, {"what", "name", "first", "second"})

    @property
    def answer_table(self) -> Table:
        """Every question that both ask with both verdicts and differences, a row each."""
        rows = [
            {
                "question": each.title,
                "verdict-first": _verdict(each.first),
                "difference-first": _difference(each.first),
                "verdict-second": _verdict(each.second),
                "difference-second": _difference(each.second),
                "differs": text("diff.differs") if each.differs else "",
            }
            for each in self.answers
        ]
        return make_table("diff.column-", rows, {"question", "verdict-first", "verdict-second", "differs"})

    @property
    def lines(self) -> Iterator[str]:
        """What is said of the runs, a sentence each."""
        if self.runs is None:
            yield text("diff.no-runs")
            return
        yield text("diff.alike", count=self.runs.alike)
        for where, runs in self.runs.only.items():
            if runs:
                yield text(f"diff.only-{where}", count=len(runs), runs=_named(runs))
        for each in self.runs.other_bits[:_MOST]:
            why = each.why or text("diff.no-reason")
            values = {"variant": each.variant, "seed": each.seed, "files": ", ".join(each.files), "why": why}
            yield text("diff.other-bits", **values)
        if (more := len(self.runs.other_bits) - _MOST) > 0:
            yield text("diff.more-bits", count=more)
        if self.runs.unknown:
            yield text("diff.unknown", count=self.runs.unknown)

    def tree(self) -> object:
        """Return the differences as JSON can hold them."""
        runs = self.runs
        return finite(
            {
                "schema": SCHEMA,
                "first": {"source": self.first.name, "study": self.first.study.name},
                "second": {"source": self.second.name, "study": self.second.study.name},
                "same": self.is_same,
                "settings": [vars(each) for each in self.settings],
                "variants": [vars(each) for each in self.variants],
                "renamed": [vars(each) for each in self.renamed],
                "data": [vars(each) for each in self.data],
                "only": {kind: [vars(each) for each in them] for kind, them in self.only.items()},
                "runs": runs
                and {
                    "alike": runs.alike,
                    "only": {
                        where: [{"variant": name, "seed": seed} for name, seed in them]
                        for where, them in runs.only.items()
                    },
                    "other_bits": [{**vars(each), "files": list(each.files)} for each in runs.other_bits],
                    "unknown": runs.unknown,
                },
                "answers": [
                    {
                        "title": each.title,
                        "first": _plain(each.first),
                        "second": _plain(each.second),
                        "differs": each.differs,
                    }
                    for each in self.answers
                ],
            }
        )

    def blocks(self) -> Iterator[Block]:
        """Return what differs in the studies, in the runs and in the answers."""
        yield Paragraph(self.heading)
        if self.study_table.rows:
            yield self.study_table.grid()
        yield Lines(tuple(self.lines))
        if self.answers:
            yield self.answer_table.grid()

    @property
    def heading(self) -> str:
        """Which two are compared, and whether anything differs."""
        code = "diff.same" if self.is_same else "diff.heading"
        return text(code, first=self.first.name, second=self.second.name)

    def __repr__(self) -> str:
        return f"StudyDiff({self.first.name!r}, {self.second.name!r}, {'same' if self.is_same else 'differ'})"

    def _row(self, what: str, each: Changed) -> dict[str, str]:
        told = {"name": each.name, "first": each.first, "second": each.second}
        return {"what": text(f"diff.what-{what}"), **told}

    def _alone(self, what: str, each: Only) -> dict[str, str]:
        sides = {
            where: text("diff.there") if each.where == where else NOTHING for where in ("first", "second")
        }
        return {"what": text(f"diff.what-{what}"), "name": each.name, **sides}


def _decided(answer: Comparison | Ranked | None) -> tuple[str, ...] | None:
    """Return the verdict, of a ranking those that may be the best; None without one."""
    if answer is None or not answer.is_answered:
        return None
    return tuple(each.name for each in answer.candidates) if isinstance(answer, Ranked) else (answer.verdict,)


def _verdict(answer: Comparison | Ranked | None) -> str:
    found = _decided(answer)
    if found is None:
        return NOTHING
    return ", ".join(found) if isinstance(answer, Ranked) else text(f"comparison.verdict-{found[0]}")


def _difference(answer: Comparison | Ranked | None) -> str:
    if not isinstance(answer, Comparison) or not answer.is_answered:
        return NOTHING
    return str(Difference(answer.difference, answer.unit, short=True, beside=answer.interval))


def _plain(answer: Comparison | Ranked | None) -> dict[str, object] | None:
    if answer is None:
        return None
    if isinstance(answer, Ranked):
        return {"candidates": _decided(answer)}
    comparison, interval = answer, answer.interval
    return {
        "treatment": comparison.treatment,
        "reference": comparison.reference,
        "metric": comparison.metric,
        "seeds": list(comparison.seeds),
        "verdict": comparison.verdict.value if comparison.is_answered else None,
        "difference": comparison.difference,
        "interval": None if interval is None else list(interval),
        "p_adjusted": comparison.p_adjusted,
    }


def _named(runs: Sequence[tuple[str, int]]) -> str:
    """Return runs by variant with their seeds; of many, the first."""
    by_variant: dict[str, list[int]] = {}
    for name, seed in runs:
        by_variant.setdefault(name, []).append(seed)
    told = [f"{name} ({_ranges(seeds)})" for name, seeds in by_variant.items()]
    return ", ".join(told[:_MOST]) + (", …" if len(told) > _MOST else "")


def _ranges(seeds: Iterable[int]) -> str:
    """Return numbers with runs of them as ranges.

    Example:
        >>> _ranges([0, 1, 2, 5])
        '0–2, 5'
    """
    found: list[list[int]] = []
    for seed in sorted(seeds):
        if found and seed == found[-1][1] + 1:
            found[-1][1] = seed
        else:
            found.append([seed, seed])
    return ", ".join(str(low) if low == high else f"{low}–{high}" for low, high in found)
