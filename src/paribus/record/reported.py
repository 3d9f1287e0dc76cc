"""A run as a report describes it, so that whoever trains it again can check the result."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import cast

from pydantic import Field

from paribus.record.folder import HISTORY, PREDICTIONS, WEIGHTS, RunFolder
from paribus.record.run import RunRecord, Status
from paribus.study.frozen import Frozen
from paribus.study.update_mode import UpdateMode

_FILES = (HISTORY, WEIGHTS, PREDICTIONS)
_PACKAGES = ("jax", "jaxlib", "keras", "numpy")
_N_SIGMA = 1.96  # standard errors to either side, for 95%


class Reported(Frozen):
    """A run that was trained to its end, in numbers.

    Args:
        variant: Its name in the study.
        seed: Its seed.
        run: Digest of its specification: configuration, seed, images, semantics.
        updates: How its epochs were computed.
        test_accuracy: In [0, 1].
        tolerance: How far the test accuracy may differ where the bits cannot be the same.
        files: SHA-256 of its history, weights and test predictions.
        machine: Processor, versions and flags, on which the bits depend.
    """

    variant: str
    seed: int = Field(ge=0)
    run: str
    updates: UpdateMode
    test_accuracy: float = Field(ge=0, le=1)
    tolerance: float = Field(ge=0)
    files: dict[str, str]
    machine: dict[str, str]


def reported(variant: str, record: RunRecord, margin: float | None = None) -> Reported | None:
    """Describe a run; return None unless it was trained to its end and its files have digests.

    The tolerance is the largest of the margin, the 95% range of the difference between two accuracies p on n
    test images, 1.96 √(2 p (1 − p) / n), and one image.

    Args:
        margin: Differences in accuracy up to this count as equal, in [0, 1].
    """
    digests = RunFolder(record.folder).digests()
    if record.status not in (Status.FINISHED, Status.EARLY_STOPPED) or record.result is None:
        return None
    accuracy = record.result.test.get("accuracy")
    if accuracy is None or not record.result.update_mode or any(name not in digests for name in _FILES):
        return None
    images = max(1, record.data.test)
    chance = _N_SIGMA * sqrt(2 * accuracy * (1 - accuracy) / images)
    return Reported(
        variant=variant,
        seed=record.spec.seed,
        run=record.spec.digest,
        updates=cast("UpdateMode", record.result.update_mode),
        test_accuracy=accuracy,
        tolerance=round(max(margin or 0.0, chance, 1 / images), 6),
        files={name: digests[name] for name in _FILES},
        machine=_machine(RunFolder(record.folder).environment()),
    )


def _machine(environment: Mapping[str, object]) -> dict[str, str]:
    versions = cast("dict[str, object]", environment.get("versions", {}))
    flags = cast("dict[str, object]", environment.get("flags", {}))
    found = {
        "processor": environment.get("processor", ""),
        **{name: versions.get(name) for name in _PACKAGES},
        **flags,
    }
    return {name: str(value) for name, value in found.items()}
