"""What to try next where something went wrong: one variant that changes one thing, as YAML to be pasted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from paribus.analysis.causes.settings import (
    SCALED,
    constant_starts,
    data_monitor,
    flow,
    more_patience,
    other_rate,
    rounded,
    steadier,
)
from paribus.analysis.design.l2_dose import strength
from paribus.analysis.design.networks import is_unscaled
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.runs.diagnosis import RunFindings
from paribus.study.configuration import Configuration, Technique
from paribus.study.study import Study
from paribus.texts.message import Message


@dataclass(frozen=True)
class Advice:
    """A variant to try, and what to expect of it.

    Args:
        kind: What is changed; its sentences are ``advice.<kind>.do`` and ``.expect``.
        finding: What it is an answer to.
        name: The new variant's name.
        changes: What it changes, as a study file has it.
        values: What its sentences name besides the finding's numbers.
    """

    kind: str
    finding: Finding
    name: str
    changes: Mapping[str, object]
    values: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def variant(self) -> str:
        """What it starts from."""
        return self.finding.variants[0]

    @property
    def do(self) -> str:
        """What to change."""
        return self._told("do")

    @property
    def keep(self) -> str:
        """What to keep."""
        return str(Message("advice.keep", {"variant": self.variant, "name": self.name}))

    @property
    def expect(self) -> str:
        """What comes of it if the finding's cause is what it seems."""
        return self._told("expect")

    @property
    def yaml(self) -> str:
        """The variant and its question, to be pasted into a study file."""
        question = {"treatment": self.name, "reference": self.variant}
        written = {"from": self.variant, **self.changes}
        lines = [f"    {key}: {flow(value)}" for key, value in written.items()]
        return "\n".join(
            ["variants:", f"  {flow(self.name)}:", *lines, "questions:", f"  - {flow(question)}"]
        )

    def _told(self, part: str) -> str:
        told = {"variant": self.variant, **self.finding.evidence, **self.finding.placeholders, **self.values}
        return str(Message(f"advice.{self.kind}.{part}", told))


def advice(study: Study, diagnosed: RunFindings) -> tuple[Advice, ...]:
    """What to try next, for each variant in which something went wrong; one for each setting.

    Args:
        study: What was asked; a name that it has already is not given again.
        diagnosed: What was found.
    """
    given: list[Advice] = []
    taken = set(study.variants)
    for name, variant in study.variants.items():
        findings = diagnosed.of(name)
        known: set[frozenset[str]] = set()  # the settings that an earlier piece of advice changes
        for code, make in _RULES:
            if code not in findings or findings[code].severity is Severity.INFO:
                continue  # what is only described needs no mending
            for found in make(variant.configuration, findings[code]):
                if frozenset(found.changes) in known or f"{name}-{found.name}" in taken:
                    continue
                known.add(frozenset(found.changes))
                taken.add(f"{name}-{found.name}")
                given.append(
                    Advice(found.kind, found.finding, f"{name}-{found.name}", found.changes, found.values)
                )
    return tuple(given)


def _lost(configuration: Configuration, finding: Finding) -> Iterator[Advice]:
    """A network that never gets going: its constant weights, else its pixels, else its steps."""
    labels = list(constant_starts(configuration))
    if labels:
        start = {"kernel_initializer": "glorot_uniform", "bias_initializer": "zeros"}
        values = {"layers": ", ".join(labels)}
        yield Advice("start", finding, "glorot", {"layers": dict.fromkeys(labels, start)}, values)
    elif is_unscaled(configuration):
        yield Advice("scale", finding, "scaled", SCALED)
    else:
        yield from _rate(configuration, finding, 0.1, "smaller-rate")


def _diverging(configuration: Configuration, finding: Finding) -> Iterator[Advice]:
    if is_unscaled(configuration):
        yield Advice("scale", finding, "scaled", SCALED)
    yield from _rate(configuration, finding, 0.1, "smaller-rate")


