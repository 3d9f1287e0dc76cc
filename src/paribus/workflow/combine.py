"""Several studies as one: their variants side by side, and p-values adjusted over the questions of all."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from paribus.errors import UsageError
from paribus.record import opened
from paribus.record.looks import AnsweredQuestion, Look, LookLog
from paribus.record.records import Records
from paribus.record.run import DataUsed, RunRecord
from paribus.report.commands import NO_COMMANDS
from paribus.report.material import Material
from paribus.study.assemble import IN_PYTHON
from paribus.study.model import Design, Published, Question, Variant
from paribus.study.notes import ABOUT_STUDY, BETWEEN
from paribus.study.ranking import Ranking
from paribus.study.study import Study
from paribus.texts import text
from paribus.texts.message import Listed
from paribus.workflow.opening import open as open_results
from paribus.workflow.public import public
from paribus.workflow.request import wrong_argument
from paribus.workflow.results import Results

Asked = TypeVar("Asked", Question, Ranking)
T = TypeVar("T")


@dataclass(frozen=True)
class _Part:
    """One of the studies, with what its variants are called in all together."""

    results: Results
    names: Mapping[str, str]

    @property
    def study(self) -> Study:
        return self.results.study

    def given(self, names: Iterable[str]) -> list[str] | None:
        """Return its own names of variants; None where one is not its own."""
        own = {told: name for name, told in self.names.items()}
        found = [own[name] for name in names if name in own]
        return found if len(found) == len(list(names)) else None


class CombinedResults(Results):
    """The results of several studies as those of one.

    Args:
        parts: Each study's results, with the names that its variants have here.
        study: All of them as one.
        records: Their runs.
        data: Their images.
    """

    def __init__(
        self, parts: Sequence[_Part], study: Study, records: Records, data: Mapping[str, DataUsed]
    ) -> None:
        super().__init__(study, records, data, Path(" + ".join(each.study.name for each in parts)))
        self._parts = tuple(parts)
        self.looks = self._all_looks()

    @property
    def sources(self) -> tuple[Results, ...]:
        """The results of each study."""
        return tuple(each.results for each in self._parts)

    def record_look(
        self,
        questions: Iterable[Question],
        requested: Mapping[str, Iterable[int]] | None = None,
        *,
        until_decided: bool = False,
    ) -> None:
        """Record in each study's folder which of its questions are answered now.

        Args:
            questions: Those that are shown.
            requested: As in `Results.record_look`, whose studies have no runs requested here.
            until_decided: The same.
        """
        asked = list(questions)
        for part in self._parts:
            own = [
                each.model_copy(update=dict(zip(("treatment", "reference"), names, strict=True)))
                for each in asked
                if (names := part.given(each.named)) is not None
            ]
            part.results.record_look(own)
        self.looks = self._all_looks()

    def material(self, author: str = "") -> Material:
        """Return what the report of all studies is made from, which says what they share."""
        told = copy.copy(self)
        names = Listed(tuple(each.study.name for each in self._parts))
        note = text("combine.note", studies=names, count=len(self._parts))
        told.study = self.study.model_copy(update={"notes": {**self.study.notes, ABOUT_STUDY: note}})
        return replace(super(CombinedResults, told).material(author), commands=NO_COMMANDS)

    def __repr__(self) -> str:
        return f"CombinedResults({len(self._parts)} studies, {len(self.records)} runs)"

    def _all_looks(self) -> LookLog:
        """Return the looks at each study, with the names of here."""
        logs = [(part, part.results.looks) for part in self._parts]
        return LookLog(
            tuple(_renamed_look(each, part.names) for part, log in logs for each in log.entries),
            is_complete=all(log.is_complete for _, log in logs),
            is_recorded=all(log.is_recorded for _, log in logs),
        )


@public
def combine(*studies: Results | str | Path) -> CombinedResults:
    """Return the results of several studies as those of one, for one report.

    Its questions are those of all studies, and p-values are adjusted over all of them. A variant of one name
    and one meaning in several studies is one variant; where names mean different things, the study's name
    stands in front. What tuning found, ablations and A/A tests are each study's own, and left out.

    Args:
        studies: Results, or where they lie, as `open` takes it; two at least.

    Raises:
        UsageError: There are fewer than two, one is given twice, or they cannot be compared: they have other
            tasks, one name for other data, or factors of one name.
        StoreError: Results cannot be read.

    Example:
        >>> import paribus as pb
        >>> both = pb.combine("paribus-out/lab2", "colleague.zip")  # doctest: +SKIP
        >>> both.report("both.html")  # doctest: +SKIP
    """
    found = [each if isinstance(each, Results) else _opened(each) for each in studies]
    _check(found)
    parts = _named(found)
    records: dict[tuple[str, int], RunRecord] = {}
    for part in parts:
        for (name, seed), record in part.results.records.items():
            records.setdefault((part.names[name], seed), record)
    data = {name: used for part in parts for name, used in part.results.data.items()}
    study = _study(parts)
    ordered = {key: records[key] for name in study.variants for key in records if key[0] == name}
    return CombinedResults(parts, study, Records(ordered), data)


def _opened(source: object) -> Results:
    if not isinstance(source, str | Path):
        raise wrong_argument("studies", source, "folder")
    return open_results(source)


def _check(found: Sequence[Results]) -> None:
    """Refuse what makes no sense side by side."""
    if len(found) < 2:
        raise UsageError("combine.too-few", given=len(found))
    places = [each.folder.resolve() for each in found]
    for place, each in enumerate(found):
        if places[place] in places[:place]:
            raise UsageError("combine.twice", place=opened.place(each.folder))
    first = found[0]
    for other in found[1:]:
        named = {"one": first.study.name, "two": other.study.name}
        if first.study.score != other.study.score:
            tasks = (next(iter(each.study.facts.values())).task for each in (first, other))
            raise UsageError(
                "combine.other-tasks", **named, **dict(zip(("first", "second"), tasks, strict=True))
            )
        if _origin(first.study) != _origin(other.study):
            raise UsageError("combine.imported", **named)
    data: dict[str, tuple[str, str]] = {}
    factors: dict[frozenset[str], str] = {}
    for each in found:
        for name, used in each.data.items():
            digest, one = data.setdefault(name, (used.sha256, each.study.name))
            if digest != used.sha256:
                raise UsageError("combine.other-data", data=name, one=one, two=each.study.name)
        for design in each.study.designs:
            one = factors.setdefault(frozenset(design.names), each.study.name)
            if one != each.study.name:
                names = ", ".join(design.names)
                raise UsageError("combine.other-design", factors=names, one=one, two=each.study.name)


def _origin(study: Study) -> object:
    """Return how a study's figures came to be, as far as it decides how they are compared."""
    known = study.imported
    return None if known is None else (known.paired, known.part, known.kept, known.has_seeds)


