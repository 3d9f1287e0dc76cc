"""The A/A control, from the study to the sentence."""

from __future__ import annotations

from dataclasses import replace

from paribus.analysis.control import controlled
from paribus.errors import UsageError
from paribus.study.model import Study
from paribus.study.reader import load
from paribus.workflow.results import Results
from paribus.workflow.run import (
    Display,
    Prepared,
    Request,
    StudySource,
    asked,
    known_data,
    prepare,
    train_held,
)

PAIRS = 5
"""Pairs where neither the user nor the study asks for more."""


def prepare_control(source: StudySource, request: Request) -> Prepared:
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
    return prepare(study, replace(request, only=[controlled(study)], seeds=2 * pairs))


def train_control(prepared: Prepared, request: Request, display: Display) -> Results:
    """Train what is missing of the control, and keep in the folder that there is one.

    Args:
        prepared: From `prepare_control`.
        request: What the user asks.
        display: Shows the training.

    Raises:
        StoreError: Another process is training into the folder, or it cannot be written.
    """
    store = prepared.store
    seeds = asked(prepared.plan)
    variant = controlled(prepared.study)
    with store.writing():
        store.write_study(prepared.study, {**known_data(store), **prepared.data})
        store.write_control(variant, len(seeds[variant]) // 2)
        train_held(prepared, request, display)
        store.note_look(seeds)
    return Results.read(store.folder)
