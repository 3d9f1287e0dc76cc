"""Whether a finding went away with the one setting that was suspected: counted over seeds, judged, told.

Which words each count carries, and why: ``docs/confirm.md``.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from paribus.analysis.causes.ablation import Ablation
from paribus.analysis.finding import Severity
from paribus.analysis.questions.statistics import ALPHA
from paribus.analysis.runs.diagnosis import RULES
from paribus.analysis.runs.early_stopping import stopped_too_soon
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.internals import dead_units, silent_layer
from paribus.record.run import Status
from paribus.texts import number, text
from paribus.texts.message import listed

_BY_CODE = {rule.code: rule for rule in RULES}


class Fate(StrEnum):
    """What became of a finding at one seed, from the diagnosed run to the counter-run."""

    GONE = "gone"
    STILL = "still"
    CAME = "came"
    """Only the counter-run has it."""
    ABSENT = "absent"
    """Neither has it."""
    ABSTAINED = "abstained"
    """The counter-run lacks what the rule needs."""
    DIVERGED = "diverged"
    FAILED = "failed"
    UNFINISHED = "unfinished"
    MISSING = "missing"


_COUNTED = (Fate.GONE, Fate.STILL, Fate.CAME)
_NOT_COUNTED = (Fate.ABSTAINED, Fate.DIVERGED, Fate.FAILED, Fate.UNFINISHED, Fate.MISSING)


class CauseVerdict(StrEnum):
    """What the counts carry."""

    CONFIRMED = "confirmed"
    """It goes away more often than not, by the exact sign test."""
    NOT_CONFIRMED = "not-confirmed"
    """It went away nowhere, or stays more often than not."""
    NOT_ENOUGH = "not-enough"


@dataclass(frozen=True)
class Confirmation:
    """A finding held against runs that lack the one setting suspected of it.

    Args:
        counter: What was suspected and changed.
        fates: What became of the finding, by seed.
        accuracies: Test accuracy of the diagnosed run and of the counter-run, by seed, where both have one.
        learned: Seeds at which it is gone and the network learned.
        instead: Serious findings that only a counter-run without it has, by code, with their seeds.
    """

    ablation: Ablation
    fates: Mapping[int, Fate]
    accuracies: Mapping[int, tuple[float, float]]
    learned: tuple[int, ...] = ()
    instead: Mapping[str, tuple[int, ...]] = field(default_factory=dict[str, "tuple[int, ...]"])

    def seeds(self, *fates: Fate) -> tuple[int, ...]:
        """The seeds at which this became of it.

        Args:
            fates: Such as `Fate.GONE`.
        """
        return tuple(seed for seed, fate in self.fates.items() if fate in fates)

    @property
    def gone(self) -> int:
        """At how many seeds only the diagnosed run has it."""
        return len(self.seeds(Fate.GONE))

    @property
    def counted(self) -> int:
        """At how many seeds either run has it, and both could be judged."""
        return len(self.seeds(*_COUNTED))

    @property
    def p_value(self) -> float:
        """Exact sign test, one-sided: the chance of so many gone, were going no likelier than staying."""
        return _tail(self.counted, self.gone)

    @property
    def p_two_sided(self) -> float:
        """The same test of either direction; 2^-(n-1) where all n are gone."""
        return min(1.0, 2 * min(self.p_value, _tail(self.counted, self.counted - self.gone)))

    @property
    def verdict(self) -> CauseVerdict:
        """What the counts carry."""
        if not self.counted:
            return CauseVerdict.NOT_ENOUGH
        if self.p_value <= ALPHA:
            return CauseVerdict.CONFIRMED
        stays = _tail(self.counted, self.counted - self.gone) <= ALPHA
        return CauseVerdict.NOT_CONFIRMED if stays or not self.gone else CauseVerdict.NOT_ENOUGH

    @property
    def is_gone(self) -> bool:
        """Whether it went away at every seed that counts."""
        return 0 < self.gone == self.counted

    @property
    def tried(self) -> str:
        """What was suspected, and what the counter-run has in its place."""
        ablation = self.ablation
        told = text("confirm.tried", cause=ablation.cause, change=ablation.change, variant=ablation.variant)
        return f"{told} {ablation.measure}".rstrip()

    @property
    def sentence(self) -> str:
        """What came of it, with its numbers and no more than they carry."""
        parts = [
            self._outcome(),
            self._came(),
            self._learned(),
            self._instead(),
            self._scored(),
            self._left(),
        ]
        return " ".join(part for part in parts if part)

    def _outcome(self) -> str:
        values = {
            "gone": self.gone,
            "stayed": len(self.seeds(Fate.STILL)),
            "counted": self.counted,
            "p": _chance(self.p_value),
            "p_stays": _chance(_tail(self.counted, self.counted - self.gone)),
            "odds": 2**self.counted,
            "enough": enough(),
            "seed": next(iter(self.seeds(*_COUNTED)), 0),
            "seeds": _seeds(self.seeds(Fate.GONE)),
        }
        return text(f"confirm.{self._case()}", **values)

    def _case(self) -> str:
        if not self.counted:
            return "unjudged" if self.seeds(*_NOT_COUNTED) or not self.fates else "never-there"
        if not self.gone:
            return "stayed-one" if self.counted == 1 else "stayed"
        confirmed = self.verdict is CauseVerdict.CONFIRMED
        if self.is_gone:
            return "gone-one" if self.counted == 1 else "gone-all" if confirmed else "gone-few"
        if confirmed:
            return "gone-mostly"
        return "stayed-mostly" if self.verdict is CauseVerdict.NOT_CONFIRMED else "mixed"

    def _came(self) -> str:
        came = self.seeds(Fate.CAME)
        return text("confirm.came", seeds=_seeds(came)) if came else ""

    def _learned(self) -> str:
        """Where a network that had not learned still has not, though the finding is gone."""
        without = [seed for seed in self.seeds(Fate.GONE) if seed not in self.learned]
        return text("confirm.learned-nothing", seeds=_seeds(without)) if without else ""

    def _instead(self) -> str:
        if not self.instead:
            return ""
        told = [
            text("confirm.instead-one", title=text(f"diagnosis.{code}.title"), seeds=_seeds(seeds))
            for code, seeds in self.instead.items()
        ]
        return text("confirm.instead", findings=listed(told))

    def _scored(self) -> str:
        pairs = self.accuracies.values()
        if not pairs:
            return ""
        before, after = (100 * statistics.fmean(side) for side in zip(*pairs, strict=True))
        names = {"variant": self.ablation.variant, "name": self.ablation.name}
        return text("confirm.accuracy", count=len(pairs), before=before, after=after, **names)

    def _left(self) -> str:
        told = [
            text(f"confirm.left-{fate.value}", seeds=_seeds(seeds))
            for fate in _NOT_COUNTED
            if (seeds := self.seeds(fate))
        ]
        return text("confirm.left", reasons=listed(told)) if told else ""


def judge(
    ablation: Ablation, before: Mapping[int, RunEvidence], after: Mapping[int, RunEvidence]
) -> Confirmation:
    """What became of a finding in the counter-runs, seed by seed.

    Every seed counts at which the diagnosed run could be judged, not only those at which it has the finding:
    one that comes and goes by luck would else seem to go.

    Args:
        counter: What was changed.
        before: The variant's runs, by seed.
        after: The counter-variant's runs, by seed.
    """
    fates: dict[int, Fate] = {}
    for seed in sorted(before):
        was = _has(ablation.code, before[seed])
        if was is not None:
            fates[seed] = _fate(ablation.code, was, before[seed], after.get(seed))
    gone = [seed for seed, fate in fates.items() if fate is Fate.GONE]
    instead: dict[str, list[int]] = {}
    for seed in gone:
        for code in sorted(_serious(after[seed]) - _serious(before[seed])):
            instead.setdefault(code, []).append(seed)
    scored = {
        seed: (_accuracy(before[seed]), _accuracy(after[seed]))
        for seed, fate in fates.items()
        if fate in _COUNTED
    }
    return Confirmation(
        ablation,
        fates,
        {seed: (b, a) for seed, (b, a) in scored.items() if b is not None and a is not None},
        tuple(seed for seed in gone if after[seed].has_learned),
        {code: tuple(seeds) for code, seeds in instead.items()},
    )


def together(confirmations: Sequence[Confirmation]) -> str:
    """What follows where several settings of one finding were each enough to take it away; else empty.

    Args:
        confirmations: Of one finding of one variant.
    """
    needed = [each.ablation.cause for each in confirmations if each.is_gone]
    return text("confirm.together", causes=listed(needed)) if len(needed) > 1 else ""


def grouped(confirmations: Iterable[Confirmation]) -> dict[tuple[str, str], list[Confirmation]]:
    """Those of each finding of each variant.

    Args:
        confirmations: In any order.
    """
    groups: dict[tuple[str, str], list[Confirmation]] = {}
    for each in confirmations:
        groups.setdefault((each.ablation.variant, each.ablation.code), []).append(each)
    return groups


def plain(confirmation: Confirmation) -> dict[str, object]:
    """A confirmation as JSON has it.

    Args:
        confirmation: From `judge`.
    """
    ablation = confirmation.ablation
    return {
        "variant": ablation.variant,
        "code": ablation.code,
        "kind": ablation.kind,
        "name": ablation.name,
        "changes": dict(ablation.changes),
        "verdict": confirmation.verdict.value,
        "seeds": {str(seed): fate.value for seed, fate in confirmation.fates.items()},
        "gone": confirmation.gone,
        "counted": confirmation.counted,
        "p_value": confirmation.p_value,
        "p_two_sided": confirmation.p_two_sided,
        "accuracies": {str(seed): list(pair) for seed, pair in confirmation.accuracies.items()},
        "learned": list(confirmation.learned),
        "instead": {code: list(seeds) for code, seeds in confirmation.instead.items()},
        "tried": confirmation.tried,
        "expect": ablation.expect,
        "sentence": confirmation.sentence,
    }


def enough() -> int:
    """How many seeds without exception carry a confirmation.

    Example:
        >>> enough()
        5
    """
    return math.ceil(-math.log2(ALPHA))


def _fate(code: str, was: bool, before: RunEvidence, after: RunEvidence | None) -> Fate:
    unusable = _unusable(code, after)
    if after is None or unusable is not None:
        return unusable or Fate.MISSING
    compare = _COMPARED.get(code)
    now = compare(before, after) if compare else _has(code, after)
    if now is None:
        return Fate.ABSTAINED
    return {(True, False): Fate.GONE, (True, True): Fate.STILL, (False, True): Fate.CAME}.get(
        (was, now), Fate.ABSENT
    )


def _unusable(code: str, after: RunEvidence | None) -> Fate | None:
    """Why a counter-run says nothing; None where it does. A run that blew up has not lost its finding."""
    match after.record.status if after else None:
        case None:
            return Fate.MISSING
        case Status.FAILED:
            return Fate.FAILED
        case Status.RUNNING | Status.INTERRUPTED:
            return Fate.UNFINISHED
        case Status.DIVERGED if code != "diverged":
            return Fate.DIVERGED
        case _:
            return None


def _has(code: str, run: RunEvidence) -> bool | None:
    """Whether a run has a finding; None where its rule cannot judge it."""
    if code in _OF_ENDED:
        over = run.has_ended or run.record.status is Status.DIVERGED
        return _OF_ENDED[code](run) if over else None
    rule = _BY_CODE[code]
    return rule.judge(run) is not None if rule.can_judge(run) else None


def _serious(run: RunEvidence) -> set[str]:
    """Codes of a run's serious findings."""
    facts = {rule.code: rule.judge(run) for rule in RULES if rule.can_judge(run)}
    return {code for code, fact in facts.items() if fact is not None and fact.severity is Severity.SERIOUS}


