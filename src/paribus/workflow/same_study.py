"""Whether two folders have the same study, and in what theirs differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

from paribus.errors import StoreError
from paribus.study.faults import format_value
from paribus.study.study import Study
from paribus.texts import text

_ANYWHERE: dict[str, object] = {"source": "", "lines": {}, "sources": {}, "programs": {}}
"""Where a study's files lay: what they held is in its configurations, and in the digests of its data."""
_LISTED = 3
_NOTHING = object()


def check_same(study: Study, other: Study, folder: Path, its: Path) -> None:
    """Refuse two folders whose studies differ in more than where their files lay.

    Args:
        study: Of the first folder.
        other: Of the second.
        folder: The first.
        its: The second.

    Raises:
        StoreError: They differ; the message names in what.
    """
    anywhere = [each.model_copy(update=_ANYWHERE) for each in (study, other)]
    if anywhere[0] == anywhere[1]:  # which is found sooner than where they differ
        return
    one, two = (each.model_dump(mode="json", exclude=set(_ANYWHERE)) for each in (study, other))
    found = list(differences(one, two))
    if found:
        lines = [
            text("shards.differs", key=key, one=_shown(first), two=_shown(second))
            for key, first, second in found[:_LISTED]
        ]
        raise StoreError(
            "shards.other-study", one=folder, two=its, number=len(found), differences="\n".join(lines)
        )


def differences(one: object, two: object, key: str = "") -> Iterator[tuple[str, object, object]]:
    """Yield where two trees differ, by their keys, with what each has there.

    Example:
        >>> list(differences({"seeds": 3, "base": {"epochs": 2}}, {"seeds": 3, "base": {"epochs": 4}}))
        [('base.epochs', 2, 4)]
    """
    if isinstance(one, Mapping) and isinstance(two, Mapping):
        first, second = cast("Mapping[str, object]", one), cast("Mapping[str, object]", two)
        for name in dict.fromkeys((*first, *second)):
            inner = f"{key}.{name}" if key else str(name)
            yield from differences(first.get(name, _NOTHING), second.get(name, _NOTHING), inner)
    elif (
        isinstance(one, list)
        and isinstance(two, list)
        and len(cast("list[object]", one)) == len(cast("list[object]", two))
    ):
        for place, pair in enumerate(zip(cast("list[object]", one), cast("list[object]", two), strict=True)):
            yield from differences(*pair, f"{key}.{place}")
    elif one != two:
        yield key, one, two


def _shown(value: object) -> str:
    """Return what a study has at a key; of a whole part of it only that it is there."""
    if value is _NOTHING:
        return text("shards.absent")
    is_part = isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str))
    return text("shards.present") if is_part else format_value(value)
