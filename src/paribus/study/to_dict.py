"""A study as its file could have said it, for what hands the study on without the file."""

from __future__ import annotations

from paribus.errors import StudyError
from paribus.study.model import Study, Variant
from paribus.study.reader import from_mapping

_NOT_MEANT = {"source": True, "lines": True, "variants": {"__all__": {"changes", "settings"}}}


def rewritten(study: Study) -> dict[str, object]:
    """The arguments of `Study` that make this study again: as a study file has them, where that can be.

    What no variant leaves as it is in the base cannot be known of the base, and is written in each variant.

    Args:
        study: Read from anything.

    Example:
        >>> from paribus.study.reader import load
        >>> rewritten(load("lab2"))["variants"]["5"]
        {'from': '2', 'batch_size': 8}
    """
    found = _as_in_a_file(study)
    try:
        same = same_meaning(from_mapping(found), study)
    except StudyError:
        same = False
    return found if same else study.model_dump(mode="json", exclude={"source", "lines"})


def same_meaning(one: Study, other: Study) -> bool:
    """Whether two studies ask the same, however they are written.

    Args:
        one: A study.
        other: Another.
    """
    return one.model_dump(exclude=_NOT_MEANT) == other.model_dump(exclude=_NOT_MEANT)


def _as_in_a_file(study: Study) -> dict[str, object]:
    first = [variant for variant in study.variants.values() if variant.parent is None]
    base: dict[str, object] = {}
    for variant in first:
        for key in variant.settings.keys() - _touched(variant):
            base[key] = variant.settings[key]
    order = {key: place for place, key in enumerate(key for each in first for key in each.settings)}
    told: dict[str, object] = {"name": study.name, "title": study.title, "seeds": study.seeds}
    told |= {"margin": study.margin, "base": {key: base[key] for key in sorted(base, key=order.__getitem__)}}
    told["variants"] = {name: _level(variant, base) for name, variant in study.variants.items()}
    told["questions"] = [each.model_dump(exclude_defaults=True) for each in study.questions]
    told["published"] = {
        name: each.model_dump(exclude_defaults=True) for name, each in study.published.items()
    }
    return {key: value for key, value in told.items() if value not in ("", None, [], {})}


def _level(variant: Variant, base: dict[str, object]) -> dict[str, object]:
    """What a variant declares; whole, where the base's part of it is not known."""
    if variant.parent is not None:
        return {"from": variant.parent, **variant.changes}
    changes = dict(variant.changes)
    for key in sorted(_touched(variant) - base.keys()):
        if key in variant.settings:
            changes[key] = variant.settings[key]
            if key == "optimizer":
                changes.pop("learning_rate", None)
    return changes


def _touched(variant: Variant) -> set[str]:
    return {"optimizer" if key == "learning_rate" else key for key in variant.changes}
