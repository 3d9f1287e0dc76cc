"""The numbers behind every curve: a variant's runs, summed up epoch by epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from paribus.record.run import DataUsed, RunRecord, Status

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Spread: TypeAlias = Literal["range", "deviation"]


@dataclass(frozen=True)
class Band:
    """One metric over the epochs, summed up over the runs that have it.

    Args:
        mean: Over the runs with a finite value, shape (num_epochs,); NaN where there is none.
        low: The band's lower edge, same shape.
        high: Its upper edge, same shape.
        alive: How many runs have a finite value at each epoch, same shape.
    """

    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    alive: NDArray[np.int64]

    @property
    def whole(self) -> int:
        """How many epochs, from the first on, have as many runs as the first."""
        fewer = (self.alive < self.alive[:1]).nonzero()[0]
        return int(fewer[0]) if len(fewer) else len(self.alive)


@dataclass(frozen=True)
class End:
    """Where one run ends.

    Args:
        seed: The run's seed.
        status: How it stands.
        epochs: How many epochs it has.
        kept_epoch: The epoch whose weights were kept; None where none was.
        test: Its test accuracy, in [0, 1]; None where it has none.
    """

    seed: int
    status: Status
    epochs: int
    kept_epoch: int | None
    test: float | None


@dataclass(frozen=True)
class CurveInfo:
    """A variant's curves in numbers: everything its figures show.

    Args:
        variant: Its name.
        changes: What it changes, told in words.
        epochs: 1 … the longest run's last, shape (num_epochs,).
        alive: How many of the runs in the bands have trained each of them, same shape.
        bands: By the metric's name in the history; without the runs that diverged, if others did not.
        strays: The histories of those that diverged, a curve a metric, each as long as it is.
        ends: One a run.
        data: The images the runs were made with.
        spread: What the bands show: lowest to highest, or the standard deviation to either side.
    """

    variant: str
    changes: str
    epochs: NDArray[np.int64]
    alive: NDArray[np.int64]
    bands: Mapping[str, Band]
    strays: tuple[Mapping[str, NDArray[np.float64]], ...]
    ends: tuple[End, ...]
    data: tuple[DataUsed, ...]
    spread: Spread

    @property
    def runs(self) -> int:
        """How many runs the bands are made of."""
        return len(self.ends) - len(self.strays)

    @property
    def test(self) -> tuple[float, ...]:
        """The test accuracies, of the runs that have one."""
        return tuple(end.test for end in self.ends if end.test is not None)

    @property
    def penalised(self) -> bool:
        """Whether the loss has a penalty in it."""
        band = self.bands.get("penalty")
        return band is not None and bool((band.high > 0).any())


def curve_info(
    records: Sequence[RunRecord], *, variant: str = "", changes: str = "", spread: Spread = "range"
) -> CurveInfo:
    """Sum up a variant's runs, epoch by epoch.

    Runs of different length are not padded: each epoch's mean and band are those of the runs that trained
    it, and say how many these are. A value that is not finite counts as none. Runs that diverged are told
    apart from those that did not, since a mean of both is nobody's.

    Args:
        records: The variant's runs, one a seed, in any state.
        variant: Its name, for the figures.
        changes: What it changes, told in words.
        spread: ``range`` for lowest to highest, ``deviation`` for the mean ± the sample standard deviation
            (of two runs or more).
    """
    import numpy as np

    sound = [record for record in records if record.status is not Status.DIVERGED] or records
    strays = [record for record in records if record not in sound]
    longest = max((len(record.history) for record in records), default=0)
    epochs = np.arange(1, longest + 1)
    lengths = np.array([len(record.history) for record in sound], dtype=np.int64)
    return CurveInfo(
        variant,
        changes,
        epochs,
        (lengths[:, None] >= epochs).sum(axis=0),
        {name: _band(table, spread) for name, table in _tables(sound, longest).items()},
        tuple({name: t[0] for name, t in _tables([stray], len(stray.history)).items()} for stray in strays),
        tuple(_end(record) for record in records),
        tuple(dict.fromkeys(record.data for record in records)),
        spread,
    )


def _tables(records: Sequence[RunRecord], longest: int) -> dict[str, NDArray[np.float64]]:
    """Every metric as a table, a row a run and a column an epoch, NaN where a run has no value."""
    import numpy as np

    names = dict.fromkeys(name for record in records for row in record.history for name in row)
    tables = {name: np.full((len(records), longest), np.nan) for name in names if name != "epoch"}
    for place, record in enumerate(records):
        for epoch, row in enumerate(record.history):
            for name in tables.keys() & row.keys():
                tables[name][place, epoch] = row[name]
    return tables


def _band(table: NDArray[np.float64], spread: Spread) -> Band:
    import numpy as np

    finite = np.isfinite(table)
    alive = finite.sum(axis=0)

    def over(runs: Callable[[NDArray[np.float64]], float]) -> NDArray[np.float64]:
        columns = zip(table.T, finite.T, strict=True)
        return np.array([runs(column[good]) if good.any() else np.nan for column, good in columns])

    mean = over(np.mean)
    if spread == "range":
        return Band(mean, over(np.min), over(np.max), alive)
    deviation = over(lambda runs: float(np.std(runs, ddof=1)) if len(runs) > 1 else 0.0)
    return Band(mean, mean - deviation, mean + deviation, alive)


def _end(record: RunRecord) -> End:
    result = record.result
    kept = result.kept_epoch if result and result.test else None
    test = result.test.get("accuracy") if result else None
    return End(record.spec.seed, record.status, len(record.history), kept, test)
