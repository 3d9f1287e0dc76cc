"""A study's questions about several variants answered, as a notebook shows them, and kept in its folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from paribus.analysis.questions.ranked import Ranked
from paribus.record import opened, sealed
from paribus.record.looks import LookLog
from paribus.record.records import Records
from paribus.report.ranking import standings_table
from paribus.study.study import Study
from paribus.texts.printable import Block, Lines
from paribus.workflow.listing import Listing

RANKINGS = "rankings.json"
"""The answers of the last run, in the study's folder, beside its comparisons."""

_RANKINGS: TypeAdapter[tuple[Ranked, ...]] = TypeAdapter(tuple[Ranked, ...])


@dataclass(frozen=True, repr=False)
class Rankings(Listing[Ranked]):
    """The questions about several variants answered, in the study's order."""

    study: Study

    def blocks(self) -> Iterator[Block]:
        """Return each answer in sentences, with its variants in a table."""
        for each in self:
            yield from each.blocks()
            if each.is_answered:
                yield standings_table(each).grid()
        if not len(self):
            yield Lines(())

    def keep(self, folder: Path, basis: str) -> None:
        """Keep the answers in a study's folder; where it cannot be written, they are computed each time."""
        if not len(self) or opened.is_copy(folder):
            return
        tree = _RANKINGS.dump_python(self.items, mode="json")
        with suppress(OSError):
            sealed.write(folder / RANKINGS, {"basis": basis, "rankings": tree})

    def __repr__(self) -> str:
        return f"Rankings({len(self)} rankings)"


def kept(study: Study, folder: Path, basis: str) -> Rankings | None:
    """Return the answers kept in a study's folder; None unless they follow from just this."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        tree = sealed.read(folder / RANKINGS)
        if tree["basis"] == basis:
            return Rankings(_RANKINGS.validate_python(tree["rankings"]), study)
    return None


def read(study: Study, records: Records, looks: LookLog, folder: Path, basis: Callable[[], str]) -> Rankings:
    """Return the answers kept in a study's folder, else computed from what has run.

    Args:
        study: What was asked.
        records: What has run.
        looks: With which seeds comparisons have been shown.
        folder: The study's.
        basis: Gives the digest of all that answers follow from.
    """
    if not study.rankings:
        return Rankings((), study)
    if (found := kept(study, folder, basis())) is not None:
        return found
    from paribus.analysis.questions.ranking import rankings

    return Rankings(rankings(study, records, looks=looks), study)
