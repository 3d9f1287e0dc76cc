"""Counter-runs: the variant of a finding with nothing changed but the one setting that may bring it about.

Advice changes what helps; a counter-run changes what is suspected, and nothing else. ``docs/confirm.md``
lists what is tried for which finding.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from paribus.analysis.causes.settings import (
    SCALED,
    constant_starts,
    data_monitor,
    glorot_size,
    more_patience,
    other_rate,
    rounded,
    steadier,
)
from paribus.analysis.design.l2_dose import strength
from paribus.analysis.design.networks import constant, is_unscaled, stays_dead
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.runs.curves import MIN_EPOCHS
from paribus.analysis.runs.diagnosis import RunFindings
from paribus.errors import StudyError
from paribus.study.configuration import Configuration
from paribus.study.derive import derive_variant
from paribus.study.study import Study
from paribus.texts import has_text, text
from paribus.texts.message import Message

_LARGEST_BATCH = 512


@dataclass(frozen=True)
class Ablation:
    """One setting suspected of a finding, and the variant without it.

    Args:
        kind: What is suspected; its sentences are ``confirm.<kind>.cause`` and ``.change``.
        code: The finding's.
        variant: The variant that has the finding.
        name: The counter-variant's name.
        changes: What it changes, as a study file has it.
        values: What its sentences name.
    """

    kind: str
    code: str
    variant: str
    name: str
    changes: Mapping[str, object]
    values: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def title(self) -> str:
        """The finding, in a few words."""
        return text(f"diagnosis.{self.code}.title")

    @property
    def cause(self) -> str:
        """What is suspected."""
        return self._told("cause")

    @property
    def change(self) -> str:
        """What the counter-variant has in its place."""
        return self._told("change")

    @property
    def expect(self) -> str:
        """What comes of it where the suspicion is right."""
        return self.measure or text("confirm.expect", title=self.title)

    @property
    def measure(self) -> str:
        """When the finding counts as gone, where the counter-run would lose it by what it is; else empty."""
        code = f"confirm.{self.code}.measure"
        return text(code, variant=self.variant, name=self.name) if has_text(code) else ""

    def _told(self, part: str) -> str:
        return text(f"confirm.{self.kind}.{part}", name=self.name, variant=self.variant, **self.values)


@dataclass(frozen=True)
class _Suspect:
    kind: str
    changes: Mapping[str, object]
    values: Mapping[str, object] = field(default_factory=dict[str, object])


_Rule = Callable[[Configuration, Finding], Iterator[_Suspect]]


def ablations(
    study: Study, diagnosed: RunFindings, *, only: Collection[str], code: str | None = None
) -> tuple[Ablation, ...]:
    """What to try for each finding that one setting may have brought about, in the study's order.

    A finding that only describes is passed over, and so is what merely follows from another one, such as
    weights that hardly move where their gradient is zero; unless it is asked for.

    Args:
        study: What was asked.
        diagnosed: What was found.
        only: The variants to look at.
        code: The one finding to look at; None for all.
    """
    made: list[Ablation] = []
    taken: dict[str, Mapping[str, object]] = {}
    for variant, each in study.variants.items():
        findings = diagnosed.of(variant) if variant in only else {}
        for of_finding, rule in _RULES.items():
            finding = findings.get(of_finding)
            if finding is None or not (code == of_finding or (code is None and _matters(finding, findings))):
                continue
            for suspect in rule(each.configuration, finding):
                if _changes(study, variant, suspect):
                    name = _named(f"{variant}-{suspect.kind}", study, taken, suspect.changes)
                    taken[name] = suspect.changes
                    parts = suspect.kind, of_finding, variant, name, suspect.changes, suspect.values
                    made.append(Ablation(*parts))
    return tuple(made)


def _matters(finding: Finding, findings: Collection[str]) -> bool:
    follows = not _FOLLOWS.get(finding.code, frozenset()).isdisjoint(findings)
    return finding.severity is not Severity.INFO and not follows


def _changes(study: Study, variant: str, suspect: _Suspect) -> bool:
    """Whether a suspect's change fits the variant, and changes something."""
    try:
        other = derive_variant(study, variant, variant, suspect.changes)
    except StudyError:
        return False
    return other.configuration != study.variants[variant].configuration


def _named(
    wanted: str, study: Study, taken: Mapping[str, Mapping[str, object]], changes: Mapping[str, object]
) -> str:
    """A name that no variant of the study has, and no counter-variant that changes something else."""
    name, number = wanted, 2
    while name in study.variants or taken.get(name, changes) != changes:
        name, number = f"{wanted}-{number}", number + 1
    return name


def _lost(configuration: Configuration, finding: Finding) -> Iterator[_Suspect]:
    """A network that does not learn: lost from its start, or thrown out by its first updates."""
    if _moment(finding) == "start":
        yield from _weights(configuration)
        yield from _biases(configuration)
    else:
        yield from _size(configuration)
        yield from _weights(configuration)
        yield from _steps(configuration, finding)


def _moment(finding: Finding) -> str:
    """When the measured cause set in: ``start`` or another; empty where none was measured."""
    words, moment = finding.placeholders.get("because"), ""
    while isinstance(words, Message):
        moment = words.code.rpartition("-")[2]
        words = words.values.get("because")
    return moment


