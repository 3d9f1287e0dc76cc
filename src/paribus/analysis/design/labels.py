"""Training images that cannot teach every class: some are missing, rare, or labelled in two ways."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from paribus.analysis.design.design import Design
from paribus.analysis.design.rule import DatasetRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.configuration import Configuration
from paribus.texts.message import Listed

RATIO = 10.0
"""Times as many images as another class, from which on a data set is called imbalanced; a convention."""
MIN_SHARE = 0.01
"""Of the training images: fewer that are doubtful hardly show in an accuracy; a convention."""


def doubtful(images: int, of: int) -> dict[str, float] | None:
    """Return how many images are doubtful, and their share; None where that is one in a hundred at most.

    Args:
        images: How many.
        of: Of how many.
    """
    if images <= MIN_SHARE * of:
        return None
    return {"images": images, "share": images / of, "limit": MIN_SHARE}


def _classes(design: Design, data: str) -> dict[str, int]:
    """Return how many training images each class has; nothing where they were not counted."""
    census = design.images[data].census
    return dict(zip(design.study.facts[data].classes, census.classes, strict=False)) if census else {}


class MissingClass(DatasetRule):
    """A class without a single training image."""

    code = "class-missing"
    severities = (Severity.SERIOUS,)
    factors = ("data",)

    def facts(self, design: Design, data: str, configurations: Mapping[str, Configuration]) -> Iterator[Fact]:
        classes = _classes(design, data)
        missing = [name for name, images in classes.items() if not images]
        if missing:
            named = {"data": data, "classes": Listed(tuple(missing))}
            yield Fact(Severity.SERIOUS, {"count": len(missing), "all": len(classes)}, named)


class RareClass(DatasetRule):
    """A class with less than a tenth of the images of the commonest one."""

    code = "class-rare"
    severities = (Severity.WARNING,)
    reference = "He and Garcia 2009, IEEE TKDE 21"
    factors = ("data",)

    def facts(self, design: Design, data: str, configurations: Mapping[str, Configuration]) -> Iterator[Fact]:
        classes = _classes(design, data)
        most = max(classes.values(), default=0)
        rare = {name: images for name, images in classes.items() if 0 < RATIO * images < most}
        if rare:
            evidence = {"fewest": min(rare.values()), "most": most, "limit": RATIO}
            yield Fact(Severity.WARNING, evidence, {"data": data, "classes": Listed(tuple(rare))})


class TwoLabels(DatasetRule):
    """More than one training image in a hundred is there again with another label."""

    code = "two-labels"
    severities = (Severity.WARNING,)
    reference = "Northcutt, Athalye and Mueller 2021, arXiv:2103.14749"
    factors = ("data",)

    def facts(self, design: Design, data: str, configurations: Mapping[str, Configuration]) -> Iterator[Fact]:
        counts = design.images[data]
        evidence = doubtful(counts.census.contradictory, counts.train) if counts.census else None
        if evidence is not None:
            yield Fact(Severity.WARNING, evidence, {"data": data})
