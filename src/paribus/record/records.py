"""The records of a study, by variant and seed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from paribus.record.run import DataUsed, RunRecord

Key = tuple[str, int]
"""A variant's name and a seed."""


class Records(Mapping[Key, RunRecord]):
    """Map each variant and seed to its record, in the study's order; what has not run is absent.

    Example:
        >>> Records().of("plain"), Records().seeds
        ({}, ())
    """

    def __init__(self, records: Mapping[Key, RunRecord] | None = None) -> None:
        self._by_key = dict(records or {})
        self._by_variant: dict[str, dict[int, RunRecord]] = {}
        for (variant, seed), record in self._by_key.items():
            self._by_variant.setdefault(variant, {})[seed] = record

    def __getitem__(self, key: Key) -> RunRecord:
        return self._by_key[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._by_key)

    def __len__(self) -> int:
        return len(self._by_key)

    def __or__(self, other: Mapping[Key, RunRecord]) -> Records:
        return Records({**self, **other})

    def of(self, variant: str) -> Mapping[int, RunRecord]:
        """Return the records of one variant, by seed; none where it has not run."""
        return self._by_variant.get(variant, {})

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants that have run."""
        return tuple(self._by_variant)

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        """Every seed that some variant has run with, in ascending order."""
        return tuple(sorted({seed for _, seed in self._by_key}))

    def causes(self, variant: str) -> Mapping[str, tuple[int, ...]]:
        """Return why runs of a variant failed or diverged: each cause with its seeds."""
        found: dict[str, tuple[int, ...]] = {}
        for seed, record in self.of(variant).items():
            if record.result and record.result.message:
                cause = record.result.message
                found[cause] = (*found.get(cause, ()), seed)
        return found

    @cached_property
    def mean_epochs(self) -> Mapping[str, float]:
        """How many epochs the runs of each variant that were trained to their end made, on average."""
        lengths = {
            name: [len(run.history) for run in its.values() if run.has_ended]
            for name, its in self._by_variant.items()
        }
        return {name: sum(each) / len(each) for name, each in lengths.items() if each}

    @cached_property
    def data(self) -> tuple[DataUsed, ...]:
        """The images that runs were made with, each once."""
        shared = {id(record.data): record.data for record in self.values()}  # of which thousands share a few
        return tuple(dict.fromkeys(shared.values()))