def _named(found: Sequence[Results]) -> list[_Part]:
    """Return each study with what its variants are called: where names clash, the study's stands in front."""
    titles = [each.study.name for each in found]
    if len({*titles}) < len(titles):
        titles = [f"{name}-{place}" for place, name in enumerate(titles, 1)]
    meanings: dict[str, set[str]] = {}
    for each in found:
        for name, variant in each.study.variants.items():
            meanings.setdefault(name, set()).add(variant.configuration.canonical)
    taken = {name for name, known in meanings.items() if len(known) == 1}
    parts: list[_Part] = []
    for title, each in zip(titles, found, strict=True):
        names: dict[str, str] = {}
        for name in each.study.variants:
            told = name if name in taken else f"{title}.{name}"
            while told in names.values() or (told != name and told in meanings):
                told += "-"
            names[name] = told
        parts.append(_Part(each, names))
    return parts


def _study(parts: Sequence[_Part]) -> Study:
    """Return all studies as one; its margin is that of its questions, which have their own."""
    studies = [each.study for each in parts]
    margins = {each.margin for each in studies}
    return Study.model_construct(
        name=" + ".join(each.name for each in studies),
        title=text("combine.title", studies=Listed(tuple(each.title or each.name for each in studies))),
        seeds=max(each.seeds for each in studies),
        margin=margins.pop() if len(margins) == 1 else None,
        keep="all",
        variants=_merged(parts, _variants),
        questions=_once(each for part in parts for each in _questions(part, part.study.questions)),
        rankings=_once(each for part in parts for each in _rankings(part)),
        published=_merged(parts, _published),
        notes=_merged(parts, _notes),
        expect=(),
        sources={name: each for study in studies for name, each in study.sources.items()},
        programs={name: each for study in studies for name, each in study.programs.items()},
        source=IN_PYTHON,
        lines={},
        imported=studies[0].imported,
        designs=tuple(_design(part, each) for part in parts for each in part.study.designs),
        design_questions=tuple(each for study in studies for each in study.design_questions),
    )


