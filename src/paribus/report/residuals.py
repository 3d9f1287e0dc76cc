"""What runs predicted in a regression: predicted against true, what is left, and the largest errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from paribus.errors import StoreError
from paribus.record.folder import RunFolder
from paribus.record.run import RunRecord
from paribus.report.axis import Axis, linear_axis
from paribus.report.predictions import MAX_MISTAKES, Pictures
from paribus.report.tables import Table, make_table
from paribus.texts import number, text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_POINTS = 500
"""Examples that a plot shows; of more, evenly many from the lowest target to the highest."""
MAX_TARGETS = 4
"""Targets that are drawn."""
_MAX_COLUMNS = 12  # of a row that is told with its error


@dataclass(frozen=True)
class Scatter:
    """One point an example.

    Args:
        kind: Predicted against true, with the diagonal; or what is left, with the line at 0.
        target: Its number, from 1; 0 where there is one.
        points: Across and up.
    """

    kind: Literal["predicted", "residual"]
    target: int
    points: tuple[tuple[float, float], ...]

    @property
    def title(self) -> str:
        """What it shows."""
        title = text(f"page.scatter-{self.kind}")
        return text("page.scatter-of", title=title, target=self.target) if self.target else title

    @property
    def across(self) -> str:
        """The title of the horizontal axis."""
        return text(f"page.axis-{'true' if self.kind == 'predicted' else 'predicted'}")

    @property
    def up(self) -> str:
        """The title of the vertical axis."""
        return text(f"page.axis-{self.kind}")

    @cached_property
    def horizontal(self) -> Axis:
        """The axis of the first of each pair; that of both where these are to be equal."""
        return _axis([x for x, _ in self.points] + ([y for _, y in self.points] if self.is_square else []))

    @cached_property
    def vertical(self) -> Axis:
        """The axis of the second of each pair."""
        return self.horizontal if self.is_square else _axis([0.0, *(y for _, y in self.points)])

    @property
    def is_square(self) -> bool:
        """Whether both axes are one scale."""
        return self.kind == "predicted"

    @property
    def description(self) -> str:
        """The plot in a sentence."""
        return text("page.scatter-described", title=self.title, count=len(self.points))


@dataclass(frozen=True)
class Residuals:
    """What a variant's first run that ended predicted.

    Args:
        seed: The run's.
        examples: How many test examples there are.
        plots: Two a target.
        worst: The largest errors, the largest first, a row an example.
    """

    seed: int
    examples: int
    plots: tuple[Scatter, ...]
    worst: Table


def residuals(
    records: Sequence[RunRecord], pictures: Pictures, *, most: int = MAX_MISTAKES
) -> Residuals | None:
    """Return what a regression's first run with predictions predicted; None where none has kept its outputs.

    An error's size is counted in standard deviations of its target, so that targets of any unit compare.

    Args:
        records: Of one variant.
        pictures: The test rows, as far as this machine has them.
        most: How many errors to list.
    """
    for record in records:
        try:
            outputs, targets = RunFolder(record.folder).predictions()
        except (OSError, StoreError):
            continue
        given, wanted = outputs.astype("float64"), targets.astype("float64").reshape(outputs.shape)
        plots: list[Scatter] = []
        for place in range(min(MAX_TARGETS, given.shape[1])):
            named = place + 1 if given.shape[1] > 1 else 0
            plots += _plots(given[:, place], wanted[:, place], named)
        worst = _worst(given, wanted, pictures.of(records, len(given)), most)
        return Residuals(record.spec.seed, len(given), tuple(plots), worst)
    return None


def _plots(given: NDArray[np.float64], wanted: NDArray[np.float64], target: int) -> list[Scatter]:
    import numpy as np

    order = np.argsort(wanted, kind="stable")
    shown = order[np.linspace(0, len(order) - 1, min(MAX_POINTS, len(order))).round().astype(int)]
    predicted = tuple((float(wanted[row]), float(given[row])) for row in shown)
    left = tuple((float(given[row]), float(wanted[row] - given[row])) for row in shown)
    return [Scatter("predicted", target, predicted), Scatter("residual", target, left)]


def _worst(given: NDArray[np.float64], wanted: NDArray[np.float64], pictures: Pictures, most: int) -> Table:
    import numpy as np

    deviation = wanted.std(axis=0)
    sizes = np.abs(given - wanted) / np.where(deviation > 0, deviation, 1.0)
    largest = np.argsort(-sizes.max(axis=1), kind="stable")[:most]
    cells = [_cells(int(row), int(sizes[row].argmax()), given, wanted, pictures) for row in largest]
    return make_table("page.worst-", cells, {"row", "id"})


def _cells(
    row: int, target: int, given: NDArray[np.float64], wanted: NDArray[np.float64], pictures: Pictures
) -> dict[str, str]:
    several = {"target": str(target + 1)} if given.shape[1] > 1 else {}
    true, predicted = wanted[row, target], given[row, target]
    named = {"data-row": number(pictures.places[row], ",")} if pictures.places else {"place": str(row)}
    called = {"id": pictures.ids[row]} if pictures.ids else {}
    cells = {
        **named,
        **called,
        **several,
        "true": number(float(true), ".4g"),
        "predicted": number(float(predicted), ".4g"),
        "error": number(float(predicted - true), "+.3g"),
    }
    if pictures.rows is not None and pictures.features:
        known = zip(pictures.features[:_MAX_COLUMNS], pictures.rows[row], strict=False)
        cells["row"] = ", ".join(f"{name} {number(float(each), '.4g')}" for name, each in known)
    return cells


def _axis(values: Sequence[float]) -> Axis:
    finite = [value for value in values if abs(value) < float("inf")] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    slack = 0.05 * (high - low) or 0.5
    return linear_axis(low - slack, high + slack)
