"""What differs between two variants besides the factor that their comparison is about."""

from __future__ import annotations

from collections.abc import Mapping

from paribus.study.difference import difference, factors
from paribus.study.model import Variant
from paribus.study.variant_changes import declared_changes


def confounds(variants: Mapping[str, Variant], treatment: str, reference: str) -> tuple[str, ...]:
    """Return the factors that differ between two variants besides the one that their comparison is about.

    Of the factors that differ, the comparison is about the first of these that there is:

    1. the first one that the treatment declares,
    2. the first one that the reference declares,
    3. the first one in the order of `factors`.

    Args:
        variants: Those of the study.
        treatment: One of them.
        reference: Another.

    Raises:
        KeyError: There is no such variant.

    Example:
        >>> from paribus.study.reader import load
        >>> lab = load("lab2").variants
        >>> confounds(lab, "4b", "4c"), confounds(lab, "2", "1")
        (('regularization',), ())
    """
    differing = factors(difference(variants[reference].configuration, variants[treatment].configuration))
    declared = (*declared_changes(variants, treatment), *declared_changes(variants, reference))
    about = next((factor for factor in (*factors(declared), *differing) if factor in differing), None)
    return tuple(factor for factor in differing if factor != about)