def _too_soon(before: RunEvidence, after: RunEvidence) -> bool | None:
    """Whether waiting longer did not validate better at its end, by the limit of the finding itself."""
    fact = stopped_too_soon(before) if _BY_CODE["stopped-too-soon"].can_judge(before) else None
    if fact is None or after.validation_accuracy is None:
        return None
    gain = after.record.history[-1]["val_accuracy"] - fact.evidence["accuracy"]
    return gain <= fact.evidence["limit"]


_OF_ENDED: Mapping[str, Callable[[RunEvidence], bool]] = {
    "diverged": lambda run: run.record.status is Status.DIVERGED,
    "nothing-learned": lambda run: not run.has_learned,
}
"""Findings whose rules pass over runs that plainly do not have them, or have them by another name."""

_COMPARED: Mapping[str, Callable[[RunEvidence, RunEvidence], bool | None]] = {
    "stopped-too-soon": _too_soon,
    "stopped-on-penalty": lambda before, after: before.epochs == after.epochs,
    "dead-units": lambda _, after: (
        (dead_units(after) or silent_layer(after)) is not None if len(after.probes) > 1 else None
    ),
}
"""Findings that the counter-run would lose by what it is: what is asked of it instead."""


def _tail(number: int, least: int) -> float:
    """The chance of at least so many heads among so many throws of a fair coin."""
    return sum(math.comb(number, heads) for heads in range(least, number + 1)) / 2**number


def _accuracy(run: RunEvidence) -> float | None:
    return run.record.result.test.get("accuracy") if run.record.result else None


def _chance(p: float) -> str:
    return number(p, ".3f") if p >= 0.001 else number(p, ".1g")


def _seeds(seeds: Sequence[int]) -> str:
    return text("confirm.seeds", count=len(seeds), seeds=listed([str(seed) for seed in seeds]))
