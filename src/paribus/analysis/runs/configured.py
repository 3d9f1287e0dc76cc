"""Faults that follow from the configuration alone, told of the runs that show them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from paribus.analysis.design.outputs import DISTANCES, fitting_output, output_mismatch
from paribus.analysis.design.schedules import rate_gone
from paribus.analysis.design.signals import unstable_rate
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import Fact
from paribus.analysis.runs.changes import Change, round_to_digit
from paribus.analysis.runs.curves import N_SIGMA, standard_error
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.rate_changes import by_epochs
from paribus.analysis.runs.rule import Place, RunRule
from paribus.analysis.runs.variant_runs import VariantRuns
from paribus.record.run import Status
from paribus.study.configuration import Configuration
from paribus.study.layer_kinds import RECURRENT
from paribus.texts.message import Message

SYMPTOMS = frozenset(
    {
        "dead-units",
        "exploding",
        "identical-units",
        "large-steps",
        "large-weights",
        "neglected-class",
        "nothing-learned",
        "not-converged",
        "one-answer",
        "oscillation",
        "saturation",
        "silent-layer",
        "slow-loss",
        "underfitting",
        "vanishing",
        "zero-gradient",
    }
)
"""What goes wrong in a network that cannot learn as it should, whatever the reason."""


ASTRAY = frozenset({"collapsed", "declined", "diverged", "easy-validation", "overfitting"})
"""What goes wrong besides where steps lead astray, or training mode computes something else."""


class ConfiguredRule(RunRule):
    """Looks in a run for a fault of its configuration; serious where the network has not learned.

    Attributes:
        if_learned: What the fault costs a network that has learned nevertheless; None for nothing.
        is_certain: Whether the configuration alone makes the fault, so that no run has numbers of its own.
    """

    remark = Place.INTERNALS
    explains = SYMPTOMS
    if_learned: ClassVar[Severity | None] = None
    is_certain: ClassVar[bool] = True

    @abstractmethod
    def fault(self, run: RunEvidence) -> Fact | None:
        """Return the fault of a run's configuration; None where there is none.

        Args:
            run: One that is over.
        """

    def when_learned(self, fact: Fact) -> Severity | None:
        """Return what a fault costs a network that has learned nevertheless; None for nothing.

        Args:
            fact: From `fault`.
        """
        return self.if_learned

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run is over."""
        return run.has_ended or run.record.status is Status.DIVERGED

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the fault, by what became of the network."""
        fact = self.fault(run)
        if fact is None:
            return None
        has_failed = run.record.status is Status.DIVERGED or not run.has_learned
        severity = Severity.SERIOUS if has_failed else self.when_learned(fact)
        return None if severity is None else replace(fact, severity=severity)

    def revise(self, fact: Fact, mine: VariantRuns, others: Sequence[VariantRuns]) -> Fact:
        """Return the fault with how many runs show it, where it is the same in all of them."""
        if not self.is_certain:
            return fact
        shown = sum(self.code in facts for facts in mine.facts.values())
        runs = Message("diagnosis.by-configuration", {"found": shown, "judged": len(mine.facts)})
        return replace(fact, placeholders={**fact.placeholders, "runs": runs})

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect the setting that advice changes."""
        return self.advise(configuration, finding)

    def remains(self, before: RunEvidence, after: RunEvidence, facts: Mapping[str, Fact]) -> bool | None:
        """Return whether the run without the fault validates no better: the fault is gone in any case."""
        if before.record.status is Status.DIVERGED or not before.has_learned:
            return not (after.has_ended and after.has_learned)
        return is_no_better(before, after)


def is_no_better(before: RunEvidence, after: RunEvidence) -> bool | None:
    """Return whether an ablation run validates no better beyond noise; None where that is not known.

    Args:
        before: The diagnosed run.
        after: The ablation run.
    """
    mine, other = before.validation_accuracy, after.validation_accuracy
    if mine is None or other is None:
        return None
    return other - mine <= N_SIGMA * 2**0.5 * standard_error(mine, max(1, before.held_out))


class OutputMismatch(ConfiguredRule):
    """The last activation gives what the loss does not score."""

    code = "output-loss"
    severities = (Severity.SERIOUS, Severity.WARNING)
    reference = "Keras, losses; Bishop 2006, section 4.3.6"
    explains = SYMPTOMS | ASTRAY | {"tied-outputs"}
    silences = frozenset({"overflow-at-start"})
    if_learned = Severity.WARNING

    def fault(self, run: RunEvidence) -> Fact | None:
        """Return how the last activation does not fit the loss."""
        return output_mismatch(run.configuration)

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the fault; a warning where the loss has a gradient nevertheless."""
        fact = self.fault(run)
        found = super().judge(run)
        return fact if fact is not None and fact.severity is Severity.WARNING else found

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise the activation that the loss is made for, or the loss that softmax is made for."""
        now, loss = configuration.output, configuration.loss
        last = configuration.layers[-1]
        if loss.startswith("binary_") and now == "softmax":
            then = "categorical_crossentropy"
            yield Change("fitting-loss", {"loss": then}, {"now": loss, "then": then, "activation": now})
        elif "activation" in last.arguments and last.kind not in RECURRENT and loss not in DISTANCES:
            then = fitting_output(loss, configuration.facts.task)
            settings = {"layers": {last.label: {"activation": then}}}
            yield Change("fitting-output", settings, {"now": now, "then": then, "loss": loss})


class UnstableStep(ConfiguredRule):
    """A learning rate at which the squared error of linear outputs grows from step to step."""

    code = "unstable-rate"
    severities = (Severity.SERIOUS,)
    reference = "LeCun et al. 1998, Efficient BackProp; Lewkowycz et al. 2020, arXiv:2003.02218"
    explains = SYMPTOMS | ASTRAY

    def fault(self, run: RunEvidence) -> Fact | None:
        """Return how many times the longest stable step it is."""
        return unstable_rate(run.configuration)

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise the longest step that is stable at the start."""
        then = round_to_digit(finding.evidence["longest"])
        values = {"now": finding.evidence["rate"], "then": then}
        yield Change("stable-rate", {"learning_rate": then}, values)


class ScheduleOver(ConfiguredRule):
    """A schedule that is over long before the run."""

    code = "rate-gone"
    severities = (Severity.SERIOUS, Severity.WARNING, Severity.INFO)
    reference = "Keras, optimizers/schedules: a schedule counts updates, not epochs"
    silences = frozenset({"vanishing", "converged"})

    def fault(self, run: RunEvidence) -> Fact | None:
        """Return after which update the rate was next to nothing."""
        return rate_gone(run.configuration, run.updates)

    def when_learned(self, fact: Fact) -> Severity:
        """Return a warning where it was gone in the first tenth of the updates."""
        return Severity.WARNING if fact.severity is Severity.SERIOUS else Severity.INFO

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise to count the schedule's steps by epochs, where that suits the run."""
        return by_epochs(configuration, int(finding.evidence["updates"]))
