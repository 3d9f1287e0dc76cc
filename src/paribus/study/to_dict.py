"""A study as the arguments of `Study`, for a notebook that has no file of it."""

from __future__ import annotations

from paribus.errors import StudyError
from paribus.study.model import Variant
from paribus.study.study import Study

_AS_WRITTEN = {
    "expect": True,
    "source": True,
    "lines": True,
    "variants": {"__all__": {"base", "changes", "settings"}},
}

_HIDDEN = {"expect", "source", "lines"}


def to_dict(study: Study) -> dict[str, object]:
    """Return arguments of `Study` for an equal study, as a file has them where possible.

    What is expected of its results is left out: it is the key of an exercise.
    A study that was never written in this way is returned resolved, and so is one in which a function trains.

    Example:
        >>> from paribus.study.reader import load
        >>> to_dict(load("lab2"))["variants"]["5"]
        {'from': '2', 'label': 'batch 8', 'batch_size': 8}
    """
    written = _as_in_a_file(study)
    if study.programs:  # whose files would be looked for where the notebook lies
        return study.model_dump(mode="json", exclude=_HIDDEN)
    try:
        same = same_meaning(Study.model_validate(written), study)
    except StudyError:
        same = False
    return written if same else study.model_dump(mode="json", exclude=_HIDDEN)


def same_meaning(one: Study, other: Study) -> bool:
    """Return whether two studies ask the same, however they are written."""
    return one.model_dump(exclude=_AS_WRITTEN) == other.model_dump(exclude=_AS_WRITTEN)


def _as_in_a_file(study: Study) -> dict[str, object]:
    written: dict[str, object] = {
        "name": study.name,
        "title": study.title,
        "seeds": study.seeds,
        "margin": study.margin,
        "keep": None if study.keep == "all" else study.keep,
        "base": next((each.base for each in study.variants.values() if each.parent is None), {}),
        "variants": {
            name: _as_declared(variant)
            for name, variant in study.variants.items()
            if not any(name in design.cells for design in study.designs)
        },
        **_designs(study),
        "questions": [
            *(each.model_dump(exclude_defaults=True) for each in (*study.questions, *study.design_questions)),
            *(each.as_written() for each in study.rankings),
        ],
        "notes": study.notes,
        "published": {name: each.model_dump(exclude_defaults=True) for name, each in study.published.items()},
    }
    return {key: value for key, value in written.items() if value not in ("", None, [], {})}


def _designs(study: Study) -> dict[str, object]:
    """Return the factors as a file has them."""
    written: dict[str, object] = {}
    if sweeps := [each.written for each in study.designs if each.kind == "sweep"]:
        written["sweep"] = sweeps
    for each in study.designs:
        if each.kind == "cross":
            written["cross"] = each.written
            written["fraction"] = {name: " * ".join(parts) for name, parts in each.generators.items()}
    return written


def _as_declared(variant: Variant) -> dict[str, object]:
    tune = None if variant.tune is None else variant.tune.written
    own = {"from": variant.parent, "label": variant.label, "tune": tune}
    return {key: value for key, value in own.items() if value} | variant.changes
