"""A shard of a study trained in a folder of its own: its part of the runs, and of the trials of a search.

A shard shows no comparison: with a part of the seeds that would be a look at the results. They are compared
once all shards are merged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from paribus.errors import UsageError
from paribus.execute.plan import refresh
from paribus.execute.shards import Shard, division, share
from paribus.record.shard_file import ShardRecord, add_shard, read_shard
from paribus.record.store import store_errors
from paribus.study.study import Study
from paribus.texts import text
from paribus.workflow.again import command
from paribus.workflow.results import Results, load_results
from paribus.workflow.search import next_settings
from paribus.workflow.training import Sharded, Training, train_missing
from paribus.workflow.tuned import Searches
from paribus.workflow.tuning import plan_trials

KNOWN_BEFOREHAND = ("grid", "quasi_random")
"""Searches whose settings follow from the study alone; others go by results that a shard does not have."""


def of_shard(training: Training, shard: Shard) -> Training:
    """Return a training of a shard's part of the runs; the whole study's seeds are kept with it.

    Raises:
        UsageError: A variant is tuned by a search that no shard can do on its own.
    """
    check_searches(training.study, training.seeds)
    load = division(training.plan.runs, shard.count).loads[shard.place - 1]
    whole = Sharded(shard, training.seeds, len(training.plan.runs), load)
    return replace(training, plan=share(training.plan, shard), sharded=whole)


def check_searches(study: Study, names: Mapping[str, object]) -> None:
    """Refuse to divide a study into shards whose search or early ending goes by the results of all tries.

    Args:
        study: Any.
        names: Its variants that are asked for.

    Raises:
        UsageError: It is.
    """
    adaptive = {name: tune.search for name, tune in study.tuned.items() if name in names}
    adaptive = {name: search for name, search in adaptive.items() if search not in KNOWN_BEFOREHAND}
    if adaptive:
        raise UsageError(
            "shards.search",
            variants=", ".join(adaptive),
            search=next(iter(adaptive.values())),
            known=", ".join(KNOWN_BEFOREHAND),
        )
    stopping = [name for name, tune in study.tuned.items() if name in names and tune.stop]
    if stopping:
        raise UsageError("shards.stop", variants=", ".join(stopping))


def train_shard(training: Training, sharded: Sharded) -> Results:
    """Train what a shard lacks, in a folder that this process holds; nothing is compared.

    Args:
        training: Of the shard's part.
        sharded: Which part that is.
    """
    store = training.store
    whole = replace(training.request, shard=None)
    words = command(training.study.source, store.folder, whole, *training.command)
    with store_errors(store.folder):
        add_shard(store.folder, ShardRecord((str(sharded.shard),), sharded.seeds, words))
    if not training.request.aa:
        _write_searches(training, sharded)
        trials = share_of_trials(training, sharded)
        if trials is not None and trials.plan.missing:
            train_missing(trials)
    else:
        ((variant, seeds),) = sharded.seeds.items()
        store.write_aa_test(variant, len(seeds) // 2)
    train_missing(training)
    return load_results(store.folder)


def has_ended(training: Training, sharded: Sharded) -> bool:
    """Return whether every run of a shard was trained to its end, its trials included."""
    plans = [training.plan]
    trials = None if training.request.aa else share_of_trials(training, sharded)
    if trials is not None:
        plans.append(trials.plan)
    return not any(refresh(each, training.store).missing for each in plans)


def share_of_trials(training: Training, sharded: Sharded, *, needs_images: bool = True) -> Training | None:
    """Return the shard's part of the trials; None where nothing of the study is tuned.

    Args:
        training: Of the shard.
        sharded: Which part of the study it is.
        needs_images: As for `plan_training`.
    """
    study, store = training.study, training.store
    trials = plan_trials(study, training.request, sharded.seeds, store, needs_images=needs_images)
    return None if trials is None else replace(trials, plan=share(trials.plan, sharded.shard))


def _write_searches(training: Training, sharded: Sharded) -> None:
    """Write down the whole search of every variant, whichever of its trials are this shard's."""
    study, store = training.study, training.store
    searches = Searches.of(store)
    for name, tune in study.tuned.items():
        variant = study.variants[name]
        if name in sharded.seeds and not searches.tried(variant):
            searches.extend(variant, next_settings(tune, ()))
    if study.tuned:
        searches.write(store)


def shard_lines(training: Training, sharded: Sharded) -> Iterator[str]:
    """Yield which part of the study a shard is, in words."""
    yield text(
        "shards.part",
        shard=sharded.shard,
        runs=len(training.plan.runs),
        all=sharded.runs,
        share=sharded.load,
        folder=training.store.folder,
    )
    others = [each for each in read_shard(training.store.folder).shards if each != str(sharded.shard)]
    if others:
        yield text("shards.also", shards=", ".join(others))
