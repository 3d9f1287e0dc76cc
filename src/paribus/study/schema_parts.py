"""Pieces of JSON Schema: numbers, lists, mappings, and what may be null."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeAlias, cast

from paribus.study.domains import WHOLE, Number
from paribus.study.variants import MAX_NAME_BYTES, UNSAFE

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
    """Return the schema of what is added around or cut off: alike everywhere, by side, or by end.

    Args:
        count: How many sides there are.
    """
    end = number_of(WHOLE)
    side: Schema = {"anyOf": [end, list_of(end, 2, 2)]}
    sides = [list_of(side, count, count)] if count > 1 else []
    return {"anyOf": [end, *sides, list_of(end, 2 * count, 2 * count)]}


def own_technique(rate: Schema | None) -> Schema:
    """Return the schema of a technique of the user's own: its file and class, and what that is called with.

    Args:
        rate: Of the learning rate, where it is an optimizer.
    """
    parts: Schema = {"python": {"type": "string"}, "arguments": {"type": ["object", "null"]}}
    return mapping({**parts, **({} if rate is None else {"learning_rate": rate})})


def losses(alone: Schema, own: Schema, keys: Collection[str]) -> Schema:
    """Return the schema of a loss: by name, of the user's own, or one of these for each output.

    Args:
        alone: Of a name.
        own: Of one of the user's own.
        keys: Of the latter.
    """
    one: Schema = {"type": ["string", "object"], "if": {"type": "string"}, "then": alone, "else": own}
    not_own: Schema = {"anyOf": [{"required": [key]} for key in ("name", *keys)]}
    several: Schema = {"type": "object", "not": not_own, "additionalProperties": or_null(one)}
    return {"anyOf": [one, several]}


def trains_by_itself() -> Schema:
    """Return the schema of studies in which a function trains, whose settings are free."""
    has_train: Schema = {"type": "object", "required": ["train"]}
    in_none: Schema = {"additionalProperties": {"not": has_train}}
    in_some: Schema = {"type": "object", "not": in_none}
    places: dict[str, Schema] = {"base": has_train, "variants": in_some}
    inside = [{"required": [key], "properties": {key: schema}} for key, schema in places.items()]
    return {"anyOf": [has_train, *inside]}


def variants(variant: Schema) -> Schema:
    """Return the schema of all variants by name, of which there is at least one."""
    return {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": f"^[^{UNSAFE}]+$", "maxLength": MAX_NAME_BYTES},
        "additionalProperties": variant,
    }
