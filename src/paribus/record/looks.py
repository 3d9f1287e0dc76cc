"""The log of looks at a study's comparisons, by which repeated looking is allowed for.

Each line carries the SHA-256 of the lines that its writer found before it, and the study's file that of the
lines that a run left; so a line or a file that is changed or deleted is noticed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import TypeAdapter

from paribus.record import files
from paribus.study import reading

LookReason: TypeAlias = Literal["added", "until-decided", "unknown"]

LOOKS = "looks.jsonl"
MIN_SEEDS = 3
"""Seeds that a verdict needs: the standard deviation of two may be off by a factor of thirty."""
MAX_SEEDS = 30
"""Seeds that a variant gets at most where they are added until questions are decided, unless the user says
otherwise."""


@dataclass(frozen=True)
class AnsweredQuestion:
    """A question whose comparison was shown.

    Args:
        treatment: The variant asked about, as it was called.
        reference: The one that it was compared with.
        metric: By what.
        digest: Of both configurations and the metric: the question's identity.
    """

    treatment: str
    reference: str
    metric: str
    digest: str


@dataclass(frozen=True)
class Look:
    """One look: the comparisons were shown once.

    Args:
        date: When, as ISO 8601; outside every digest.
        seeds: The seeds requested up to then, by variant.
        until_decided: Whether seeds were being added until every question is decided.
        answered: The questions whose comparisons were shown for the first time.
    """

    date: str
    seeds: Mapping[str, tuple[int, ...]]
    until_decided: bool = False
    answered: tuple[AnsweredQuestion, ...] = ()

    def of(self, treatment: str, reference: str) -> tuple[int, ...]:
        """Return the seeds at which two variants were compared."""
        return tuple(sorted({*self.seeds.get(treatment, ())} & {*self.seeds.get(reference, ())}))


@dataclass(frozen=True)
class LookLog:
    """Every look at a study's comparisons, in order.

    Args:
        entries: The looks.
        is_complete: Whether the file is undamaged; if not, there may have been other looks.
        is_recorded: Whether the last look is in the file; if not, the folder cannot be written.
    """

    entries: tuple[Look, ...] = ()
    is_complete: bool = True
    is_recorded: bool = True

    @property
    def answered(self) -> tuple[AnsweredQuestion, ...]:
        """Every question whose comparison was shown, in order, each once."""
        found = {each.digest: each for look in reversed(self.entries) for each in reversed(look.answered)}
        return tuple(reversed(found.values()))

    @property
    def seed_sets(self) -> int:
        """How many different sets of seeds comparisons were shown with; other looks had other questions."""
        return len({tuple(sorted(look.seeds.items())) for look in self.entries})

    def seed_counts(self, treatment: str, reference: str) -> tuple[int, ...]:
        """Return the numbers of seeds with which a comparison was shown, ascending.

        Example:
            >>> three, one = (Look("", {"a": seeds, "b": seeds}, False) for seeds in [(0, 1, 2), (0,)])
            >>> LookLog((three, one)).seed_counts("a", "b")
            (3,)
        """
        shown = {len(look.of(treatment, reference)) for look in self.entries}
        return tuple(sorted(number for number in shown if number >= MIN_SEEDS))

    def reason(self, treatment: str, reference: str) -> LookReason | None:
        """Return why looking must be allowed for in a comparison; None where it need not be.

        ``added``: seeds were added after the comparison had been shown. ``until-decided``: seeds were being
        added until it is decided. ``unknown``: the log is damaged.
        """
        if not self.is_complete:
            return "unknown"
        if any(
            look.until_decided and len(look.of(treatment, reference)) >= MIN_SEEDS for look in self.entries
        ):
            return "until-decided"
        return "added" if len(self.seed_counts(treatment, reference)) > 1 else None


@dataclass(frozen=True)
class Seal:
    """What the log was at some time: its first lines, which never change.

    Args:
        lines: Their number.
        sha256: Of their bytes.
    """

    lines: int
    sha256: str


_LOOKS = TypeAdapter(tuple[Look, ...])
_SEAL = TypeAdapter(Seal)
_BEFORE = "before"
"""The key of a line for the SHA-256 of the lines before it; lines of earlier versions have none."""


def read(folder: Path, sealed: object = None) -> LookLog:
    """Read the log of a study's folder.

    Args:
        folder: The study's.
        sealed: What the study's file says that the log was, see `seal`; None in folders of earlier versions.
    """
    try:
        lines = reading.read_lines(folder / LOOKS)
        trees = [reading.parse_object(line) for line in lines]
        digests = _digests(lines)
        if sealed is not None:
            seal = _SEAL.validate_python(sealed)
            if digests[seal.lines] != seal.sha256:
                raise ValueError("not the lines that were there")
        allowed: set[object] = {None}  # of lines that earlier versions wrote, which come first
        for tree, digest in zip(trees, digests, strict=False):
            before = tree.pop(_BEFORE, None)
            allowed.add(digest)
            if before not in allowed:
                raise ValueError("a line before it is missing or changed")
            if before is not None:
                allowed.discard(None)
        return LookLog(_LOOKS.validate_python(trees))
    except (OSError, ValueError, IndexError):
        return LookLog(is_complete=False)


def seal(folder: Path) -> Mapping[str, object] | None:
    """Return what the log is now, for `read` to compare it with later; None where it cannot be read."""
    try:
        digests = _digests(reading.read_lines(folder / LOOKS))
    except (OSError, ValueError):
        return None
    return asdict(Seal(len(digests) - 1, digests[-1]))


def append_unknown(folder: Path) -> None:
    """Add a line after which the log is incomplete: there were looks of which nothing is known.

    Args:
        folder: The study's.
    """
    if read(folder).is_complete:
        date = datetime.now().astimezone().isoformat(timespec="seconds")
        files.append_line(folder / LOOKS, {**asdict(Look(date, {})), _BEFORE: "unknown"})


def _digests(lines: Sequence[bytes]) -> list[str]:
    """Return the SHA-256 of the first lines, for every number of them, none first."""
    whole = hashlib.sha256()
    found = [whole.hexdigest()]
    for line in lines:
        whole.update(line)
        found.append(whole.hexdigest())
    return found


def append(
    folder: Path,
    seeds: Mapping[str, Iterable[int]],
    *,
    until_decided: bool = False,
    answered: Iterable[AnsweredQuestion] = (),
    sealed: object = None,
    writes: bool = True,
) -> LookLog:
    """Add a look, unless neither a seed nor a question is new, and return the log.

    It is one line in a single write, so that it needs no lock and disturbs no process that is training.

    Args:
        seeds: The seeds requested or shown now, by variant; those of earlier looks are added.
        until_decided: Whether seeds are being added until every question is decided.
        answered: The questions whose comparisons are shown now.
        sealed: As for `read`.
        writes: Whether the look is written; False where the folder is only read.

    Returns:
        The log with this look; `LookLog.is_recorded` is False where the folder cannot be written.
    """
    known = read(folder, sealed)
    if not known.is_complete:
        return known
    shown = known.entries[-1].seeds if known.entries else {}
    together = {
        name: tuple(sorted({*shown.get(name, ()), *seeds.get(name, ())})) for name in {**shown, **seeds}
    }
    after = {name: each for name, each in together.items() if each}
    decided_before = bool(known.entries) and known.entries[-1].until_decided
    digests = {each.digest for each in known.answered}
    new = tuple(each for each in answered if each.digest not in digests)
    if after == dict(shown) and until_decided <= decided_before and not new:
        return known
    date = datetime.now().astimezone().isoformat(timespec="seconds")
    look = Look(date, after, until_decided or decided_before, new)
    if not writes:
        return LookLog((*known.entries, look), is_recorded=False)
    try:
        before = _digests(reading.read_lines(folder / LOOKS))[-1]
        files.append_line(folder / LOOKS, {**asdict(look), _BEFORE: before})
    except (OSError, ValueError):
        return LookLog((*known.entries, look), is_recorded=False)
    return LookLog((*known.entries, look))
