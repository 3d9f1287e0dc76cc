"""The numbers behind every curve: a variant's runs, summarized epoch by epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from paribus.record.history import History
from paribus.record.run import EpochRow, RunRecord, Status
from paribus.study.metrics import Metric, score_of
from paribus.texts import text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BandKind: TypeAlias = Literal["range", "deviation"]

_MAX_STEPS = 6  # how many numbers of runs are listed one by one


@dataclass(frozen=True)
class Band:
    """One metric over the epochs, summarized over the runs that have it.

    Args:
        mean: Over the runs with a finite value, shape (num_epochs,); NaN where there is none.
        low: The band's lower edge, same shape.
        high: Its upper edge, same shape.
        n_runs: How many runs have a finite value at each epoch, same shape.
    """

    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    n_runs: NDArray[np.int64]

    @property
    def complete_epochs(self) -> int:
        """How many epochs, from the first on, have as many runs as the first."""
        fewer = (self.n_runs < self.n_runs[:1]).nonzero()[0]
        return int(fewer[0]) if len(fewer) else len(self.n_runs)


@dataclass(frozen=True)
class CurveInfo:
    """A variant's curves in numbers: everything its figures show.

    Args:
        variant: Its name.
        label: Its name with a few words for it, as a reader meets it.
        changes: What it changes, in words.
        epochs: 1 … the longest run's last, shape (num_epochs,).
        n_runs: How many of the runs in the bands have trained each epoch, same shape.
        bands: By the metric's name in the history; without the runs that diverged, if others did not.
        diverged: The curves of runs that diverged while others did not, by metric, each as long as it is.
        records: The runs.
        band_kind: What the bands show: lowest to highest, or the standard deviation to either side.
    """

    variant: str
    label: str
    changes: str
    epochs: NDArray[np.int64]
    n_runs: NDArray[np.int64]
    bands: Mapping[str, Band]
    diverged: tuple[Mapping[str, NDArray[np.float64]], ...]
    records: tuple[RunRecord, ...]
    band_kind: BandKind

    @property
    def runs(self) -> int:
        """How many runs the bands summarize."""
        return len(self.records) - len(self.diverged)

    @property
    def test(self) -> tuple[float, ...]:
        """The test scores, of the runs that have one."""
        return tuple(run.test_score for run in self.records if run.test_score is not None)

    @property
    def score(self) -> Metric:
        """What its runs are scored by."""
        return self.records[0].score if self.records else score_of("classification")

    @property
    def penalised(self) -> bool:
        """Whether the loss contains a penalty."""
        band = self.bands.get("penalty")
        return band is not None and bool((band.high > 0).any())


def kept_epoch(record: RunRecord) -> int | None:
    """Return the epoch whose weights were kept; None where none was."""
    return record.result.kept_epoch if record.result and record.result.test else None


def kept_epochs(info: CurveInfo) -> tuple[int, ...]:
    """Return the epochs whose weights were kept, where training did not simply go to its end."""
    kept = {
        epoch
        for run in info.records
        if (epoch := kept_epoch(run)) and (run.status is Status.EARLY_STOPPED or epoch != len(run.history))
    }
    return tuple(sorted(kept))


def curve_info(
    records: Sequence[RunRecord],
    *,
    variant: str = "",
    label: str = "",
    changes: str = "",
    band_kind: BandKind = "range",
) -> CurveInfo:
    """Summarize a variant's runs, epoch by epoch.

    Runs of different length are not padded: each epoch's mean and band are those of the runs that trained
    it, and say how many these are. A value that is not finite counts as none. Runs that diverged are kept
    apart from those that did not, since a mean of both describes neither.

    Args:
        records: The variant's runs, one a seed, in any state.
        variant: Its name.
        label: Its name as figures show it; the name where nothing is said.
        changes: What it changes, in words.
        band_kind: ``range`` for lowest to highest, ``deviation`` for the mean ± the sample standard deviation
            (of two runs or more).
    """
    import numpy as np

    sound = [record for record in records if record.status is not Status.DIVERGED] or records
    diverged = [record for record in records if record not in sound]
    longest = max((len(record.history) for record in records), default=0)
    epochs = np.arange(1, longest + 1)
    lengths = np.array([len(record.history) for record in sound], dtype=np.int64)
    return CurveInfo(
        variant,
        label or variant,
        changes,
        epochs,
        (lengths[:, None] >= epochs).sum(axis=0),
        {name: band(table, band_kind) for name, table in _tables(sound, longest).items()},
        tuple({name: t[0] for name, t in _tables([one], len(one.history)).items()} for one in diverged),
        tuple(records),
        band_kind,
    )


def band_notes(infos: Sequence[CurveInfo]) -> tuple[str, ...]:
    """Return what the bands show, and at which epochs fewer runs are behind them than at first."""
    several = [info for info in infos if info.runs > 1]
    shown = [text(f"report.caption-{several[0].band_kind}")] if several else []
    return (*shown, *run_notes(infos))


def run_notes(infos: Sequence[CurveInfo]) -> tuple[str, ...]:
    """Return at which epochs fewer runs are behind the bands than at first."""
    notes: list[str] = []
    for info in [info for info in infos if info.runs > 1]:
        if steps := _run_counts(info):
            code = "report.caption-alive" if len(infos) == 1 else "report.caption-alive-of"
            notes.append(text(code, variant=info.label, steps=steps))
    return tuple(notes)


def _run_counts(info: CurveInfo) -> str:
    """Return how many runs reach which epoch; empty where all reach the last."""
    counts = info.n_runs.tolist()
    lasts = [
        epoch for epoch, runs in enumerate(counts, start=1) if epoch == len(counts) or counts[epoch] != runs
    ]
    steps = [(counts[last - 1], last) for last in lasts if counts[last - 1]]
    if len(steps) < 2:
        return ""
    if len(steps) > _MAX_STEPS:
        (most, first), (fewest, last) = steps[0], steps[-1]
        return text("report.alive-falling", most=most, first=first, fewest=fewest, last=last)
    return ", ".join(text("report.alive-to", runs=runs, epoch=epoch) for runs, epoch in steps)


def _tables(records: Sequence[RunRecord], longest: int) -> dict[str, NDArray[np.float64]]:
    """Return every metric as a table: a row a run, a column an epoch, NaN where a run has no value."""
    import numpy as np

    columns = [_columns(record) for record in records]
    names = dict.fromkeys(name for of_run in columns for name in of_run)
    tables = {name: np.full((len(records), longest), np.nan) for name in names}
    for place, of_run in enumerate(columns):
        for name, values in of_run.items():
            tables[name][place, : len(values)] = values
    return tables


def _columns(record: RunRecord) -> Mapping[str, NDArray[np.float64]]:
    """Return every metric of a run by name, NaN at epochs that lack it."""
    import numpy as np

    of_engine = record.spec.configuration.train is None
    if of_engine and isinstance(record.history, History) and (found := record.history.columns()) is not None:
        return found
    rows = [_with_data_loss(record, row) for row in record.history]
    names = dict.fromkeys(name for row in rows for name in row if name != "epoch")
    return {name: np.array([row.get(name, np.nan) for row in rows], np.float64) for name in names}


def _with_data_loss(record: RunRecord, row: EpochRow) -> EpochRow:
    """Return an epoch with the loss on the data, which is the loss where no part of it is a known penalty."""
    if record.spec.configuration.train is None:
        return row
    losses = {f"{part}data_loss": row[f"{part}loss"] for part in ("", "val_") if f"{part}loss" in row}
    return {**losses, **row}


def band(table: NDArray[np.float64], kind: BandKind = "range") -> Band:
    """Summarize a table of a row a run and a column an epoch, NaN where a run has no value."""
    import numpy as np

    finite = np.isfinite(table)
    n_runs = finite.sum(axis=0)

    def over(runs: Callable[[NDArray[np.float64]], float]) -> NDArray[np.float64]:
        columns = zip(table.T, finite.T, strict=True)
        return np.array([runs(column[good]) if good.any() else np.nan for column, good in columns])

    mean = over(np.mean)
    if kind == "range":
        return Band(mean, over(np.min), over(np.max), n_runs)
    deviation = over(lambda runs: float(np.std(runs, ddof=1)) if len(runs) > 1 else 0.0)
    return Band(mean, mean - deviation, mean + deviation, n_runs)
