"""A run as a report describes it, so that whoever trains it again can check the result."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import cast

from pydantic import Field

from paribus.record.folder import HISTORY, PREDICTIONS, WEIGHTS, RunFolder, test_examples
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
        test_accuracy: In [0, 1]; None in a regression.
        tolerance: How far the test score may differ where the bits cannot be the same.
        files: SHA-256 of its history, weights and test predictions.
        machine: Processor, versions and flags, on which the bits depend.
        test_r2: R² of a regression; else None.
        threads: How many threads it was trained on.
    """

    variant: str
    seed: int = Field(ge=0)
    run: str
    updates: UpdateMode
    test_accuracy: float | None = Field(default=None, ge=0, le=1)
    tolerance: float = Field(ge=0)
    files: dict[str, str]
    machine: dict[str, str]
    test_r2: float | None = None
    threads: int = Field(default=1, ge=1)

    @property
    def score(self) -> float:
        """The test score: accuracy, or R²."""
        found = self.test_accuracy if self.test_accuracy is not None else self.test_r2
        return 0.0 if found is None else found


def reported(variant: str, record: RunRecord, margin: float | None = None) -> Reported | None:
    """Describe a run; return None unless it was trained to its end and its files have digests.

    The tolerance is the largest of the margin, the 95% range of the difference between two scores on n test
    examples, and one example. The range is 1.96 √(2 v / n), with the variance v = p (1 − p) of an accuracy p,
    and that of 1 − (squared error) / (variance of the target) of R².

    Args:
        margin: Differences in the score up to this count as equal, in [0, 1].
    """
    digests = RunFolder(record.folder).digests()
    if record.status not in (Status.FINISHED, Status.EARLY_STOPPED) or record.result is None:
        return None
    score, mode = record.test_score, record.result.update_mode
    if record.spec.configuration.train is not None:
        mode = "stepwise"  # of a function of the user's, which no option changes
    if score is None or not mode or any(name not in digests for name in _FILES):
        return None
    images = max(1, test_examples(record))
    is_share = record.score.unit == "percent"
    chance = _N_SIGMA * sqrt(2 * (score * (1 - score) if is_share else _variance(record)) / images)
    return Reported(
        variant=variant,
        seed=record.spec.seed,
        run=record.spec.digest,
        updates=cast("UpdateMode", mode),
        test_accuracy=score if is_share else None,
        test_r2=None if is_share else score,
        tolerance=round(max(margin or 0.0, chance, 1 / images), 6),
        files={name: digests[name] for name in _FILES},
        machine=machine_of(RunFolder(record.folder).environment()),
        threads=record.result.threads,
    )


def _variance(record: RunRecord) -> float:
    from paribus.record.metrics import by_example

    outputs, labels = RunFolder(record.folder).predictions()
    found = by_example(record.score.name, outputs, labels, record.spec.configuration.facts.task)
    return 0.0 if found is None else float(found.var())


def machine_of(environment: Mapping[str, object]) -> dict[str, str]:
    """Return what the bits of a run depend on: GPU, processor, versions and flags.

    Args:
        environment: As `RunFolder.environment` has it.
    """
    versions = cast("dict[str, object]", environment.get("versions", {}))
    flags = cast("dict[str, object]", environment.get("flags", {}))
    device = {"device": environment["device"]} if environment.get("device") else {}
    found = {
        **device,
        "processor": environment.get("processor", ""),
        **{name: versions.get(name) for name in _PACKAGES},
        **flags,
    }
    return {name: str(value) for name, value in found.items()}
