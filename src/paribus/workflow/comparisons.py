"""A study's comparisons side by side, as a notebook or a terminal shows them, and kept in its folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter

from paribus import __version__
from paribus.analysis.finding import Severities
from paribus.analysis.questions import statistics
from paribus.analysis.questions.comparison import Comparison
from paribus.record import files, opened, sealed
from paribus.record.folder import RESULT
from paribus.record.looks import LookLog
from paribus.record.run import RunRecord, Status
from paribus.report.tables import comparison_table
from paribus.study.study import Study
from paribus.texts.message import Joined, Message
from paribus.texts.printable import Block, Lines
from paribus.workflow.listing import Listing

COMPARISONS = "comparisons.json"
"""The comparisons of the last run, in the study's folder: reading them needs no statistical library."""

_SEVERITIES: TypeAdapter[Severities] = TypeAdapter(Severities)
_COMPARISONS: TypeAdapter[tuple[Comparison, ...]] = TypeAdapter(tuple[Comparison, ...])


@dataclass(frozen=True, repr=False)
class Comparisons(Listing[Comparison]):
    """The comparisons, in the order of the study's questions."""

    study: Study

    @property
    def answered(self) -> Comparisons:
        """Those of which there is something to say."""
        return replace(self, items=tuple(each for each in self if each.is_answered))

    @property
    def unanswered(self) -> Message | None:
        """The questions of the others in a sentence; None where there is none."""
        titles = tuple(self.study.question_title(each.question) for each in self if not each.is_answered)
        return (
            Message("comparison.not-answered", {"questions": Joined(titles, between="; ")})
            if titles
            else None
        )

    def blocks(self) -> Iterator[Block]:
        """Return the table of comparisons, and each in a sentence."""
        yield comparison_table(self.study, self).grid()
        yield Lines([each.sentence for each in self])

    def __repr__(self) -> str:
        return f"Comparisons({len(self)} comparisons, {len(self.answered)} with runs)"


def keep(folder: Path, basis: str, comparisons: Comparisons, severities: Severities | None = None) -> None:
    """Keep comparisons in a study's folder; where it cannot be written, they are computed again each time.

    Args:
        folder: The study's.
        basis: From `basis_of`.
        comparisons: What to keep.
        severities: Those of each variant's findings; None where they are not known.
    """
    if opened.is_copy(folder):
        return
    tree = {"basis": basis, "comparisons": _COMPARISONS.dump_python(comparisons.items, mode="json")}
    with suppress(OSError):
        sealed.write(
            folder / COMPARISONS, tree if severities is None else {**tree, "severities": dict(severities)}
        )


def kept_severities(folder: Path, basis: str) -> Severities | None:
    """Return the severities of each variant's findings, as kept with the comparisons; None as in `kept`."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        tree = sealed.read(folder / COMPARISONS)
        if tree["basis"] == basis:
            return _SEVERITIES.validate_python(tree["severities"])
    return None


def kept(study: Study, folder: Path, basis: str) -> Comparisons | None:
    """Return the comparisons kept in a study's folder; None unless they follow from just this."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        tree = sealed.read(folder / COMPARISONS)
        if tree["basis"] == basis:
            return Comparisons(_COMPARISONS.validate_python(tree["comparisons"]), study)
    return None


def can_keep_severities(records: Iterable[RunRecord]) -> bool:
    """Return whether the findings follow from what `basis_of` covers: of runs that are over, by our rules."""
    from paribus.analysis.runs.registry import has_extensions

    going_on = (Status.RUNNING, Status.INTERRUPTED)
    return not any(run.status in going_on for run in records) and not has_extensions()


def is_damaged(folder: Path) -> bool:
    """Return whether a study's folder has comparisons that cannot be read; they are computed again."""
    try:
        _COMPARISONS.validate_python(sealed.read(folder / COMPARISONS)["comparisons"])
    except FileNotFoundError:
        return False
    except (OSError, ValueError, KeyError, TypeError):
        return True
    return False


def basis_of(study: Study, records: Iterable[RunRecord], looks: LookLog) -> str:
    """Return the digest of all that comparisons follow from: study, results, looks, and what computes them.

    A run's result carries the digests of its history and predictions, so that its own digest is enough.
    """
    digest = hashlib.sha256()
    for part in (__version__, study.model_dump_json(), repr(looks)):
        digest.update(f"{part}\n".encode())
    package = Path(statistics.__file__).parents[2]
    for room in ("analysis", "study"):
        for source in sorted((package / room).rglob("*.py")):
            digest.update(source.read_bytes())
    for record in records:
        result = record.digests.get(RESULT, "") if record.digests else files.digest(record.folder / RESULT)
        digest.update(f"{record.spec.digest} {record.status} {result}\n".encode())
    return digest.hexdigest()