def _merged(parts: Sequence[_Part], of: Callable[[_Part], Mapping[str, T]]) -> dict[str, T]:
    """Return what each study has by name, the first of each name."""
    found: dict[str, T] = {}
    for part in parts:
        found |= {name: each for name, each in of(part).items() if name not in found}
    return found


def _variants(part: _Part) -> dict[str, Variant]:
    return {
        part.names[name]: each.model_copy(
            update={
                "name": part.names[name],
                "parent": None if each.parent is None else part.names.get(each.parent, each.parent),
                "tune": None,
            }
        )
        for name, each in part.study.variants.items()
    }


def _questions(part: _Part, questions: Iterable[Question]) -> Iterator[Question]:
    for each in questions:
        sides = {"treatment": part.names[each.treatment], "reference": part.names[each.reference]}
        yield each.model_copy(update={**sides, "margin": part.study.margin_of(each)})


def _rankings(part: _Part) -> Iterator[Ranking]:
    for each in part.study.rankings:
        names = tuple(part.names[name] for name in each.variants)
        against = None if each.against is None else part.names[each.against]
        told = {"variants": names, "against": against, "margin": part.study.margin_of(each)}
        yield each.model_copy(update=told)


def _once(asked: Iterable[Asked]) -> tuple[Asked, ...]:
    """Return questions, each once: two studies may ask the same of the same variants."""
    found: dict[str, Asked] = {}
    for each in asked:
        found.setdefault(each.model_dump_json(exclude={"title", "ask"}), each)
    return tuple(found.values())


def _design(part: _Part, design: Design) -> Design:
    return design.model_copy(
        update={"cells": {part.names[name]: places for name, places in design.cells.items()}}
    )


def _published(part: _Part) -> dict[str, Published]:
    return {
        part.names[name]: each.model_copy(update={"of": None if each.of is None else part.names[each.of]})
        for name, each in part.study.published.items()
    }


def _notes(part: _Part) -> dict[str, str]:
    """Return the notes on variants and questions; those on a whole study or an exercise are its own."""
    found: dict[str, str] = {}
    for about, words in part.study.notes.items():
        names = [part.names[name] for name in about.split(BETWEEN) if name in part.names]
        if names and len(names) == about.count(BETWEEN) + 1:
            found[BETWEEN.join(names)] = words
    return found


def _renamed_look(look: Look, names: Mapping[str, str]) -> Look:
    seeds = {names.get(name, name): each for name, each in look.seeds.items()}
    answered = tuple(
        AnsweredQuestion(
            names.get(each.treatment, each.treatment),
            names.get(each.reference, each.reference),
            each.metric,
            each.digest,
        )
        for each in look.answered
    )
    return replace(look, seeds=seeds, answered=answered)
