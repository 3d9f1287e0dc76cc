"""What the images allow to be told apart and chosen: too few of them, or the test images chosen on."""

from __future__ import annotations

import math
from collections.abc import Iterator

from paribus.analysis.design.design import Design
from paribus.analysis.finding import Finding, Severity

GUESS = 0.95
"""The accuracy that is assumed of a data set on which nothing has run."""
_MANY = 3


def half_width(accuracy: float, images: int) -> float:
    """Half the 95 % interval of an accuracy by the normal approximation, 1.96·√(p(1 − p)/n).

    Args:
        accuracy: In [0, 1].
        images: How many images it was measured on.

    Example:
        >>> round(half_width(0.96, 10_000), 4)
        0.0038
    """
    return 1.96 * math.sqrt(accuracy * (1 - accuracy) / images)


def best_of(number: int) -> float:
    """How far the best of so many equal ones lies above their mean, on average, in standard deviations.

    Args:
        number: Of independent, normally distributed results.

    Example:
        >>> round(best_of(2), 3), round(best_of(5), 3)
        (0.564, 1.163)
    """
    from scipy.integrate import quad
    from scipy.special import ndtr

    def weighed(value: float) -> float:
        density = math.exp(-value * value / 2) / math.sqrt(2 * math.pi)
        return value * number * density * float(ndtr(value)) ** (number - 1)

    return float(quad(weighed, -12, 12)[0])


def choices(design: Design) -> Iterator[Finding]:
    """The findings about what is told apart and chosen on which images.

    Args:
        design: What is reviewed.
    """
    margin = design.study.margin
    if not design.asked:
        if len(design.variant_names) > 1:
            yield Finding("no-questions", Severity.INFO)
        return
    if margin is not None:
        yield from _too_few(design, margin)
    elif any(each.question.metric == "test_accuracy" for each in design.asked):
        yield Finding("no-margin", Severity.INFO)
    yield from _chosen_on_test(design)


def _too_few(design: Design, margin: float) -> Iterator[Finding]:
    for data, images in design.images.items():
        on = [(name, each) for name, each in design.configurations if each.data == data]
        accuracy = design.accuracy(data) or GUESS
        variants = tuple(name for name, _ in on)
        for code, count, watched in (
            ("few-test-images", images.test, True),
            (
                "few-validation-images",
                min((design.held_out(each) for _, each in on), default=0),
                any(each.early_stopping and each.early_stopping.monitor == "val_accuracy" for _, each in on),
            ),
        ):
            if not on or not count or half_width(accuracy, count) <= margin:
                continue
            evidence = {
                "images": count,
                "accuracy": 100 * accuracy,
                "half": 100 * half_width(accuracy, count),
                "margin": 100 * margin,
            }
            severity = Severity.WARNING if watched else Severity.INFO
            line = design.study.lines.get("margin")
            yield Finding(code, severity, variants, evidence=evidence, placeholders={"data": data}, line=line)


def _chosen_on_test(design: Design) -> Iterator[Finding]:
    """Many variants against one reference: whoever takes the best of them chooses on the test images."""
    for reference in dict.fromkeys(each.question.reference for each in design.asked):
        asked = [each for each in design.asked if each.question.reference == reference]
        treatments = list(dict.fromkeys(each.question.treatment for each in asked))
        if len(treatments) < _MANY:
            continue
        nothing_held_out = any(not design.held_out(each.after) for each in asked)
        severity = Severity.WARNING if nothing_held_out else Severity.INFO
        evidence = {"number": len(treatments), "excess": best_of(len(treatments))}
        yield Finding(
            "chosen-on-test",
            severity,
            tuple(treatments),
            evidence=evidence,
            placeholders={"reference": reference},
            line=asked[0].line,
        )