def _reviving(configuration: Configuration, finding: Finding) -> Iterator[Advice]:
    """What throws units out: pixels that are not scaled, and steps that are too long."""
    if is_unscaled(configuration):
        yield Advice("scale-alive", finding, "scaled", {"scale": "unit"})
    yield from _rate(configuration, finding, 0.1, "smaller-rate", kind="smaller-rate-alive")


def _frozen(configuration: Configuration, finding: Finding) -> Iterator[Advice]:
    yield from _rate(configuration, finding, 10.0, "larger-rate")


def _overfit(configuration: Configuration, finding: Finding) -> Iterator[Advice]:
    settings = configuration.early_stopping
    patience = settings.patience if settings else 3
    stopping = {"monitor": "val_data_loss", "patience": patience, "restore_best_weights": True}
    yield Advice("stop", finding, "stop", {"early_stopping": stopping}, {"patience": patience})


def _longer(configuration: Configuration, finding: Finding) -> Iterator[Advice]:
    epochs = 2 * configuration.epochs
    if configuration.early_stopping is None:
        yield Advice("longer", finding, "longer", {"epochs": epochs}, {"twice": epochs})


def _steadier(configuration: Configuration, finding: Finding) -> Iterator[Advice]:
    """A rate at which the swing would be that of the images, if its variance goes with the rate."""
    yield from _rate(configuration, finding, steadier(finding.evidence), "steadier")


def _underfit(configuration: Configuration, finding: Finding) -> Iterator[Advice]:
    """Less penalty, where there is one and nothing else explains it better."""
    found = strength(configuration)
    if not found or "share" not in _because(finding):
        return
    weaker = {"l2": rounded(found / 10)}
    regularized = {
        setting: weaker
        for setting in ("kernel_regularizer", "bias_regularizer")
        if any(isinstance(layer.arguments.get(setting), Technique) for layer in configuration.layers)
    }
    values = {"strength": found, "weaker": weaker["l2"]}
    yield Advice("weaker", finding, "weaker", regularized, values)


def _because(finding: Finding) -> Mapping[str, object]:
    """The numbers behind what goes with a finding."""
    because = finding.placeholders.get("because")
    found: dict[str, object] = {}
    things = because.values.get("causes") if isinstance(because, Message) else None
    for each in getattr(things, "things", ()):
        found |= dict(each.values)
    return found


def _patient(configuration: Configuration, finding: Finding) -> Iterator[Advice]:
    settings = configuration.early_stopping
    if settings is not None:
        patience = more_patience(settings)
        yield Advice(
            "patient", finding, "patient", {"early_stopping": {"patience": patience}}, {"longer": patience}
        )


def _watch_data(configuration: Configuration, finding: Finding) -> Iterator[Advice]:
    settings = configuration.early_stopping
    if settings is not None:
        monitor = data_monitor(settings)
        yield Advice(
            "watch", finding, "on-data-loss", {"early_stopping": {"monitor": monitor}}, {"instead": monitor}
        )


def _rate(
    configuration: Configuration, finding: Finding, times: float, name: str, *, kind: str = ""
) -> Iterator[Advice]:
    """Another learning rate; nothing under a schedule."""
    rates = other_rate(configuration, times)
    if rates is not None:
        now, then = rates
        yield Advice(kind or name, finding, name, {"learning_rate": then}, {"now": now, "then": then})


_RULES: tuple[tuple[str, Callable[[Configuration, Finding], Iterator[Advice]]], ...] = (
    ("one-answer", _lost),
    ("zero-gradient", _lost),
    ("silent-layer", _lost),
    ("diverged", _diverging),
    ("nothing-learned", _lost),
    ("dead-units", _reviving),
    ("vanishing", _frozen),
    ("overfitting", _overfit),
    ("not-converged", _longer),
    ("oscillation", _steadier),
    ("underfitting", _underfit),
    ("stopped-on-penalty", _watch_data),
    ("stopped-too-soon", _patient),
)
