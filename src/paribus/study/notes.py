"""The author's notes on a study: what they may be about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

ABOUT_STUDY = "study"
"""The key of a note on the study as a whole, unless a variant has this name."""

BETWEEN = " vs "
"""What stands between treatment and reference in the key of a note on a question."""


def exercise_numbers(variants: Iterable[str]) -> Mapping[str, str]:
    """Return the number that each variant's name begins with, as in a lab: 1, 2, 3a, 3b.

    Empty unless all names begin with one and some share one.

    Example:
        >>> exercise_numbers(["1", "3a", "3b"]), exercise_numbers(["plain", "l2"])
        ({'1': '1', '3a': '3', '3b': '3'}, {})
    """
    names = list(variants)
    found = {name: match.group() for name in names if (match := re.match(r"\d+", name))}
    return found if len(found) == len(names) > len(set(found.values())) else {}


def subjects(variants: Iterable[str], questions: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the keys that notes may have.

    Args:
        variants: The names of the study's variants.
        questions: Treatment and reference of its questions.

    Example:
        >>> subjects(["1", "3a", "3b"], [("3a", "1")])
        ('study', '1', '3a', '3b', '3', '3a vs 1')
    """
    names = list(variants)
    asked = (f"{treatment}{BETWEEN}{reference}" for treatment, reference in questions)
    return tuple(dict.fromkeys((ABOUT_STUDY, *names, *exercise_numbers(names).values(), *asked)))
