"""Which settings a program's findings name, and whether these are its true faults.

A finding of severity warning or above names

- the settings that its advice or its ablation would change, where it is about runs,
- the settings of its factors, where it is about the design,
- the settings in `OF_CODE`, where its title names one and it has neither advice nor ablation.

A finding that follows from another one names nothing by itself: it is told to mend that one first.

A fault is named where any of its settings is. A named setting is right where the truth has it. Some factors
are one of several settings, told as ``epochs or early_stopping``: the truth needs only one of them.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

from paribus.analysis.causes.ablation import ablations
from paribus.analysis.causes.advice import advice
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.runs.diagnosis import RunFindings
from paribus.errors import StudyError
from paribus.study.configuration import Configuration
from paribus.study.derive import derive_variant
from paribus.study.difference import Change, difference, factors
from paribus.study.study import Study

OF_FACTOR: Mapping[str, str] = {
    "activation": "model.activation or model.output",
    "dropout": "model.dropout",
    "initialization": "kernel_initializer or bias_initializer",
    "learning_rate": "optimizer.learning_rate",
    "model": "model.hidden",
    "normalization": "model.batch_normalization",
    "optimizer": "optimizer.name",
    "regularization": "kernel_regularizer",
    "stopping": "epochs or early_stopping",
}
"""The settings of a design's factors; any other factor is a setting by itself."""
OF_CODE: Mapping[str, tuple[str, ...]] = {
    "identical-units": ("kernel_initializer",),
    "not-converged": ("epochs",),
    "rate-gone": ("optimizer.learning_rate",),
    "stopped-on-penalty": ("early_stopping",),
    "stopped-too-soon": ("early_stopping",),
    "test-differs": ("data",),
}


def named(
    study: Study, design: Iterable[Finding], diagnosed: RunFindings, variant: str
) -> dict[str, set[str]]:
    """Return the settings that the findings on a variant name, by code; only warnings and worse.

    Args:
        study: With the variant.
        design: Findings of its review.
        diagnosed: Findings of its runs.
        variant: Its name.
    """
    found: dict[str, set[str]] = {}
    for finding in design:
        if finding.severity is not Severity.INFO:
            found.setdefault(finding.code, set()).update(map(of_factor, finding.factors))
    of_runs = diagnosed.of(variant)
    for code, finding in of_runs.items():
        if finding.severity is not Severity.INFO and finding.follows_from is None:
            found.setdefault(code, set())
    for code, changes in _suggested(study, diagnosed, variant):
        if code in found:
            found[code] |= settings(study, variant, changes)
    return {code: each or set(OF_CODE.get(code, ())) for code, each in found.items()}


def _suggested(
    study: Study, diagnosed: RunFindings, variant: str
) -> Iterator[tuple[str, Mapping[str, object]]]:
    for each in advice(study, diagnosed):
        if each.variant == variant:
            yield each.finding.code, each.changes
    for ablation in ablations(study, diagnosed, only=[variant]):
        yield ablation.code, ablation.changes


def of_factor(factor: str) -> str:
    """Return the setting of a factor of the design.

    Example:
        >>> of_factor("scale"), of_factor("stopping")
        ('scale', 'epochs or early_stopping')
    """
    return OF_FACTOR.get(factor, factor)


def is_among(setting: str, true: Container[str]) -> bool:
    """Return whether a named setting is true.

    Example:
        >>> is_among("epochs or early_stopping", ["epochs"])
        True
    """
    return any(each in true for each in setting.split(" or "))


def settings(study: Study, variant: str, changes: Mapping[str, object]) -> set[str]:
    """Return the settings that differ once a variant is changed.

    Args:
        study: With the variant.
        variant: Its name.
        changes: As a study file has them; those that do not fit it name nothing.

    Example:
        >>> from paribus.study.reader import load
        >>> settings(load("lab2"), "1", {"learning_rate": 0.5})
        {'optimizer.learning_rate'}
    """
    try:
        changed = derive_variant(study, variant, variant, changes).configuration
    except StudyError:
        return set()
    before = study.variants[variant].configuration
    return {_setting(change, before) for change in difference(before, changed)}


def _setting(change: Change, before: Configuration) -> str:
    factor = change.factor
    if factor.endswith(("_initializer", "_regularizer")) or factor in ("epochs", "early_stopping"):
        return factor
    if factor in ("activation", "output"):
        is_output = factor == "output" or change.layer == before.layers[-1].label
        return "model.output" if is_output else "model.activation"
    (of_design,) = factors([change])
    if of_design == "optimizer" and factor != "optimizer":
        return f"optimizer.{factor}"
    return of_factor(of_design)
