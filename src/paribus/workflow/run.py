"""From a study to its results: prepare, train what is missing, read back."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from paribus.analysis.questions.aa import AATest, aa_variant
from paribus.data.own.user_file import StudyStarted, is_loading
from paribus.errors import StoreError
from paribus.execute.executor import LOCAL
from paribus.execute.shards import Shard
from paribus.execute.threads import Threads
from paribus.study.device import Devices
from paribus.study.reader import load
from paribus.study.together import Together
from paribus.study.update_mode import Updates
from paribus.trackers.watching import require, watching
from paribus.workflow.add_seeds import add_seeds, seed_budget
from paribus.workflow.public import public
from paribus.workflow.request import Request, StudySource, as_path, chosen_variants, count
from paribus.workflow.results import Results
from paribus.workflow.sharding import has_ended, of_shard, train_shard
from paribus.workflow.size import check_size
from paribus.workflow.training import Training, plan_training, read_shown, train_missing
from paribus.workflow.tuning import train_trials, train_winners

MIN_PAIRS = 5
"""Pairs of an A/A test where neither the user nor the study asks for more."""


@public
def run(  # noqa: PLR0913 - the command's own options
    study: StudySource,
    *,
    only: Sequence[str] | None = None,
    seeds: int | None = None,
    workers: int | None = None,
    data_dir: str | Path | None = None,
    embedded: bool = False,
    out: str | Path | None = None,
    updates: Updates = "auto",
    threads: Threads = 1,
    device: Devices = "cpu",
    together: Together | None = None,
    until_decided: bool = False,
    max_seeds: int | None = None,
    aa: bool = False,
    log: str | Sequence[str] | None = None,
    on: str = LOCAL,
    ray_address: str | None = None,
    shard: str | tuple[int, int] | None = None,
) -> Results:
    """Train what is missing of a study, show the progress, and return its results.

    Works from an unguarded script and from a notebook: the training happens in processes of its own.

    Args:
        study: A study, its file, a built-in's name, or a mapping with a study file's keys.
        ...: As in `Request`.

    Returns:
        All that the folder has of the study. With `until_decided`, `Results.decision` says which questions
        are settled; with `aa`, `Results.aa_test` has the A/A test; with `shard`, it is a part of the study's
        runs, of which nothing is compared until `paribus.merge` has all of them.

    Raises:
        InputError: The study is faulty, the images are missing, or an argument is not allowed.

    Example:
        >>> import paribus as pb
        >>> results = pb.run("lab2", embedded=True, only=["1", "2"])  # doctest: +SKIP
        >>> results["2"].plot()  # doctest: +SKIP
    """
    request = Request(
        only=only,
        seeds=seeds,
        workers=workers,
        data_dir=as_path(data_dir),
        embedded=embedded,
        out=as_path(out),
        updates=updates,
        threads=threads,
        device=device,
        together=together,
        until_decided=until_decided,
        max_seeds=max_seeds,
        aa=aa,
        log=[log] if isinstance(log, str) else log,
        on=on,
        ray_address=ray_address,
        shard=cast("Shard | None", shard),  # which `Request` reads
    )
    if is_loading():
        raise StudyStarted
    training = prepare(study, request)
    return train(training)


@public
def aa_test(
    study: StudySource,
    *,
    pairs: int | None = None,
    workers: int | None = None,
    data_dir: str | Path | None = None,
    embedded: bool = False,
    out: str | Path | None = None,
) -> AATest:
    """Compare the variant that changes nothing with itself on other seeds, to measure false alarms.

    The same as ``paribus.run(study, aa=True)``, which returns all results.

    Args:
        study: A study, its file, a built-in's name, or a mapping with a study file's keys.
        pairs: Seeds 0 to n - 1 are compared with n to 2 n - 1; None for the study's seeds, five at least.
        ...: As in `Request`.

    Raises:
        InputError: As `paribus.run`, and where there are fewer than two pairs.

    Example:
        >>> import paribus as pb
        >>> print(pb.aa_test("lab2", embedded=True))  # doctest: +SKIP
    """
    results = run(
        study,
        seeds=count("pairs", pairs),
        workers=workers,
        data_dir=data_dir,
        embedded=embedded,
        out=out,
        aa=True,
    )
    found = results.aa_test()
    if found is None:
        raise StoreError("run.damaged", file=results.folder)
    return found


def prepare(source: StudySource, request: Request, *, needs_images: bool = True) -> Training:
    """Read the study, find its images and plan its runs; trains nothing, writes nothing but the cache.

    Args:
        needs_images: False to plan as if the official images were there where none are at hand.

    Raises:
        InputError: The study is faulty, the images are missing, or the request names what is not there.
    """
    for tracker in request.log or ():
        require(tracker)
    study = load(source)
    if request.aa:
        pairs = request.seeds or max(study.seeds, MIN_PAIRS)
        check_size(study, [aa_variant(study)], 2 * pairs)
        seeds = {aa_variant(study): range(2 * pairs)}
    else:
        variants = chosen_variants(study, request.only)
        check_size(study, variants, max(request.seeds or study.seeds, request.max_seeds or 0))
        seeds = dict.fromkeys(variants, range(request.seeds or study.seeds))
    training = plan_training(study, request, seeds, needs_images=needs_images)
    if request.shard is not None:
        return of_shard(training, request.shard)
    return replace(training, budget=seed_budget(training)) if request.until_decided else training


def train(training: Training) -> Results:
    """Train what is missing, and read back all that the folder has of the study.

    Raises:
        StoreError: Another process is training into the folder, or it cannot be written.
    """
    with training.writing():
        with watching(training.store.folder, training.request.log or ()) as outcomes:
            results = _trained(training)
        for outcome in outcomes:
            sys.stderr.write(f"{outcome.sentence(training.store.folder)}\n")
    return results


def _trained(training: Training) -> Results:
    if training.sharded is not None:
        return train_shard(training, training.sharded)
    if not training.request.aa:
        train_trials(training, training.seeds)
    if training.budget is not None:
        results = add_seeds(training, training.budget)
        train_winners(training, results.decision.seeds if results.decision else training.seeds)
        return results
    if training.request.aa:
        ((variant, seeds),) = training.seeds.items()
        training.store.write_aa_test(variant, len(seeds) // 2)
    train_missing(training)
    if not training.request.aa:
        train_winners(training, training.seeds)
    return read_shown(training)


def all_ended(training: Training, results: Results) -> bool:
    """Return whether every run that was asked for was trained to its end and tested."""
    seeds = results.decision.seeds if results.decision else training.seeds
    keys = [(variant, seed) for variant, each in seeds.items() for seed in each]
    ended = all(key in results.records and results.records[key].has_ended for key in keys)
    if training.sharded is not None:
        return ended and has_ended(training, training.sharded)
    tuned = None if training.request.aa else results.tuned()
    return ended and (tuned is None or tuned.is_over_for(seeds))
