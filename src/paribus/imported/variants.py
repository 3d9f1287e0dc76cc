"""Which variant each run is of, with which settings and which seed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from paribus.errors import SourceError
from paribus.imported.roles import is_seed, is_unused
from paribus.imported.runs import ForeignRun, Level, Reading, whole
from paribus.study.faults import format_value, printable_text

_MOST_NAMED = 3  # settings in a variant's name
_MIN_RUNS = 4  # of which a setting that differs in each is a number of the run, where seeds repeat
_REFERENCES = ("baseline", "base", "reference", "control", "plain", "default", "vanilla", "none", "original")
_SEED_IN_NAME = re.compile(
    r"(?:^|[-_. /,])(?:random_)?(?:seed|run|rep|trial|s)[-_ =]?(\d+)(?=$|[-_. /,])", re.IGNORECASE
)
_NUMBER_AT_END = re.compile(r"[-_. /](\d+)$")


@dataclass(frozen=True)
class VariantRuns:
    """A variant and its runs.

    Args:
        name: What it is called.
        settings: What it is, by name; at least one.
        runs: By seed.
        tells_all: Whether its name has all of its settings.
    """

    name: str
    settings: Mapping[str, Level]
    runs: Mapping[int, ForeignRun]
    tells_all: bool = True


@dataclass(frozen=True)
class Grouped:
    """All variants.

    Args:
        variants: In the order of the source.
        has_seeds: Whether the seeds are known; else runs are numbered.
        same: Settings that all runs share.
    """

    variants: tuple[VariantRuns, ...]
    has_seeds: bool
    same: Mapping[str, Level]


def grouped(reading: Reading) -> Grouped:
    """Return the runs by variant and seed.

    Runs are of one variant where their settings are the same, seeds aside. Where a source names variants, the
    names count too. Where it has neither, names of runs count, without what looks like a seed.

    Args:
        reading: The runs.

    Raises:
        SourceError: Two runs have the same variant and seed.
    """
    runs = [_with_seed(run) for run in reading.runs]
    names = dict.fromkeys(name for run in runs for name in run.settings)
    levels = {name: {_hashable(run.settings.get(name)) for run in runs} for name in names}
    varying = [name for name in names if len(levels[name]) > 1 and not is_seed(name) and not is_unused(name)]
    same = {name: runs[0].settings.get(name) for name in names if len(levels[name]) == 1}
    are_named = any(run.variant for run in runs)
    repeats = are_named or len({run.seed for run in runs}) < len(runs)
    if repeats and all(run.seed is not None for run in runs):
        varying = [name for name in varying if len(levels[name]) < len(runs) or len(runs) < _MIN_RUNS]
    if not are_named and not varying:
        runs = _named_by_run(runs)
    splitting = [name for name in varying if not _follows(name, runs)]
    found: dict[tuple[object, ...], list[ForeignRun]] = {}
    for run in runs:
        key = (run.variant, *(_hashable(run.settings.get(name)) for name in splitting))
        found.setdefault(key, []).append(run)
    has_seeds = all(run.seed is not None for run in runs)
    taken: set[str] = set()
    variants: list[VariantRuns] = []
    are_alone = len(found) == len(runs) and len(varying) > _MOST_NAMED
    for members in found.values():
        settings = {name: members[0].settings.get(name) for name in varying}
        telling = {name: settings[name] for name in splitting}
        name = _free(members[0].name if are_alone else _name(members[0].variant, telling), taken)
        is_told = not settings or not are_alone
        by_seed = _by_seed(members, name, reading.source, has_seeds)
        variants.append(VariantRuns(name, settings or {"variant": name}, by_seed, is_told))
    return Grouped(tuple(_distinct(variants)), has_seeds, same)


def reference_of(names: Sequence[str], given: str, source: str) -> str:
    """Return the variant that the others are compared with: the one given, one called so, or the first.

    Args:
        names: Of all variants.
        given: What the user says; may be empty.
        source: For the message.

    Raises:
        SourceError: The one given is none of them.

    Example:
        >>> reference_of(["dropout", "baseline"], "", "runs.csv")
        'baseline'
    """
    if given and given not in names:
        from paribus.study.faults import KnownNames

        known = KnownNames(given, tuple(names))
        raise SourceError("imported.no-variant", file=source, given=format_value(given), known=known)
    usual = (name for word in _REFERENCES for name in names if name.lower() == word)
    return given or next(usual, names[0])


def _with_seed(run: ForeignRun) -> ForeignRun:
    """Return the run with the seed that stands among its settings, or in its name."""
    if run.seed is not None:
        return run
    among = (whole(value) for name, value in run.settings.items() if is_seed(name))
    return replace(run, seed=next((each for each in among if each is not None), None))


def _named_by_run(runs: Sequence[ForeignRun]) -> list[ForeignRun]:
    """Return runs with the variants and seeds that their names have, where several runs share a variant."""
    parts: list[tuple[str, int | None]] = []
    for run in runs:
        found = _SEED_IN_NAME.search(run.name) or _NUMBER_AT_END.search(run.name)
        bare = run.name[: found.start()] + run.name[found.end() :] if found else run.name
        parts.append((bare.strip("-_. /="), int(found[1]) if found else None))
    variants = {bare for bare, _ in parts}
    if len(variants) == len(runs) and any(seed is None for _, seed in parts):
        variants = {run.name for run in runs}
        return [replace(run, variant=run.name) for run in runs]
    return [
        replace(run, variant=bare or "runs", seed=seed if run.seed is None else run.seed)
        for run, (bare, seed) in zip(runs, parts, strict=True)
    ]


def _follows(name: str, runs: Sequence[ForeignRun]) -> bool:
    """Return whether each variant has one level of a setting."""
    by_variant: dict[str, set[object]] = {}
    for run in runs:
        by_variant.setdefault(run.variant, set()).add(_hashable(run.settings.get(name)))
    return all(len(levels) == 1 for levels in by_variant.values())


def _name(variant: str, settings: Mapping[str, Level]) -> str:
    if variant and not settings:
        return variant
    words = [str(level) if isinstance(level, str) else f"{name}={level}" for name, level in settings.items()]
    return " ".join([variant, *words[:_MOST_NAMED]] if variant else words[:_MOST_NAMED]) or "runs"


def _free(name: str, taken: set[str]) -> str:
    """Return a name that is safe to print and that no other variant has."""
    base = printable_text(name.strip()) or "runs"
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base} ({number})"
    taken.add(name)
    return name


def _by_seed(
    members: Sequence[ForeignRun], variant: str, source: str, has_seeds: bool
) -> dict[int, ForeignRun]:
    if not has_seeds:
        return dict(enumerate(members))
    found: dict[int, ForeignRun] = {}
    for run in members:
        seed = run.seed or 0
        if seed in found:
            one, other = format_value(found[seed].name), format_value(run.name)
            raise SourceError(
                "imported.same-seed", file=source, variant=variant, seed=seed, one=one, other=other
            )
        found[seed] = run
    return dict(sorted(found.items()))


def _distinct(variants: Sequence[VariantRuns]) -> list[VariantRuns]:
    """Return variants of which no two have the same settings: else they would be taken for one."""
    seen: set[object] = set()
    found: list[VariantRuns] = []
    for each in variants:
        key = tuple(sorted((name, repr(level)) for name, level in each.settings.items()))
        settings = each.settings if key not in seen else {"variant": each.name, **each.settings}
        seen.add(key)
        found.append(replace(each, settings=settings))
    return found


def _hashable(value: object) -> object:
    return (type(value).__name__, value)
