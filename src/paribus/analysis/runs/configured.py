"""Faults that follow from the configuration alone, told of the runs that show them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from paribus.analysis.design.activations import activation, weighted_layers
from paribus.analysis.design.dropout import heavy_dropout
from paribus.analysis.design.nonlinearity import linear_layers
from paribus.analysis.design.outputs import fitting_output, output_mismatch
from paribus.analysis.design.schedules import rate_gone
from paribus.analysis.design.signals import shrinking_error, unstable_rate
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import Fact
from paribus.analysis.runs.changes import Change, by_epochs, round_to_digit
from paribus.analysis.runs.curves import N_SIGMA, standard_error
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.rule import Place, RunRule
from paribus.analysis.runs.variant_runs import VariantRuns, validated_better
from paribus.record.run import Status
from paribus.study.configuration import Configuration
from paribus.texts.message import Message

SYMPTOMS = frozenset(
    {
        "dead-units",
        "exploding",
        "identical-units",
        "large-weights",
        "nothing-learned",
        "one-answer",
        "saturation",
        "silent-layer",
        "underfitting",
        "vanishing",
        "zero-gradient",
    }
)
"""What goes wrong in a network that cannot learn, whatever the reason."""
_LIGHT = 0.2


class ConfiguredRule(RunRule):
    """Looks in a run for a fault of its configuration; serious where the network has not learned."""

    remark = Place.INTERNALS
    explains = SYMPTOMS

    @abstractmethod
    def fault(self, run: RunEvidence) -> Fact | None:
        """Return the fault of a run's configuration; None where there is none.

        Args:
            run: One that is over.
        """

    def when_learned(self, fact: Fact) -> Severity | None:
        """Return what the fault costs a network that has learned nevertheless; None for nothing.

        Args:
            fact: From `fault`.
        """
        return None

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
        """Return the fact with how many runs show it."""
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
        mine, other = before.validation_accuracy, after.validation_accuracy
        if mine is None or other is None:
            return None
        return other - mine <= N_SIGMA * 2**0.5 * standard_error(mine, max(1, before.held_out))


class OutputMismatch(ConfiguredRule):
    """The last activation gives what the loss does not score."""

    code = "output-loss"
    severities = (Severity.SERIOUS, Severity.WARNING)
    reference = "Keras, losses; Bishop 2006, section 4.3.6"
    explains = SYMPTOMS | {"diverged", "tied-outputs"}

    def fault(self, run: RunEvidence) -> Fact | None:
        """Return how the last activation does not fit the loss."""
        return output_mismatch(run.configuration)

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the fault; a warning where the loss has a gradient nevertheless."""
        fact = self.fault(run)
        found = super().judge(run)
        return fact if fact is not None and fact.severity is Severity.WARNING else found

    def when_learned(self, fact: Fact) -> Severity:
        """Return a warning: part of the gradient is lost."""
        return Severity.WARNING

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise the activation that the loss is made for, or the loss that softmax is made for."""
        now, loss = configuration.output, configuration.loss
        last = configuration.layers[-1]
        if loss.startswith("binary_") and now == "softmax":
            then = "categorical_crossentropy"
            yield Change("fitting-loss", {"loss": then}, {"now": loss, "then": then, "activation": now})
        elif "activation" in last.arguments:
            then = fitting_output(loss)
            settings = {"layers": {last.label: {"activation": then}}}
            yield Change("fitting-output", settings, {"now": now, "then": then, "loss": loss})


class UnstableStep(ConfiguredRule):
    """A learning rate at which the squared error of linear outputs grows from step to step."""

    code = "unstable-rate"
    severities = (Severity.SERIOUS,)
    reference = "LeCun et al. 1998, Efficient BackProp; Lewkowycz et al. 2020, arXiv:2003.02218"
    explains = SYMPTOMS | {"diverged"}

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


class LinearNetwork(ConfiguredRule):
    """Layers in a row without an activation between them; an info where other layers have one."""

    code = "linear-layers"
    severities = (Severity.WARNING, Severity.INFO)
    reference = "Goodfellow, Bengio and Courville 2016, section 6.1"
    explains = frozenset({"underfitting"})

    def fault(self, run: RunEvidence) -> Fact | None:
        """Return the layers after which nothing nonlinear comes."""
        return linear_layers(run.configuration)

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the fault, which keeps no network from learning what one layer can learn."""
        fact = self.fault(run)
        if fact is None:
            return None
        is_whole = fact.evidence["linear"] == fact.evidence["hidden"]
        return replace(fact, severity=Severity.WARNING if is_whole else Severity.INFO)

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise relu."""
        named = [
            layer.label
            for layer in weighted_layers(configuration)[:-1]
            if activation(configuration, layer) == "linear" and "activation" in layer.arguments
        ]
        settings = {"layers": {label: {"activation": "relu"} for label in named}}
        if named:
            yield Change("nonlinear", settings, {"layers": ", ".join(named)})


class FadingError(ConfiguredRule):
    """Errors that shrink from layer to layer, in a network that has not learned."""

    code = "shrinking-error"
    severities = (Severity.SERIOUS,)
    reference = "Glorot and Bengio 2010, PMLR 9"

    def fault(self, run: RunEvidence) -> Fact | None:
        """Return which share of the error reaches the first layer."""
        return shrinking_error(run.configuration)

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise relu, or He's initial weights where there is relu."""
        hidden = [layer.label for layer in weighted_layers(configuration)[:-1] if layer.kind == "dense"]
        now = str(finding.placeholders["activation"])
        if now in ("relu", "relu6", "leaky_relu"):
            settings = {"layers": {label: {"kernel_initializer": "he_normal"} for label in hidden}}
            yield Change("he", settings)
        else:
            own = [layer.label for layer in configuration.layers if layer.arguments.get("activation") == now]
            settings = {"layers": {label: {"activation": "relu"} for label in own}}
            yield Change("relu", settings, {"now": now})


class StrongDropout(ConfiguredRule):
    """Dropout leaves less than a tenth of the ways through the network.

    Of a network that has learned it is a warning where another variant on the same images validates better.
    """

    code = "heavy-dropout"
    severities = (Severity.SERIOUS, Severity.WARNING, Severity.INFO)
    reference = "Srivastava et al. 2014, JMLR 15"

    def fault(self, run: RunEvidence) -> Fact | None:
        """Return how little of the ways through the network is left."""
        return heavy_dropout(run.configuration)

    def when_learned(self, fact: Fact) -> Severity:
        """Return an info."""
        return Severity.INFO

    def revise(self, fact: Fact, mine: VariantRuns, others: Sequence[VariantRuns]) -> Fact:
        """Return a warning where another variant validates better."""
        fact = super().revise(fact, mine, others)
        is_outdone = fact.severity is Severity.INFO and validated_better(mine, others) is not None
        return replace(fact, severity=Severity.WARNING) if is_outdone else fact

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise a light rate."""
        labels = [layer.label for layer in configuration.layers if layer.kind == "dropout"]
        settings = {"layers": {label: {"rate": _LIGHT} for label in labels}}
        yield Change("lighter", settings, {"now": finding.evidence["highest"], "then": _LIGHT})
