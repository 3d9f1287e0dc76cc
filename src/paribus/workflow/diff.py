"""What differs between two studies: in what they ask and train, in their runs' bits, and in their answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.ranked import Ranked
from paribus.record.folder import RunFolder
from paribus.record.run import RunRecord
from paribus.study.describe import describe_changes, format_level
from paribus.study.difference import difference
from paribus.study.model import DesignQuestion, Question, Variant
from paribus.study.ranking import Ranking
from paribus.study.reader import builtin_names, load
from paribus.study.study import Study
from paribus.texts import text
from paribus.workflow.folders import find_results
from paribus.workflow.public import public
from paribus.workflow.request import as_path, wrong_argument
from paribus.workflow.results import Results, load_results
from paribus.workflow.study_diff import Answer, Changed, Only, OtherBits, Runs, Side, StudyDiff, Where


@public
def diff(first: str | Path, second: str | Path) -> StudyDiff:
    """Compare two studies: what they ask and train, their runs bit by bit, and their answers.

    Args:
        first: A study's file, a built-in's name, a folder of results, or an archive of them.
        second: Another one.

    Raises:
        StudyError: One is neither results nor a study.
        StoreError: Results cannot be read.
        UsageError: One is no path.

    Example:
        >>> import paribus as pb
        >>> pb.diff("lab2", "lab2").is_same  # doctest: +SKIP
        True
    """
    one, two = (_side(name, source) for name, source in (("first", first), ("second", second)))
    a, b = one.study, two.study
    renamed = _renamed(a.variants, b.variants)
    old, new = {each.first for each in renamed}, {each.second for each in renamed}
    alone = [Only("first", name) for name in a.variants if name not in b.variants and name not in old]
    alone += [Only("second", name) for name in b.variants if name not in a.variants and name not in new]
    return StudyDiff(
        one,
        two,
        tuple(_settings(a, b)),
        {"variants": tuple(alone), "questions": tuple(_questions(a, b))},
        renamed,
        tuple(_variants(a, b)),
        tuple(_data(one, two)),
        _runs(one.results, two.results) if one.results and two.results else None,
        tuple(_answers(one.results, two.results)) if one.results and two.results else (),
    )


def _side(argument: str, source: object) -> Side:
    path = as_path(source)  # pyright: ignore[reportArgumentType] - what is no path is refused next
    if not isinstance(path, Path):
        raise wrong_argument(argument, source, "folder")
    name = str(source)
    if name in builtin_names() or (path.suffix in (".yaml", ".yml") and path.is_file()):
        return Side(name, load(name), None)
    results = load_results(find_results(name).folder)
    return Side(name, results.study, results)


def _settings(a: Study, b: Study) -> Iterator[Changed]:
    for key in ("name", "title", "seeds", "margin", "keep"):
        before, after = getattr(a, key), getattr(b, key)
        if before != after:
            yield Changed(key, format_level(before), format_level(after))


def _renamed(a: Mapping[str, Variant], b: Mapping[str, Variant]) -> tuple[Changed, ...]:
    """Return the variants of one study that another has under another name, each once."""
    left = {each.configuration.canonical: name for name, each in reversed([*b.items()]) if name not in a}
    found: list[Changed] = []
    for name, each in a.items():
        other = None if name in b else left.pop(each.configuration.canonical, None)
        if other is not None:
            found.append(Changed(text("diff.same-variant"), name, other))
    return tuple(found)


def _variants(a: Study, b: Study) -> Iterator[Changed]:
    for name in a.variants:
        if name not in b.variants:
            continue
        before, after = a.variants[name], b.variants[name]
        if before.configuration != after.configuration:
            there = describe_changes(difference(before.configuration, after.configuration))
            here = describe_changes(difference(after.configuration, before.configuration))
            other = text("diff.other-settings")
            yield Changed(name, here or other, there or other)
        if before.tune != after.tune:
            sides = (text("diff.tuned" if each.tune else "diff.not-tuned") for each in (before, after))
            yield Changed(name, *sides)


def _asked(study: Study) -> dict[str, str]:
    """Return every question of a study by its identity, which its words are no part of, with its title."""
    titled: list[tuple[Question | Ranking | DesignQuestion, str]] = [
        *((each, study.question_title(each)) for each in study.questions),
        *((each, study.ranking_title(each)) for each in study.rankings),
        *((each, study.design_title(each)) for each in study.design_questions),
    ]
    return {each.model_dump_json(exclude={"title", "ask"}): title for each, title in titled}


def _questions(a: Study, b: Study) -> Iterator[Only]:
    first, second = _asked(a), _asked(b)
    yield from (Only("first", title) for key, title in first.items() if key not in second)
    yield from (Only("second", title) for key, title in second.items() if key not in first)


def _data(one: Side, two: Side) -> Iterator[Changed]:
    if one.results is None or two.results is None:
        return
    for name, used in one.results.data.items():
        other = two.results.data.get(name)
        if other is not None and other.sha256 != used.sha256:
            yield Changed(name, used.sha256[:12], other.sha256[:12])


def _runs(one: Results, two: Results) -> Runs:
    first, second = _by_digest(one), _by_digest(two)
    alike = unknown = 0
    other: list[OtherBits] = []
    for digest, (variant, record) in first.items():
        if digest not in second:
            continue
        its, others = (RunFolder(each.folder).digests() for each in (record, second[digest][1]))
        differing = tuple(name for name in its if name in others and its[name] != others[name])
        if differing:
            why = _why(record, second[digest][1])
            other.append(OtherBits(variant, record.spec.seed, differing, why))
        elif its.keys() & others.keys():
            alike += 1
        else:
            unknown += 1
    sides: tuple[tuple[Where, Any, Any], ...] = (("first", first, second), ("second", second, first))
    only: dict[Where, tuple[tuple[str, int], ...]] = {
        where: tuple((name, run.spec.seed) for digest, (name, run) in here.items() if digest not in there)
        for where, here, there in sides
    }
    return Runs(alike, only, tuple(other), unknown)


def _by_digest(results: Results) -> dict[str, tuple[str, RunRecord]]:
    found: dict[str, tuple[str, RunRecord]] = {}
    for (name, _), record in results.records.items():
        found.setdefault(record.spec.digest, (name, record))
    return found


def _why(one: RunRecord, two: RunRecord) -> str:
    """Return what else differs in how two runs were trained, of what bits depend on."""
    told: list[str] = []
    if one.result and two.result:
        told += [
            f"{key} {before} → {after}"
            for key, before, after in (
                ("threads", one.result.threads, two.result.threads),
                ("updates", one.result.update_mode, two.result.update_mode),
            )
            if before != after
        ]
    here, there = (RunFolder(each.folder).environment() for each in (one, two))
    for key in ("processor", "versions", "flags"):
        before, after = _parts(here.get(key)), _parts(there.get(key))
        told += [
            f"{part or key} {before.get(part)} → {after.get(part)}"
            for part in dict.fromkeys((*before, *after))
            if before.get(part) != after.get(part)
        ]
    return "; ".join(told)


def _parts(value: object) -> dict[str, object]:
    if isinstance(value, dict):
        return {str(key): each for key, each in value.items()}
    return {} if value is None else {"": value}


def _answers(one: Results, two: Results) -> Iterator[Answer]:
    others = {_identity(each): each for each in (*two.comparisons(), *two.rankings())}
    for each in (*one.comparisons(), *one.rankings()):
        if (identity := _identity(each)) in others:
            yield Answer(one.study.title_of(each.question), each, others[identity])


def _identity(answer: Comparison | Ranked) -> str:
    return answer.question.model_dump_json(exclude={"title", "ask"})