def _weights(configuration: Configuration) -> Iterator[_Suspect]:
    """Weights that start equal."""
    starts = constant_starts(configuration)
    if starts:
        each = {"kernel_initializer": "glorot_uniform"}
        yield _Suspect("weights", {"layers": dict.fromkeys(starts, each)}, _named_layers(starts))


def _biases(configuration: Configuration) -> Iterator[_Suspect]:
    """Biases that leave no unit open where the weights put out nothing."""
    starts = {
        layer.label: constant(layer.arguments.get("bias_initializer")) or 0.0
        for layer in configuration.layers[:-1]
        if constant(layer.arguments.get("kernel_initializer")) == 0 and stays_dead(layer)
    }
    if starts:
        each = {"bias_initializer": "ones"}
        yield _Suspect("biases", {"layers": dict.fromkeys(starts, each)}, _named_layers(starts))


def _size(configuration: Configuration) -> Iterator[_Suspect]:
    """Equal weights as large as they start, apart from their being equal."""
    starts = {label: value for label, value in constant_starts(configuration).items() if value}
    sizes = {label: glorot_size(configuration, label) for label in starts}
    if starts and all(size is not None and size < abs(starts[label]) for label, size in sizes.items()):
        each = {
            label: {"kernel_initializer": {"name": "constant", "value": size}}
            for label, size in sizes.items()
        }
        values = {**_named_layers(starts), "then": next(iter(sizes.values()))}
        yield _Suspect("size", {"layers": each}, values)


def _named_layers(starts: Mapping[str, float]) -> dict[str, object]:
    return {"layers": ", ".join(starts), "now": next(iter(starts.values()))}


def _steps(configuration: Configuration, finding: Finding) -> Iterator[_Suspect]:
    """Updates that are too large: by the pixels, or by the rate."""
    if is_unscaled(configuration):
        yield _Suspect("pixels", SCALED)
    yield from _rate(configuration, 0.1, "rate")


def _rate(configuration: Configuration, times: float, kind: str) -> Iterator[_Suspect]:
    rates = other_rate(configuration, times)
    if rates is not None:
        now, then = rates
        yield _Suspect(kind, {"learning_rate": then}, {"now": now, "then": then})


def _frozen(configuration: Configuration, finding: Finding) -> Iterator[_Suspect]:
    yield from _rate(configuration, 10.0, "low-rate")


def _swinging(configuration: Configuration, finding: Finding) -> Iterator[_Suspect]:
    """Noise of the gradient goes with rate / batch: each by the same factor."""
    times = steadier(finding.evidence)
    yield from _rate(configuration, times, "rate")
    now = configuration.batch_size
    then = min(_LARGEST_BATCH, round(now / times))
    if then > now:
        yield _Suspect("batch", {"batch_size": then}, {"now": now, "then": then})


def _overfit(configuration: Configuration, finding: Finding) -> Iterator[_Suspect]:
    now = strength(configuration)
    then = rounded(10 * now) if now else 0.01
    values: dict[str, object] = {"now": now, "then": then}
    yield _Suspect("weak-l2" if now else "no-l2", {"kernel_regularizer": {"l2": then}}, values)
    best = int(finding.evidence["best_epoch"])
    if configuration.early_stopping is None and best >= MIN_EPOCHS:
        yield _Suspect("epochs", {"epochs": best}, {"now": configuration.epochs, "then": best})


def _short(configuration: Configuration, finding: Finding) -> Iterator[_Suspect]:
    if configuration.early_stopping is None:
        now = configuration.epochs
        yield _Suspect("few-epochs", {"epochs": 2 * now}, {"now": now, "then": 2 * now})


def _impatient(configuration: Configuration, finding: Finding) -> Iterator[_Suspect]:
    settings = configuration.early_stopping
    if settings is not None:
        then = more_patience(settings)
        values = {"now": settings.patience, "then": then}
        yield _Suspect("patience", {"early_stopping": {"patience": then}}, values)


def _watching(configuration: Configuration, finding: Finding) -> Iterator[_Suspect]:
    settings = configuration.early_stopping
    if settings is not None:
        then = data_monitor(settings)
        values = {"now": settings.monitor, "then": then}
        yield _Suspect("monitor", {"early_stopping": {"monitor": then}}, values)


_RULES: Mapping[str, _Rule] = {
    "one-answer": _lost,
    "zero-gradient": _lost,
    "silent-layer": _lost,
    "identical-units": lambda configuration, _: _weights(configuration),
    "nothing-learned": _lost,
    "diverged": _steps,
    "exploding": _steps,
    "dead-units": _steps,
    "saturation": _steps,
    "vanishing": _frozen,
    "overfitting": _overfit,
    "not-converged": _short,
    "oscillation": _swinging,
    "stopped-on-penalty": _watching,
    "stopped-too-soon": _impatient,
}
_LOST = frozenset({"one-answer", "zero-gradient", "silent-layer", "nothing-learned"})
# A finding that another one brings about, or that is another one's way of coming about.
_FOLLOWS: Mapping[str, frozenset[str]] = {
    "vanishing": _LOST,
    "dead-units": _LOST,
    "saturation": _LOST,
    "silent-layer": frozenset({"zero-gradient"}),
    "identical-units": frozenset({"zero-gradient", "silent-layer"}),
}
CODES = tuple(_RULES)
"""The findings that one setting may have brought about."""
