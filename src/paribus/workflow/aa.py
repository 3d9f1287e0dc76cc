"""The A/A control, from the study to the sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from paribus.analysis.questions.aa import aa_variant
from paribus.errors import UsageError
from paribus.study.reader import load
from paribus.study.study import Study
from paribus.workflow.results import Results
from paribus.workflow.run import (
    Display,
    Prepared,
    Request,
    StudySource,
    as_path,
    asked,
    display_for,
    known_data,
    looked_at,
    prepare,
    train_held,
)

PAIRS = 5
"""Pairs where neither the user nor the study asks for more."""


def run_aa_test(
    study: StudySource,
    *,
    pairs: int | None = None,
    workers: int | None = None,
    data_dir: str | Path | None = None,
    embedded: bool = False,
    out: str | Path | None = None,
) -> Results:
    """Hold the variant that changes nothing against itself on other seeds; the answer is `Results.aa_test`.

    Args:
        study: A study, its file, a built-in's name, or a mapping with a study file's keys.
        pairs: Seeds 0 to n - 1 against n to 2 n - 1; None for the study's seeds, five at least.
        workers: Processes side by side, one thread each; None for one a core. Never changes a result.
        data_dir: Folder with the images in their official layout; None to look in the cache.
        embedded: Whether small stand-ins play the image sets' roles.
        out: The study's folder; None for ``paribus-out/<study>``.

    Raises:
        InputError: As `paribus.run`, and where there are fewer than two pairs.

    Example:
        >>> import paribus as pb
        >>> pb.run_control("lab2", embedded=True).control.sentence  # doctest: +SKIP
    """
    request = Request(
        seeds=pairs, workers=workers, data_dir=as_path(data_dir), embedded=embedded, out=as_path(out)
    )
    prepared = prepare_aa(study, request)
    return train_aa(prepared, request, display_for(prepared.plan, workers))


def prepare_aa(source: StudySource, request: Request) -> Prepared:
    """As `prepare`, for twice as many seeds of the one variant that is held against itself.

    Args:
        source: A study, its file, a built-in's name or a mapping.
        request: What the user asks; its `seeds` are the pairs.

    Raises:
        InputError: As `prepare`, and where there are fewer than two pairs.
    """
    study = source if isinstance(source, Study) else load(source)
    pairs = max(study.seeds, PAIRS) if request.seeds is None else request.seeds
    if pairs < 2:
        raise UsageError("control.too-few", given=pairs)
    return prepare(study, replace(request, only=[aa_variant(study)], seeds=2 * pairs))


def train_aa(prepared: Prepared, request: Request, display: Display) -> Results:
    """Train what is missing of the control, and keep in the folder that there is one.

    Args:
        prepared: From `prepare_aa`.
        request: What the user asks.
        display: Shows the training.

    Raises:
        StoreError: Another process is training into the folder, or it cannot be written.
    """
    store = prepared.store
    seeds = asked(prepared.plan)
    variant = aa_variant(prepared.study)
    with store.writing():
        store.write_study(prepared.study, {**known_data(store), **prepared.data})
        store.write_aa_test(variant, len(seeds[variant]) // 2)
        train_held(prepared, request, display)
        return looked_at(store, seeds)
