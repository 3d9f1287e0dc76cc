"""Pieces of JSON Schema: numbers, lists, mappings, and what may be null."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, cast

from paribus.study.domains import WHOLE, Number

Schema: TypeAlias = dict[str, object]


def list_of(each: Schema, fewest: int, most: int | None = None) -> Schema:
    """Return the schema of a list with bounds on its length."""
    schema: Schema = {"type": "array", "items": each, "minItems": fewest}
    return schema if most is None else {**schema, "maxItems": most}


def number_of(domain: Number) -> Schema:
    """Return the schema of a number within its bounds."""
    low = -domain.largest if domain.low is None else domain.low
    high = domain.largest if domain.high is None else domain.high
    return {
        "type": "integer" if domain.whole else "number",
        "exclusiveMinimum" if domain.above and domain.low is not None else "minimum": low,
        "exclusiveMaximum" if domain.below and domain.high is not None else "maximum": high,
    }


def mapping(properties: Mapping[str, object]) -> Schema:
    """Return the schema of a mapping with these keys and no others."""
    return {"type": "object", "properties": dict(properties), "additionalProperties": False}


def or_null(schema: Schema) -> Schema:
    """Return the schema of the same, or of null, which takes a setting back."""
    if "enum" in schema:
        return {"enum": [*cast("list[object]", schema["enum"]), None]}
    if "type" not in schema or "if" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    kinds = schema["type"]
    several = cast("list[str]", kinds) if isinstance(kinds, list) else [str(kinds)]
    return {**schema, "type": [*dict.fromkeys([*several, "null"])]}


def factors() -> Schema:
    """Return the schema of factors, each with a list of levels, or levels by name with their settings."""
    named: Schema = {
        "type": "object",
        "minProperties": 2,
        "additionalProperties": {"type": ["object", "null"]},
    }
    listed: Schema = {"type": "array", "minItems": 2}
    return {"type": "object", "minProperties": 1, "additionalProperties": {"anyOf": [listed, named]}}


def margins(count: int) -> Schema:
    """Return the schema of what is cut off or added at the ends of so many sides."""
    end = number_of(WHOLE)
    side: Schema = {"anyOf": [end, list_of(end, 2, 2)]}
    sides = [list_of(side, count, count)] if count > 1 else []
    return {"anyOf": [end, *sides, list_of(end, 2 * count, 2 * count)]}
