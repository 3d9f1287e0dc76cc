"""Folders of one study merged into one: by content, so that it does not matter who trained what, or twice."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from paribus.errors import StoreError, UsageError
from paribus.record.looks import append_unknown
from paribus.record.merging import DamagedRun, FoundRun, Merge, find_runs
from paribus.record.run import SEMANTICS, DataUsed
from paribus.record.shard_file import Origins, read_origins, read_shard, write_origins
from paribus.record.store import LastRequest, Store, store_errors
from paribus.study.study import Study
from paribus.texts import text
from paribus.workflow.merged import Merged, Wanted, what_is_missing
from paribus.workflow.public import public
from paribus.workflow.request import wrong_argument
from paribus.workflow.same_study import check_same

_LISTED = 3
"""Conflicts that a message names."""


@public
def merge(
    folders: Sequence[str | Path],
    *,
    into: str | Path,
    prefer: str | Path | None = None,
) -> Merged:
    """Merge folders of one study, such as its shards, into one folder.

    A run that lies in several folders must have the same bits in all of them; what it was trained in may
    differ. Damaged runs are left out and named. Merging may be stopped, repeated, and continued with more
    folders.

    Args:
        folders: Folders of the study's results; they are only read.
        into: The folder that gets all runs; it may have some already.
        prefer: The one of these folders whose runs are taken where the same run has other bits elsewhere;
            None to refuse to merge then.

    Returns:
        What was merged, what is missing, and the command that trains it.

    Raises:
        InputError: A folder has another study, other data or runs of other semantics, or two folders have
            different bits of one run. Nothing is written then.

    Example:
        >>> import paribus as pb
        >>> print(pb.merge(["shard-1", "shard-2"], into="whole"))  # doctest: +SKIP
    """
    target, paths, preferred = _paths(folders, into, prefer)
    store = Store(target)
    with ExitStack() as held:
        if store.exists():
            held.enter_context(store.writing())
        study, data, whole = _one_study(target, paths)
        found = _find(target, paths)
        chosen = _choose(study, found, preferred)
        wanted = _wanted(study, whole, target)
        if not store.exists():  # where something is wrong, nothing has been written yet
            held.enter_context(store.writing())
        held.enter_context(store_errors(target))
        _write_study(store, study, data, whole, wanted)
        taken, torn = _copy(target, chosen, wanted)
        if hasattr(os, "sync"):
            os.sync()
        store.seal_looks()
        missing = what_is_missing(study, data, store, wanted)
        return Merged(
            study=study,
            folder=target,
            sources=paths,
            empty=tuple(path for path in paths if path not in whole),
            held=tuple(path for path in paths if Store(path).is_held()),
            taken=taken,
            there=len(chosen) - taken - len(torn),
            agreed=sum(len(runs) - 1 for runs in found.runs.values()),
            damaged=(*found.damaged, *torn),
            missing=missing,
            versions=_versions(store),
        )


@dataclass(frozen=True)
class _Found:
    """All runs of several folders.

    Args:
        runs: Each run as every folder has it, the target's first, by the name of its folder.
        damaged: Those that cannot be used.
    """

    runs: Mapping[str, Sequence[FoundRun]]
    damaged: Sequence[DamagedRun]


def _paths(folders: object, into: object, prefer: object) -> tuple[Path, tuple[Path, ...], Path | None]:
    """Return the paths that were given, each once.

    Raises:
        UsageError: One is no path, no folder, or both source and target.
    """
    if isinstance(folders, str | Path) or not isinstance(folders, Sequence):
        meant = [str(folders)] if isinstance(folders, str | Path) else None
        raise wrong_argument("folders", folders, "folders", meant=meant)
    for name, given in (("into", into), ("prefer", prefer), *(("folders", each) for each in folders)):
        if not isinstance(given, str | Path) and not (name == "prefer" and given is None):
            raise wrong_argument(name, given, "folder")
    target = Path(str(into))
    paths = {Path(str(each)).resolve(): Path(str(each)) for each in folders}
    if not paths:
        raise UsageError("shards.nothing")
    for resolved, path in paths.items():
        if not path.is_dir():
            raise UsageError("shards.no-folder", folder=path)
        if resolved == target.resolve():
            raise UsageError("shards.into-itself", folder=path)
    if prefer is None:
        return target, tuple(paths.values()), None
    known = {**paths, target.resolve(): target}
    preferred = known.get(Path(str(prefer)).resolve())
    if preferred is None:
        raise UsageError("shards.prefer", given=prefer, known=", ".join(map(str, known.values())))
    return target, tuple(paths.values()), preferred


def _one_study(
    target: Path, paths: Sequence[Path]
) -> tuple[Study, dict[str, DataUsed], Mapping[Path, Store]]:
    """Return the study that all folders have, its data, and the folders that have it whole.

    Raises:
        StoreError: None has it, or two have different ones.
    """
    stores = {path: Store(path) for path in (target, *paths)}
    kept = {path: whole for path, store in stores.items() if (whole := store.whole_study()) is not None}
    if not kept:
        Store(paths[0]).study()  # says what is wrong with it
    (first, (study, data)), *others = kept.items()
    for path, (other, its) in others:
        check_same(study, other, first, path)
        for name, used in its.items():
            if name in data and data[name].sha256 != used.sha256:
                raise StoreError(
                    "shards.other-data",
                    name=name,
                    one=first,
                    two=path,
                    digest=data[name].sha256[:12],
                    other=used.sha256[:12],
                )
        data = {**its, **data}
    return study, data, {path: stores[path] for path in kept if path != target}


def _find(target: Path, paths: Sequence[Path]) -> _Found:
    """Find all runs, and compare their files with their digests.

    Raises:
        StoreError: One has other semantics.
    """
    runs: dict[str, list[FoundRun]] = {}
    damaged: list[DamagedRun] = []
    for each in chain.from_iterable(find_runs(path) for path in (target, *paths)):
        if isinstance(each, DamagedRun):
            damaged.append(each)
            continue
        if not each.is_of_these_semantics and each.folder != target:
            raise StoreError(
                "shards.semantics",
                folder=each.folder,
                run=each.name,
                given=each.spec.semantics,
                known=SEMANTICS,
            )
        runs.setdefault(each.name, []).append(each)
    return _Found(runs, damaged)


def _choose(study: Study, found: _Found, preferred: Path | None) -> list[FoundRun]:
    """Return the one of each run that is kept.

    Raises:
        StoreError: Folders have different bits of a run, and none of them is preferred.
    """
    chosen: list[FoundRun] = []
    conflicts: list[tuple[FoundRun, FoundRun]] = []
    for runs in found.runs.values():
        best = next((run for run in runs if run.folder == preferred and run.is_over), runs[0])
        for run in runs:
            if best.folder != preferred and not run.agrees_with(best):
                conflicts.append((best, run))
            elif run.is_further_than(best):
                best = run
        chosen.append(best)
    if conflicts:
        named = [
            text("shards.conflict-line", run=_named(study, one), one=one.run.path, two=two.run.path)
            for one, two in conflicts[:_LISTED]
        ]
        raise StoreError("shards.conflict", number=len(conflicts), runs="\n".join(named))
    return chosen


def _named(study: Study, run: FoundRun) -> str:
    same = run.spec.configuration
    names = [study.named(name) for name, each in study.variants.items() if each.configuration == same]
    return text("cli.doctor.run", variant=", ".join(names) or run.name, seed=run.spec.seed)


def _wanted(study: Study, whole: Mapping[Path, Store], target: Path) -> Wanted:
    """Return which runs the whole study has, as far as any folder knows."""
    seeds: dict[str, set[int]] = {}
    shards: list[str] = []
    commands: list[tuple[str, ...]] = []
    workers = 1
    for path in (target, *whole):
        shard, origins, asked = read_shard(path), read_origins(path), Store(path).last_request()
        shards += [*origins.shards, *shard.shards]
        commands += [origins.command, shard.command, asked.command if asked else ()]
        workers = max(workers, asked.workers if asked else 1)
        for known in (origins.seeds, shard.seeds, asked.seeds if asked else {}):
            for name in known.keys() & study.variants.keys():
                seeds.setdefault(name, set()).update(known[name])
    in_order = {name: tuple(sorted(seeds[name])) for name in study.variants if name in seeds}
    return Wanted(
        seeds=in_order,
        shards=tuple(dict.fromkeys(shards)),
        command=next((_into(words, target) for words in commands if words), ()),
        workers=workers,
    )


def _into(command: Sequence[str], target: Path) -> tuple[str, ...]:
    """Return the words of a command with another folder, and for the whole study."""
    words = list(command)
    for option in ("--out", "--shard"):
        if option in words:
            place = words.index(option)
            del words[place : place + 2]
    return (*words[:3], "--out", str(target.resolve()), *words[3:])


def _write_study(
    store: Store,
    study: Study,
    data: Mapping[str, DataUsed],
    whole: Mapping[Path, Store],
    wanted: Wanted,
) -> None:
    """Write what the folders have besides runs: searches, ablations, the A/A test, looks."""
    store.write_study(study, {**store.known_data(), **data})
    stores = (store, *whole.values())
    searches = _longest(tree for each in stores for tree in each.searches())
    if searches:
        store.write_searches(searches)
    ablations = {json.dumps(tree, sort_keys=True): tree for each in stores for tree in each.ablations()}
    if ablations:
        store.write_ablations(ablations.values())
    tests = [found for each in stores if (found := each.aa_test()) is not None]
    if tests:
        store.write_aa_test(*max(tests, key=lambda each: each[1]))
    logs = [each.looks() for each in whole.values()]
    if not all(log.is_complete for log in logs):
        append_unknown(store.folder)
    for look in sorted((look for log in logs for look in log.entries), key=lambda each: each.date):
        store.record_look(look.seeds, until_decided=look.until_decided, answered=look.answered)
    store.write_last_request(LastRequest(wanted.seeds, wanted.workers, wanted.command))


def _longest(searches: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return each search once: as the folder has it that has tried most, since all try the same in turn."""
    found: dict[tuple[object, object], Mapping[str, Any]] = {}
    for tree in searches:
        key = tree.get("variant"), tree.get("search")
        if key not in found or len(tree.get("tried", ())) > len(found[key].get("tried", ())):
            found[key] = tree
    return list(found.values())


def _copy(target: Path, chosen: Sequence[FoundRun], wanted: Wanted) -> tuple[int, list[DamagedRun]]:
    """Copy the runs that the target lacks, and return how many, and those that were damaged on the way.

    Where each comes from is written first: so a merge that is killed leaves no run of unknown origin.
    """
    moved = [run for run in chosen if run.folder != target]
    inner = {folder: read_origins(folder).runs for folder in {run.folder for run in moved}}
    here = {run.name: (str(run.folder), *inner[run.folder].get(run.name, ())) for run in moved}
    runs = {**read_origins(target).runs, **here}
    write_origins(target, Origins(runs, wanted.shards, wanted.seeds, wanted.command))
    merge_, torn = Merge(target), list[DamagedRun]()
    for run in moved:
        if (damaged := merge_.take(run)) is not None:
            torn.append(damaged)
    merge_.clear()
    return len(moved) - len(torn), torn


def _versions(store: Store) -> Mapping[str, int]:
    """Return how many runs each version of Paribus trained."""
    found: Counter[str] = Counter()
    for run in store.folders():
        versions = run.environment().get("versions")
        found[str(versions.get("paribus") or "?") if isinstance(versions, dict) else "?"] += 1
    return dict(sorted(found.items()))
