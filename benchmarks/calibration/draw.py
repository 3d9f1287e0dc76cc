"""Draw studies in which nothing differs: differences of many shapes, and runs that fail to train."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

SEED = 20_261_130
LOST = 100.0
"""What a run that fails loses, in standard deviations of a difference: from 97 % to chance is more."""

Shape: TypeAlias = tuple[int, int, int]
Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True)
class Drawn:
    """Differences by seed, with the runs that failed to train; every array is studies × questions × seeds.

    Args:
        differences: Treatment minus reference, in standard deviations, had both runs trained.
        treatment_failed: Which of the treatment's runs failed; None where no run can.
        reference_failed: Which of the reference's did.
    """

    differences: Floats
    treatment_failed: Flags | None = None
    reference_failed: Flags | None = None

    @property
    def as_measured(self) -> Floats:
        """The differences of what was measured, failed runs included."""
        if self.treatment_failed is None or self.reference_failed is None:
            return self.differences
        return self.differences + LOST * (1.0 * self.reference_failed - 1.0 * self.treatment_failed)

    def __getitem__(self, key: slice | tuple[slice, slice]) -> Drawn:
        """Return some of the studies, or some of the questions of each."""
        arrays = (self.differences, self.treatment_failed, self.reference_failed)
        return Drawn(*(None if each is None else each[key] for each in arrays))  # type: ignore[arg-type]  # the first is never None

    def moved(self, by: float) -> Drawn:
        """Return the same studies with another mean difference."""
        return replace(self, differences=self.differences + by)


def _failing(treatment: float, reference: float) -> Callable[[np.random.Generator, Shape], Drawn]:
    def draw_failing(draw: np.random.Generator, shape: Shape) -> Drawn:
        return Drawn(draw.normal(size=shape), draw.random(shape) < treatment, draw.random(shape) < reference)

    return draw_failing


def _two_arms(draw: np.random.Generator, shape: Shape) -> Floats:
    return (3 * draw.normal(size=shape) - draw.normal(size=shape)) / np.sqrt(10)


def _two_variances(draw: np.random.Generator, shape: Shape) -> Floats:
    return draw.normal(size=shape) * np.where(draw.random(shape) < 0.5, 1, 5) / np.sqrt(13)


SHAPES: dict[str, Callable[[np.random.Generator, Shape], Drawn]] = {
    "normal": lambda draw, shape: Drawn(draw.normal(size=shape)),
    "exponential": lambda draw, shape: Drawn(draw.exponential(size=shape) - 1),
    "heavy tails": lambda draw, shape: Drawn(draw.standard_t(3, shape) / np.sqrt(3)),
    "coarse": lambda draw, shape: Drawn(np.rint(draw.normal(size=shape))),
    "one variant varies three times as much": lambda draw, shape: Drawn(_two_arms(draw, shape)),
    "every other seed varies five times as much": lambda draw, shape: Drawn(_two_variances(draw, shape)),
    "one treatment run in ten fails": _failing(0.1, 0.0),
    "one run in ten fails": _failing(0.1, 0.1),
    "one run in two fails": _failing(0.5, 0.5),
}
"""Differences of mean 0 and standard deviation about 1, one run a seed of each of two variants."""

ONE_SIDED_FAILURE = "one treatment run in ten fails"
"""The shape in which the treatment truly is the less reliable one."""


def studies(name: str, shape: Shape) -> Drawn:
    """Draw studies of one shape; the same ones each time.

    Args:
        name: A key of `SHAPES`.
        shape: Studies, questions of each, seeds of each.
    """
    return SHAPES[name](generator(list(SHAPES).index(name), shape[-1]), shape)


def generator(*of: Any) -> np.random.Generator:
    """Return the random numbers of one part of the simulation."""
    return np.random.default_rng([SEED, *of])
