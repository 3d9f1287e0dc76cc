"""What a hand-in holds, as the process that read it hands it back: plain values, which JSON can carry."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal, TypeAlias

from pydantic import Field

from paribus.record.run import EpochRow, RunRecord
from paribus.study.configuration import canonical_json
from paribus.study.frozen import Frozen

Kind: TypeAlias = Literal["folder", "notebook", "history", "table", "nothing"]
MAX_LOSSES = 2_000
"""Epochs of a run that are compared one by one."""


class HandedRun(Frozen):
    """A run as it was handed in.

    Args:
        variant: The study's variant that it is a run of.
        seed: Its seed, or its number where no seed is known.
        run: Digest of its specification; empty where only numbers were handed in.
        status: How it ended.
        files: SHA-256 of its history, weights and test predictions, of those that it has.
        machine: Processor, versions and flags, on which its bits depend.
        updates: How its epochs were computed.
        threads: How many threads it was trained on.
        numbers: What can be compared with runs of our own, such as ``test_accuracy`` and ``val_accuracy``.
        losses: The training loss of each epoch; None where there is no number.
        rows: The start of the SHA-256 of each epoch's numbers.
        faults: What contradicts itself in its files, a sentence each.
    """

    variant: str
    seed: int
    run: str = ""
    status: str = "finished"
    files: dict[str, str] = Field(default_factory=dict)
    machine: dict[str, str] = Field(default_factory=dict)
    updates: str = ""
    threads: int = 1
    numbers: dict[str, float] = Field(default_factory=dict)
    losses: tuple[float | None, ...] = ()
    rows: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def has_ended(self) -> bool:
        """Whether there is something to train again: it was trained to its end, or diverged."""
        return self.status in ("finished", "early-stopped", "diverged")


class Outcome(Frozen):
    """What a hand-in shows of one expectation.

    Args:
        holds: Whether it is as expected; None where the hand-in does not tell.
        reason: Why, in a sentence.
    """

    holds: bool | None
    reason: str


class Submission(Frozen):
    """Everything that was read of a hand-in.

    Args:
        kind: What it is.
        runs: The study's runs in it.
        outcomes: What it shows of each expectation, in the study's order.
        notes: What else must be known, a sentence each.
        problem: Why nothing could be read; empty where something was.
        is_damaged: Whether files are not what their digests say.
        has_other_settings: Whether it has runs of settings that are none of the study's.
        missing: How many runs of the study it lacks.
    """

    kind: Kind
    runs: tuple[HandedRun, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""
    is_damaged: bool = False
    has_other_settings: bool = False
    missing: int = 0


def row_digests(history: Sequence[EpochRow]) -> tuple[str, ...]:
    """Return the start of the SHA-256 of each epoch's numbers, which are the same where their bits are."""
    written = (canonical_json({name: float(value).hex() for name, value in row.items()}) for row in history)
    return tuple(hashlib.sha256(row.encode()).hexdigest()[:16] for row in written)


def numbers_of(record: RunRecord) -> dict[str, float]:
    """Return the numbers of a run that another run of its variant can be compared by."""
    name, found = record.score, dict[str, float]()
    if (test := record.test_score) is not None:
        found[name.test] = test
    if (held_out := record.validation_score) is not None:
        found[name.val] = held_out
    return found
