"""One setting at another level, as a study file has it: what rules advise and what ablations change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from paribus.analysis.design.networks import unscaled_inputs
from paribus.study.configuration import Configuration


@dataclass(frozen=True)
class Change:
    """A change of one setting.

    Args:
        kind: Which; its sentences are ``advice.<kind>.do`` and ``.expect``, or ``confirm.<kind>.cause`` and
            ``.change``.
        settings: What is changed, as a study file has it.
        values: What its sentences name.
        name: What the name of the changed variant ends in; the kind where it is empty.
    """

    kind: str
    settings: Mapping[str, object]
    values: Mapping[str, object] = field(default_factory=dict[str, object])
    name: str = ""

    def variant(self, origin: str) -> str:
        """Return the name of the changed variant.

        Args:
            origin: The variant that it starts from.
        """
        return f"{origin}-{self.name or self.kind}"


def scaled(configuration: Configuration) -> Mapping[str, object]:
    """Return the setting by which pixels from 0 to 255 are divided by 255, of several inputs by name.

    Args:
        configuration: A variant, resolved, whose pixels are not scaled.
    """
    inputs = unscaled_inputs(configuration)
    return {"scale": dict.fromkeys(inputs, "unit") if inputs else "unit"}


def round_to_digit(number: float) -> float:
    """Round to one digit, as learning rates are written.

    Example:
        >>> round_to_digit(0.00123)
        0.001
    """
    return float(f"{number:.0e}")
