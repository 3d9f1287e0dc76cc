"""A question answered, as it is told: the codes of its sentences, with their values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from paribus.analysis.failure import FailureRate
from paribus.analysis.questions.tails import ALPHA
from paribus.analysis.questions.verdict import Compared, ExcludedRun, Verdict
from paribus.record.looks import MIN_SEEDS
from paribus.study.confounds import Confound
from paribus.study.metrics import part_of, title_of
from paribus.texts import has_text
from paribus.texts.message import Joined, Message, Translated
from paribus.texts.printable import Block, Lines, Paragraph, Printable
from paribus.texts.quantities import Count, Difference, DifferenceInterval, Figure, PRelation, ShareInterval

_WITHOUT_VALUE = ("not-run", "no-predictions", "undefined", "one-class", "no-learning")
"""Why a run is left out, where that is not its status."""

_OF_MEANS = (Verdict.BETTER, Verdict.WORSE, Verdict.EQUIVALENT)
"""The verdicts on runs that trained."""


@dataclass(frozen=True, repr=False)
class Comparison(Compared, Printable):
    """A question answered; its numbers are those of `Compared`."""

    @property
    def sentence(self) -> Message | Joined:
        """The result in a sentence, with the reason for the sequential procedure where it is used."""
        code, values = self._code(), self._values()
        if self.paired.groups is not None and has_text(unpaired := code.replace("comparison.", "unpaired.")):
            code = unpaired
        if self.procedure == "fixed":
            return Message(code, values)
        numbers = {"numbers": Joined(self.seeds_at_looks, between=", ")}
        return Joined((Message(code, values), Message(f"sequential.why-{self.why_sequential}", numbers)))

    def _values(self) -> dict[str, object]:
        interval = DifferenceInterval(self.interval, self.unit)
        return {
            "treatment": self.treatment,
            "reference": self.reference,
            "metric": title_of(self.metric),
            "difference": Difference(self.difference, self.unit, beside=self.interval),
            "seeds": len(self.seeds),
            "seed": self.seeds[0] if self.seeds else None,
            "family": self.family,
            "interval": interval if self.interval else Message("sequential.no-end"),
            "p": PRelation(self.p_value),
            "adjusted": PRelation(self.p_adjusted),
            "margin": Difference(self.margin, self.unit, signed=False),
            "equivalence": PRelation(self.p_equivalence_adjusted),
            **self._failure_values(),
            **self._group_values(),
        }

    def _group_values(self) -> dict[str, object]:
        """Return how many runs there are of each variant, where seeds do not pair them."""
        if self.paired.groups is None:
            return {}
        return dict(zip(("treatment_runs", "reference_runs"), map(len, self.paired.groups), strict=True))

    def _failure_values(self) -> dict[str, object]:
        if self.failures is None:
            return {}
        sides = ((self.treatment, self.failures.treatment), (self.reference, self.failures.reference))
        return {
            "rates": Joined(tuple(rate_of(name, rate) for name, rate in sides), between="; "),
            "counts": Joined(tuple(count_of(name, rate) for name, rate in sides), between="; "),
            "failure_p": PRelation(self.failures.p_adjusted),
        }

    def _code(self) -> str:
        """Return the code of the sentence."""
        if self.failures is not None and self.failures.are_there:
            is_open = self.verdict is Verdict.UNDECIDED
            return f"comparison.{'undecided-failures' if is_open else self.verdict.value}"
        if not self.seeds:
            return "comparison.none"
        if self.is_same:
            return "comparison.identical"
        if len(self.seeds) < MIN_SEEDS:
            return f"comparison.{'one-seed' if len(self.seeds) == 1 else 'few-seeds'}"
        if self.paired.is_exact:
            return f"comparison.{f'constant-{self.verdict}' if self.difference else 'all-alike'}"
        return f"{'comparison' if self.procedure == 'fixed' else 'sequential'}.{self._tested()}"

    def _tested(self) -> str:
        """Return the last word of the code where the differences have been tested."""
        if self.verdict is Verdict.EQUIVALENT and self.is_different:
            return "equivalent-different"
        if self.verdict is Verdict.UNDECIDED and self.interval is None:
            return "contradiction" if self.p_value is None else "undecided-yet"
        return self.verdict.value

    @property
    def notes(self) -> tuple[Message, ...]:
        """What must be known to read the result, a sentence each."""
        return (*self.cautions, *self.further)

    @property
    def cautions(self) -> tuple[Message, ...]:
        """The notes to read with the sentence: both means where no table has them, and what misleads else."""
        return tuple(self._cautions())

    @property
    def further(self) -> tuple[Message, ...]:
        """The notes with further numbers, for whoever wants to check the result."""
        return tuple(self._further_numbers())

    def _further_numbers(self) -> Iterator[Message]:
        paired, image_interval = self.paired, self.image_interval
        values = self._values()
        if self.interval is not None:
            values["t_interval"] = DifferenceInterval(paired.t_interval, self.unit)
            if image_interval is not None:
                values["images"] = Count(image_interval.variance.images)
                values["new_images"] = DifferenceInterval(image_interval.interval, self.unit)
            covers = "seeds-and-images" if image_interval is not None else self._covers_alone
            are_groups = paired.groups is not None
            yield Message("unpaired.covers" if are_groups else f"comparison.covers-{covers}", values)
        if len(self.seeds) >= MIN_SEEDS and paired.groups is None:
            behind = len(self.seeds) - self.ahead - self.ties
            counts = {"ahead": self.ahead, "behind": behind, "ties": self.ties}
            yield Message("comparison.ahead", {**values, **counts})
        if self.failures is not None and self.verdict in _OF_MEANS:
            fewest = min(self.failures.treatment, self.failures.reference, key=lambda rate: rate.runs)
            none_failed = {"runs": fewest.runs, "most": fewest.interval[1]}
            yield Message("comparison.none-failed", none_failed)
        if paired.p_exact is not None and _can_reach_level(paired.p_exact_smallest):
            smallest = PRelation(paired.p_exact_smallest)
            exact = {"p": PRelation(paired.p_exact), "smallest": smallest, "seeds": len(self.seeds)}
            yield Message("comparison.exact", exact)
        if paired.bootstrap is not None:
            bootstrap = DifferenceInterval(paired.bootstrap, self.unit)
            yield Message("comparison.bootstrap", {"interval": bootstrap})
        if self.verdict is Verdict.UNDECIDED and self.seeds:
            yield Message("comparison.not-equal")

    @property
    def means_sentence(self) -> Message | None:
        """Both means of a metric that is not the score, which other tables show; None without a seed."""
        if self.means is None or self.is_of_score:
            return None
        first, second = (Figure(mean, self.unit) for mean in self.means)
        return Message("comparison.both-means", {**self._values(), "first": first, "second": second})

    def _cautions(self) -> Iterator[Message]:
        if (means := self.means_sentence) is not None:
            yield means
        if self.networks is not None and self.verdict is not Verdict.FAILED:
            mcnemar = self.networks.mcnemar
            values = {
                "treatment": self.treatment,
                "reference": self.reference,
                "only_treatment": Count(mcnemar.only_treatment),
                "only_reference": Count(mcnemar.only_reference),
                "p": PRelation(mcnemar.p_value),
                "wilson_treatment": ShareInterval(*self.networks.treatment),
                "wilson_reference": ShareInterval(*self.networks.reference),
            }
            yield Message("comparison.networks", values)
        if (corrected := self.corrected_sentence) is not None:
            yield corrected
        if self.t_test_alone:
            why = "-skew" if self.is_open_for_skew else ""
            plain = {**self._values(), "p": PRelation(self.p_t_adjusted)}
            yield Message(f"comparison.t-test-alone{why}", plain)
        if self.failures is not None and self.failures.are_there and self.interval is not None:
            yield Message("comparison.of-trained", self._values())
        if self.excluded:
            code = "comparison.left-out" if self.seeds else "comparison.left-out-all"
            yield Message(code, {"runs": Joined(tuple(map(_excluded, self.excluded)), between=", ")})
        if (confounded := self.confounded_sentence) is not None:
            yield confounded
        if not self.is_planned:
            yield Message("comparison.unplanned", {"family": self.family})
        if self.removed:
            yield Message("comparison.removed", {"count": self.removed, "family": self.family})

    @property
    def _covers_alone(self) -> str:
        """What an interval covers that leaves the test examples as they are."""
        if self.paired.overlap:
            return "folds"
        return "held-out" if part_of(self.metric) == "val" else "seeds"

    @property
    def corrected_sentence(self) -> Message | None:
        """The interval that decides, where it is wider than the one told; None where no mean decides."""
        if self.corrected is None or self.family == 1 or self.verdict is Verdict.FAILED:
            return None
        includes = "includes" if self.corrected[0] <= 0 <= self.corrected[1] else "excludes"
        values = {"corrected": DifferenceInterval(self.corrected, self.unit), "family": self.family}
        return Message(f"comparison.corrected-{includes}", values)

    @property
    def confounded_sentence(self) -> Message | None:
        """What else differs; None where nothing does."""
        if not self.confounds:
            return None
        factors = Joined(tuple(map(_confound, self.confounds)), between=", ")
        return Message("comparison.confounded", {"factors": factors})

    @property
    def concluded(self) -> tuple[Message, ...]:
        """The verdict with its evidence, as a conclusion has it: short sentences."""
        values = {
            **self._values(),
            "verdict": Message(f"comparison.verdict-{self.verdict}"),
            "ahead": self.ahead,
        }
        is_tested = self.interval is not None and len(self.seeds) >= MIN_SEEDS
        told = Message(f"comparison.concluded{'' if is_tested else '-plain'}", values)
        if is_tested and self.paired.groups is not None:
            told = Message("unpaired.concluded", values)
        is_apart = self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]
        is_surprising = is_apart and self.verdict is Verdict.UNDECIDED
        further = (self.corrected_sentence if is_surprising else None, self.confounded_sentence)
        return (told, *(each for each in further if each is not None))

    def blocks(self) -> Iterator[Block]:
        """Return the question, the result in a sentence, and what must be known to read it."""
        yield Paragraph(self.sentence, about=Translated(self.question.ask))
        if self.notes:
            yield Lines(self.notes)

    def __repr__(self) -> str:
        sides = f"{self.treatment!r} vs {self.reference!r}, {self.metric}"
        if not self.seeds:
            return f"Comparison({sides}: not run)"
        difference = Difference(self.difference, self.unit)
        return f"Comparison({sides}: {self.verdict}, {difference}, p {PRelation(self.p_adjusted)})"


def _confound(confound: Confound) -> Message:
    code = f"comparison.factor-{confound.factor}"
    is_known = has_text(code) and confound.factor != "times"
    own = "own-training" if confound.factor == "train" else "own-factor"
    factor = Message(code) if is_known else Message(f"comparison.{own}", {"name": confound.factor})
    if confound.ratio is None:
        return factor
    return Message("comparison.factor-times", {"factor": factor, "ratio": confound.ratio})


def _can_reach_level(smallest: float | None) -> bool:
    """Return whether a test can show anything: the review says it once of all questions where not."""
    return smallest is not None and smallest <= ALPHA


def count_of(variant: str, rate: FailureRate) -> Message:
    """Return how many runs of a variant failed to train."""
    return Message("comparison.count", {"variant": variant, "failed": rate.failed, "runs": rate.runs})


def rate_of(variant: str, rate: FailureRate) -> Message:
    """Return how many runs of a variant failed to train, with the rate's interval."""
    values = {
        "variant": variant,
        "failed": rate.failed,
        "runs": rate.runs,
        "rate": ShareInterval(*rate.interval, places=0),
    }
    return Message("comparison.rate", values)


def _excluded(run: ExcludedRun) -> Message:
    why = Message(f"comparison.why-{run.why}" if run.why in _WITHOUT_VALUE else f"report.status-{run.why}")
    return Message("comparison.left-out-run", {"variant": run.variant, "seed": run.seed, "why": why})
