"""A study as the arguments of `Study`, for a notebook that has no file of it."""

from __future__ import annotations

from paribus.errors import StudyError
from paribus.study.model import Variant
from paribus.study.study import Study

_AS_WRITTEN = {"source": True, "lines": True, "variants": {"__all__": {"changes", "settings"}}}


def to_dict(study: Study) -> dict[str, object]:
    """Return arguments of `Study` for an equal study, as a file has them where possible.

    A setting that every variant changes is not known of the base, and is written in each variant. A study
    that cannot be written in this way is returned resolved.

    Example:
        >>> from paribus.study.reader import load
        >>> to_dict(load("lab2"))["variants"]["5"]
        {'from': '2', 'batch_size': 8}
    """
    written = _as_in_a_file(study)
    try:
        same = same_meaning(Study.model_validate(written), study)
    except StudyError:
        same = False
    return written if same else study.model_dump(mode="json", exclude={"source", "lines"})


def same_meaning(one: Study, other: Study) -> bool:
    """Return whether two studies ask the same, however they are written."""
    return one.model_dump(exclude=_AS_WRITTEN) == other.model_dump(exclude=_AS_WRITTEN)


def _as_in_a_file(study: Study) -> dict[str, object]:
    of_base = [variant for variant in study.variants.values() if variant.parent is None]
    base: dict[str, object] = {}
    for variant in of_base:
        for key in variant.settings.keys() - _changed_settings(variant):
            base[key] = variant.settings[key]
    order = {key: place for place, key in enumerate(key for each in of_base for key in each.settings)}
    written: dict[str, object] = {
        "name": study.name,
        "title": study.title,
        "seeds": study.seeds,
        "margin": study.margin,
        "base": {key: base[key] for key in sorted(base, key=order.__getitem__)},
        "variants": {name: _as_declared(variant, base) for name, variant in study.variants.items()},
        "questions": [each.model_dump(exclude_defaults=True) for each in study.questions],
        "published": {name: each.model_dump(exclude_defaults=True) for name, each in study.published.items()},
    }
    return {key: value for key, value in written.items() if value not in ("", None, [], {})}


def _as_declared(variant: Variant, base: dict[str, object]) -> dict[str, object]:
    """Return what a variant declares; its whole settings where the base's are not known."""
    if variant.parent is not None:
        return {"from": variant.parent, **variant.changes}
    changes = dict(variant.changes)
    for key in sorted(_changed_settings(variant) - base.keys()):
        if key in variant.settings:
            changes[key] = variant.settings[key]
            if key == "optimizer":
                changes.pop("learning_rate", None)
    return changes


def _changed_settings(variant: Variant) -> set[str]:
    return {"optimizer" if key == "learning_rate" else key for key in variant.changes}
