"""The faults of a study's design, before anything is spent. What each means: ``docs/review.md``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from paribus.analysis.design.confounds import confounds
from paribus.analysis.design.design import Design, ImageCounts
from paribus.analysis.design.l2_dose import doses
from paribus.analysis.design.losses import losses
from paribus.analysis.design.networks import networks
from paribus.analysis.design.power import feasibility
from paribus.analysis.design.selection import choices
from paribus.analysis.finding import Finding
from paribus.record.records import Records
from paribus.record.run import DataUsed
from paribus.study.datasets import IMAGE_SETS
from paribus.study.study import Study

_RULES = (confounds, doses, losses, networks, choices, feasibility)


def review(
    study: Study,
    *,
    only: Sequence[str] | None = None,
    seeds: int | None = None,
    data: Mapping[str, DataUsed] | None = None,
    records: Records | None = None,
) -> tuple[Finding, ...]:
    """What is doubtful about a study's design, the worst first; nothing is trained.

    Args:
        study: What is asked.
        only: The variants that are to run; None for all.
        seeds: How many seeds are to be run; None for the study's own number.
        data: The images each data set's name stands for; the official ones where it is silent.
        records: What has run already, from which the spread over seeds is taken.

    Example:
        >>> from paribus.study.reader import load
        >>> [found.variants for found in review(load("lab2")) if found.code == "confounded"]
        [('4b', '2'), ('4b', '4c'), ('7c', '7b'), ('7c', '7a')]
    """
    names = tuple(study.variants) if only is None else tuple(only)
    sets = dict.fromkeys(study.variants[name].configuration.data for name in names)
    images = {name: _images(name, data or {}) for name in sets}
    design = Design(study, names, images, study.seeds if seeds is None else seeds, records or Records())
    found = [finding for rule in _RULES for finding in rule(design)]
    return tuple(sorted(found, key=lambda finding: finding.severity.rank))


def by_code(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    """The findings of each code together, in order.

    Args:
        findings: From `review`.
    """
    grouped: dict[str, list[Finding]] = {}
    for finding in findings:
        grouped.setdefault(finding.code, []).append(finding)
    return grouped


def _images(name: str, data: Mapping[str, DataUsed]) -> ImageCounts:
    given = data.get(name) or IMAGE_SETS[name]
    return ImageCounts(given.train, given.test)
