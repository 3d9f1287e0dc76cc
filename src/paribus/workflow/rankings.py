"""A study's questions about several variants answered, as a notebook shows them, and kept in its folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from paribus.analysis.questions.ranked import Ranked
from paribus.record import sealed
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

    def __repr__(self) -> str:
        return f"Rankings({len(self)} rankings)"


def keep(folder: Path, basis: str, rankings: Rankings) -> None:
    """Keep answers in a study's folder; where it cannot be written, they are computed again each time."""
    tree = _RANKINGS.dump_python(rankings.items, mode="json")
    with suppress(OSError):
        sealed.write(folder / RANKINGS, {"basis": basis, "rankings": tree})


def kept(study: Study, folder: Path, basis: str) -> Rankings | None:
    """Return the answers kept in a study's folder; None unless they follow from just this."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        tree = sealed.read(folder / RANKINGS)
        if tree["basis"] == basis:
            return Rankings(_RANKINGS.validate_python(tree["rankings"]), study)
    return None
