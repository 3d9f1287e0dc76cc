"""Variants that a study does not declare, derived from one that it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from paribus.errors import StudyError
from paribus.study.model import Variant
from paribus.study.resolve import SettingsReader
from paribus.study.source import Sources, folder_of
from paribus.study.study import Study
from paribus.study.variants import extend, rate_faults
from paribus.study.yaml_node import write


def derive_variant(study: Study, parent: str, name: str, changes: Mapping[str, object]) -> Variant:
    """Return a variant that starts from one of the study's; the study itself is not changed.

    Raises:
        KeyError: There is no such parent.
        StudyError: The changes do not fit the parent.

    Example:
        >>> from paribus.study.reader import load
        >>> derive_variant(load("lab2"), "3a", "3a-scaled", {"scale": "unit"}).configuration.scale
        'unit'
    """
    below, declared = write(study.variants[parent].settings), write(changes)
    settings = extend(below, declared)
    known = None if "data" in changes else study.variants[parent].configuration.own
    reads_files = "model" in changes or "metrics" in changes or isinstance(changes.get("loss"), dict)
    kept = None if reads_files else study.variants[parent].configuration
    sources = Sources(folder_of(study.source), known, kept)
    reader = SettingsReader(settings, sources)
    reader.faults.add(*rate_faults(below, declared))
    configuration = reader.configuration()
    sources.networks.close()
    if configuration is None:
        raise StudyError(name, list(reader.faults))
    return Variant(
        name=name,
        parent=parent,
        changes=dict(changes),
        settings=cast("dict[str, object]", settings.plain()),
        configuration=configuration,
    )
