"""A sequence that prints and shows itself as a whole; a slice of it is one again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic, Self, TypeVar, overload

from paribus.texts.printable import Printable

T = TypeVar("T")


@dataclass(frozen=True, repr=False)
class Listing(Printable, Sequence[T], Generic[T]):
    """Things of one kind, in an order."""

    items: tuple[T, ...]

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> T | Self:
        return replace(self, items=self.items[index]) if isinstance(index, slice) else self.items[index]

    def __len__(self) -> int:
        return len(self.items)
