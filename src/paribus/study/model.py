"""What is asked: the study, its variants and their questions, frozen."""

from __future__ import annotations

from typing import Literal, TypeAlias, cast, get_args

from pydantic import Field, model_validator

from paribus.study.configuration import Configuration, Frozen

Metric: TypeAlias = Literal["test_accuracy", "test_loss", "test_data_loss", "test_brier"]
METRICS: tuple[Metric, ...] = get_args(Metric)
"""What two variants may be compared on, at the end of their runs."""


class Variant(Frozen):
    """A named change to the base, or to another variant.

    Args:
        name: As in the study.
        parent: The variant it starts from; None for the base.
        changes: What it declares, as written.
        settings: The base with all changes up to this one merged in, as written.
        configuration: The same, resolved.
    """

    name: str
    parent: str | None = None
    changes: dict[str, object] = Field(default_factory=dict)
    settings: dict[str, object]
    configuration: Configuration


class Question(Frozen):
    """A comparison the study wants answered: treatment against reference, on one metric."""

    treatment: str
    reference: str
    metric: Metric = "test_accuracy"
    ask: str = ""


class Published(Frozen):
    """What a source reported for a variant, accuracies in [0, 1]; None where it is silent."""

    test: float | None = None
    train: float | None = None
    dev: float | None = None
    epochs: int | None = None
    note: str = ""


class Study(Frozen):
    """A base, its variants, and the questions asked of them.

    Args:
        lines: Where its parts stand in its file, counted from 1, by path: ``seeds``, ``margin``,
            ``variants.2``, ``questions.0``. Empty when it was not read from a file.
    """

    name: str
    title: str = ""
    seeds: int = Field(default=1, ge=1)
    margin: float | None = Field(default=None, gt=0, lt=1)
    variants: dict[str, Variant]
    questions: tuple[Question, ...] = ()
    published: dict[str, Published] = Field(default_factory=dict)
    source: str = ""
    lines: dict[str, int] = Field(default_factory=dict)

    def _repr_html_(self) -> str:
        from paribus.study.display import as_html

        return as_html(self)

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, value: object) -> object:
        """Let ``Study(base=..., variants=...)`` take what a study file would, with the same checks."""
        if not isinstance(value, dict) or not _is_written(cast("dict[str, object]", value)):
            return value
        from paribus.study.reader import from_mapping

        read = from_mapping(cast("dict[str, object]", value))
        return {name: getattr(read, name) for name in cls.model_fields}


def _is_written(value: dict[str, object]) -> bool:
    variants = value.get("variants")
    if "base" in value or "data" in value or not isinstance(variants, dict) or not variants:
        return True
    return not all(
        isinstance(each, Variant) or (isinstance(each, dict) and "configuration" in each)
        for each in cast("dict[str, object]", variants).values()
    )
