"""The epochs of a run in columns, so that ten thousand runs fit into memory, read when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast, overload

from paribus.record import rows as row_reader
from paribus.record.run import EpochRow
from paribus.study import reading

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_EPOCH = "epoch"


class History(Sequence[EpochRow]):
    """Rows that are made of columns of numbers when they are asked for; equal to a tuple of the same rows.

    Rows that do not all have the same names, or have integers, are kept as they are.

    Args:
        rows: One for each epoch, from 1 on.

    Example:
        >>> history = History([{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}])
        >>> len(history), history[-1]
        (2, {'epoch': 2, 'loss': 0.25})
        >>> history.column("loss")
        array([0.5 , 0.25])
    """

    __slots__ = ("_names", "_rows", "_values")

    def __init__(self, rows: Sequence[EpochRow] = ()) -> None:
        columns = _columns(rows)
        self._names: tuple[str, ...] = ()
        self._values: NDArray[np.float64] | None = None
        self._rows: tuple[EpochRow, ...] = ()
        if columns is None:
            self._rows = tuple(rows)
        else:
            self._names, self._values = columns

    def __len__(self) -> int:
        return len(self._rows) if self._values is None else self._values.shape[1]

    @overload
    def __getitem__(self, place: int) -> EpochRow: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[EpochRow, ...]: ...
    def __getitem__(self, place: int | slice) -> EpochRow | tuple[EpochRow, ...]:
        if self._values is None:
            return self._rows[place]
        if isinstance(place, slice):
            return tuple(self._row(each) for each in range(*place.indices(len(self))))
        return self._row(range(len(self))[place])

    def __iter__(self) -> Iterator[EpochRow]:
        if self._values is None:
            yield from self._rows
            return
        for epoch, numbers in enumerate(zip(*self._values.tolist(), strict=True), 1):
            yield {_EPOCH: epoch, **dict(zip(self._names, numbers, strict=True))}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        rows = cast("Sequence[object]", other)
        return len(self) == len(rows) and all(one == two for one, two in zip(self, rows, strict=True))

    __hash__ = None  # type: ignore[assignment] # as a tuple of mappings has none

    def __repr__(self) -> str:
        return f"History({len(self)} epochs)"

    @property
    def is_bounded(self) -> bool:
        """Whether it is in columns, and none of their numbers is too large for a curve."""
        return self._values is not None and float(abs(self._values).max()) < row_reader.LARGEST

    def column(self, name: str) -> NDArray[np.float64] | None:
        """Return the numbers of every epoch, shape (epochs,); None where there is no such column."""
        if self._values is None or name not in self._names:
            return None
        return self._values[self._names.index(name)].copy()

    def columns(self) -> dict[str, NDArray[np.float64]] | None:
        """Return the numbers of all epochs by name, epochs aside; None where the rows are no columns."""
        return None if self._values is None else dict(zip(self._names, self._values, strict=True))

    def _row(self, place: int) -> EpochRow:
        assert self._values is not None
        numbers = self._values[:, place].tolist()
        return {_EPOCH: place + 1, **dict(zip(self._names, numbers, strict=True))}


class KeptHistory(History):
    """A history of which the length and some rows are known; the others are read when they are asked for.

    Args:
        length: The number of epochs.
        known: The rows that are known, by their place from 0.
        load: Reads all of them; it raises a `StoreError` where they have changed since.
    """

    __slots__ = ("_known", "_length", "_load")

    def __init__(
        self, length: int, known: Mapping[int, EpochRow], load: Callable[[], Sequence[EpochRow]]
    ) -> None:
        super().__init__()
        self._length, self._known = length, known
        self._load: Callable[[], Sequence[EpochRow]] | None = load

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> EpochRow: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[EpochRow, ...]: ...
    def __getitem__(self, place: int | slice) -> EpochRow | tuple[EpochRow, ...]:
        if self._load is not None and not isinstance(place, slice):
            found = self._known.get(range(self._length)[place])
            if found is not None:
                return found
        self._read()
        return super().__getitem__(place)

    def __iter__(self) -> Iterator[EpochRow]:
        self._read()
        return super().__iter__()

    def column(self, name: str) -> NDArray[np.float64] | None:
        """Return the numbers of all epochs, as `History.column` does."""
        self._read()
        return super().column(name)

    def columns(self) -> dict[str, NDArray[np.float64]] | None:
        """Return the numbers of all epochs by name, as `History.columns` does."""
        self._read()
        return super().columns()

    def _read(self) -> None:
        if self._load is None:
            return
        rows = self._load()
        columns = _columns(rows)
        if columns is None:
            self._rows = tuple(rows)
        else:
            self._names, self._values = columns
        self._load = None


def parse(content: bytes | None) -> History:
    """Return the epochs in a history's bytes, up to the first damaged one; none where they are no lines."""
    try:
        rows = reading.parse_lines(content or b"")
    except ValueError:
        return History()
    found = History(cast("list[EpochRow]", rows))
    return found if found.is_bounded else History(row_reader.history(rows))


def column(rows: Sequence[EpochRow], name: str) -> NDArray[np.float64]:
    """Return a column of any history, shape (epochs,); empty where its first row lacks it.

    Args:
        rows: One for each epoch.
        name: Such as ``val_accuracy``.
    """
    import numpy as np

    found = rows.column(name) if isinstance(rows, History) else None
    if found is not None:
        return found
    return np.array([row[name] for row in rows] if rows and name in rows[0] else [], np.float64)


def _columns(rows: Sequence[EpochRow]) -> tuple[tuple[str, ...], NDArray[np.float64]] | None:
    """Return names and numbers, shape (names, epochs); None of rows that columns would not give back."""
    if not rows or next(iter(rows[0]), "") != _EPOCH:
        return None
    names = [*rows[0]]
    if any([*row] != names for row in rows):
        return None
    epochs, *columns = zip(*(row.values() for row in rows), strict=True)
    are_numbers = all({*map(type, each)} == {float} for each in columns)
    are_all = epochs == tuple(range(1, len(rows) + 1)) and {*map(type, epochs)} == {int}
    if not columns or not are_numbers or not are_all:
        return None
    import numpy as np

    values = np.array(columns, np.float64)
    return tuple(names[1:]), values
