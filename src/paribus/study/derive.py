"""Variants beside those that a study declares, made as a study file would have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from paribus.errors import StudyError
from paribus.study.faults import Faults
from paribus.study.model import Study, Variant
from paribus.study.resolve import configuration, extend
from paribus.study.yaml_node import write


def added(study: Study, parent: str, name: str, changes: Mapping[str, object]) -> Variant:
    """A variant that starts from one of the study's; the study itself stays as it is.

    Args:
        study: Where the parent is.
        parent: The variant that it starts from.
        name: Its name.
        changes: What it changes, as a study file has it.

    Raises:
        KeyError: There is no such parent.
        StudyError: The changes do not fit the parent.

    Example:
        >>> from paribus.study.reader import load
        >>> added(load("lab2"), "3a", "3a-scaled", {"scale": "unit"}).configuration.scale
        'unit'
    """
    faults = Faults()
    merged = extend(write(study.variants[parent].settings), write(changes), faults)
    resolved = configuration(merged, faults)
    if resolved is None or len(faults):
        raise StudyError(name, list(faults))
    settings = cast("dict[str, object]", merged.plain())
    return Variant(name=name, parent=parent, changes=dict(changes), settings=settings, configuration=resolved)
