"""The doses of a sweep side by side: a ramp of colours along the dose, and their curves in one chart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from paribus.report.charts import DOSE_INKS, Chart, DoseInk, of_variants
from paribus.study.study import Study

if TYPE_CHECKING:
    from paribus.report.designs import DesignSection
    from paribus.report.material import Material

_FEWEST = 3  # doses of a ramp: two variants are told apart better by inks that differ more


def dose_inks(study: Study) -> Mapping[str, DoseInk]:
    """Return how the variants of a sweep over one factor are drawn, in the order of their doses.

    Args:
        study: With one such sweep; of several none has the ramp, since both would look alike.

    Returns:
        Empty where there is none, or its levels are no numbers.
    """
    sweeps = [each for each in study.designs if each.kind == "sweep" and len(each.factors) == 1]
    if len(sweeps) != 1 or sweeps[0].factors[0].doses is None:
        return {}
    doses, cells = sweeps[0].factors[0].doses, sweeps[0].cells
    ordered = sorted(cells, key=lambda name: doses[cells[name][0]])
    if len(ordered) < _FEWEST:
        return {}
    last = len(ordered) - 1
    return {name: DOSE_INKS[round(place * (len(DOSE_INKS) - 1) / last)] for place, name in enumerate(ordered)}


def dose_charts(material: Material, section: DesignSection) -> tuple[Chart, ...]:
    """Return the curves of a sweep's variants in one chart a quantity; none where they have no ramp.

    Args:
        material: Of the report.
        section: A question about factors.
    """
    inks = dose_inks(material.study) if section.is_first else {}
    shown = {each.name for each in material.shown if each.records}
    names = [name for name in inks if name in shown]
    if len(names) < _FEWEST or {*inks} != {*section.design.cells}:
        return ()
    return of_variants([material.variants[name].curves for name in names], inks)
