"""Selection on the test images: the best of many variants looks better than it is."""

from __future__ import annotations

import math
from collections.abc import Iterator

from paribus.analysis.design.design import Design
from paribus.analysis.design.rule import DesignRule
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import Fact

_MIN_VARIANTS = 3


def expected_maximum(number: int) -> float:
    """Return the expected maximum of so many standard normal variables.

    It is how far the best of so many equally good variants lies above their mean, in standard deviations.

    Args:
        number: Of independent results.

    Example:
        >>> round(expected_maximum(2), 3), round(expected_maximum(5), 3)
        (0.564, 1.163)
    """
    from scipy.integrate import quad
    from scipy.special import ndtr

    def integrand(value: float) -> float:
        density = math.exp(-value * value / 2) / math.sqrt(2 * math.pi)
        return value * number * density * float(ndtr(value)) ** (number - 1)

    return float(quad(integrand, -12, 12)[0])


class ChosenOnTest(DesignRule):
    """Many variants are compared with one reference: whoever takes the best chooses on the test images."""

    code = "chosen-on-test"
    severities = (Severity.WARNING, Severity.INFO)
    any_training = True
    reference = "Cawley and Talbot 2010, JMLR 11"

    def check(self, design: Design) -> Iterator[Finding]:
        for reference in dict.fromkeys(each.reference for each in design.questions):
            questions = [each for each in design.questions if each.reference == reference]
            treatments = tuple(dict.fromkeys(each.treatment for each in questions))
            if len(treatments) < _MIN_VARIANTS:
                continue
            can_validate = all(design.held_out(each.after) for each in questions)
            fact = Fact(
                Severity.INFO if can_validate else Severity.WARNING,
                {"number": len(treatments), "excess": expected_maximum(len(treatments))},
                {"reference": reference},
            )
            yield self.finding(fact, variants=treatments, line=questions[0].line)
