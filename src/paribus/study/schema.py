"""A JSON Schema of study files, from the keys and the techniques that the readers know.

It says what can be said of one value: keys, types, bounds, names. What only several values say together, such
as a question about a variant that is not there, the reader sees. It refuses nothing that the reader takes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import cast

from paribus.study import document
from paribus.study.argument_domains import argument_domain
from paribus.study.arguments import OWN_KINDS
from paribus.study.datasets import DATA_WAYS, IMAGE_SETS
from paribus.study.domains import (
    FROM_ABOVE_ZERO_TO_ONE,
    FROM_ZERO,
    TO_ONE,
    ArgumentDomain,
    ByInput,
    Choice,
    Flag,
    Margins,
    Number,
    Numbers,
    OfKind,
    OneOrBounds,
    OneOrMore,
    OrNull,
    ShareOrCount,
    Sides,
)
from paribus.study.keys import KEYS, MAX_LABEL, MODEL_KEYS, Group, Key, KeyDomain, Part, Shape, Shaped
from paribus.study.layer_kinds import WRAPPERS, can_wrap
from paribus.study.own_network import OWN_KEYS
from paribus.study.programs import KNOWN
from paribus.study.ranking import QUESTION_KINDS
from paribus.study.schema_parts import (
    Schema,
    factors,
    list_of,
    losses,
    mapping,
    margins,
    number_of,
    or_null,
    own_technique,
    trains_by_itself,
    variants,
)
from paribus.study.techniques import ALIASES, Entry, Kind, entry, names
from paribus.study.variants import MAX_NAME_BYTES, UNSAFE
from paribus.texts import text

DIALECT = "https://json-schema.org/draft/2020-12/schema"
IDENTITY = "urn:paribus:study"
"""The ``$id`` of every such schema."""

_MERGED = (Kind.OPTIMIZER, Kind.SCHEDULE, Kind.INITIALIZER, Kind.CONSTRAINT)
"""What a variant may change an argument of without naming it."""
_WORD = {"type": ["string", "number", "boolean"]}
"""A name or a text: YAML reads some as numbers."""
_FIXED: Mapping[Shape, Schema] = {
    Shape.NOTES: {"type": "object", "additionalProperties": {**_WORD}},
    Shape.ARGUMENTS: {"type": "object"},
    Shape.VALUES: {"type": "array", "minItems": 2, "items": {**_WORD}},
    Shape.AUGMENT: {"type": "array", "items": {"$ref": "#/$defs/augmentation"}},
}


def study_schema() -> Schema:
    """Return the schema of a study file.

    Example:
        >>> study_schema()["properties"]["seeds"]["minimum"]
        1
    """
    whole = _keys([Group.STUDY])
    properties = cast("dict[str, object]", whole["properties"])
    of_engine = {key: properties.pop(key) for key in ("base", "variants")}
    kinds = {kind.value: _technique(kind) for kind in Kind if kind not in (Kind.LAYER, Kind.AUGMENTATION)}
    changes = {f"{kind}_change": _change_of_technique(kind) for kind in _MERGED}
    return {
        "$schema": DIALECT,
        "$id": IDENTITY,
        "title": text("reference.schema-title"),
        **whole,
        "properties": {**properties, "base": True, "variants": True},
        "anyOf": [{"required": [key]} for key in ("variants", "sweep", "cross")],
        "if": trains_by_itself(),
        "then": {"properties": _of_own_training()},
        "else": {"properties": of_engine},
        "$defs": {
            **kinds,
            **changes,
            "layer": _layer(Kind.LAYER),
            "augmentation": _layer(Kind.AUGMENTATION),
            **{f"layer_{name}": _kind_of_layer(_layer_entry(name)) for name in names(Kind.LAYER)},
            "layer_settings": _layer_settings(),
        },
    }


def _of_own_training() -> Schema:
    """Return the schemas of base and variants where a function trains, whose own keys are free."""
    shared = {name: _key(KEYS[Group.BASE][name], changed=True) for name in KNOWN}
    own = {name: _key(key, changed=True) for name, key in KEYS[Group.VARIANTS].items()}
    base: Schema = {"type": "object", "properties": shared}
    variant: Schema = {"type": "object", "properties": {**shared, **own}}
    return {"base": or_null(base), "variants": variants(or_null(variant))}


def schema_text() -> str:
    """Return the schema of a study file as JSON."""
    return json.dumps(study_schema(), indent=1, ensure_ascii=False) + "\n"


def _keys(groups: Iterable[Group], *, changed: bool = False) -> Schema:
    """Return the schema of a mapping with the keys of some groups.

    Args:
        groups: Where the keys stand.
        changed: Whether it is a variant, which may change a part of what the base has.
    """
    keys = [key for group in groups for key in KEYS[group].values()]
    return mapping({key.name: _key(key, changed=changed) for key in keys})


def _required(group: Group) -> list[str]:
    return [key.name for key in KEYS[group].values() if key.required]


def _key(key: Key, *, changed: bool) -> Schema:
    schema: Schema = _of_key(key.domain, changed=changed)
    if key.group is Group.BASE and key.name == Group.METRICS:
        either: list[object] = [schema["items"], _keys([Group.METRICS])]
        items: Schema = {"anyOf": either}
        schema = {"type": "array", "items": items}
    is_asked = key.group is Group.QUESTIONS and key.name == "metric"
    if is_asked or key.name == "monitor":  # or a metric of the study's own
        pattern = {"pattern": "^(test|val)_[A-Za-z_]"} if is_asked else {}
        schema = {"anyOf": [schema, {"type": "string", **pattern}]}
    described: Schema = {"description": text(f"reference.{key.group}.{key.name}")}
    if key.default is not None:
        described["default"] = key.default
    example = document.read(f"example: {key.example}".encode())[0].branches["example"]
    described["examples"] = [example.plain()]
    if key.required and key.group is not Group.BASE:  # a variant may give what the base lacks
        return {**schema, **described}
    return {**or_null(schema), **described}


def _of_key(domain: KeyDomain, *, changed: bool) -> Schema:
    if isinstance(domain, Part):
        return _part(domain, changed=changed)
    if isinstance(domain, Shaped):
        return _shaped(domain.shape, changed=changed)
    if isinstance(domain, ByInput):
        named = {"type": "object", "additionalProperties": {"enum": [*domain.each.words, None]}}
        return {"anyOf": [{"enum": [*domain.each.words]}, named]}
    return _value(domain, changed=changed)


def _part(part: Part, *, changed: bool) -> Schema:
    group = part.group
    if group is Group.VARIANTS:
        return variants(or_null(_keys([group, Group.BASE], changed=True)))
    inner = _keys([group], changed=changed)
    if part.short is not None:
        return {"if": {"type": "number"}, "then": number_of(part.short), "else": inner}
    if group is Group.QUESTIONS:
        kinds = (*QUESTION_KINDS, ("trend",), ("effects",))
        inner["anyOf"] = [{"required": [*kind]} for kind in kinds]
    if part.by_name:
        return {"type": "object", "additionalProperties": inner}
    return {"type": "array", "items": inner} if part.listed else inner


def _shaped(shape: Shape, *, changed: bool) -> Schema:
    if shape in _FIXED:
        return _FIXED[shape]
    match shape:
        case Shape.NAME:
            schema = {**_WORD, "pattern": f"^[^{UNSAFE}]*$", "maxLength": MAX_NAME_BYTES}
        case Shape.LABEL:
            schema: Schema = {**_WORD, "maxLength": MAX_LABEL}
        case Shape.NETWORK:
            schema = _network(changed=changed)
        case Shape.DATA:
            schema = _data(changed=changed)
        case Shape.LAYERS:
            settings = {"anyOf": [{"$ref": "#/$defs/layer_settings"}, {"type": "null"}]}
            schema = {"type": "object", "additionalProperties": settings}
        case Shape.ONE_OR_MORE | Shape.INPUTS:
            named: Schema = {"type": "object", "additionalProperties": {**_WORD}}
            several = [named] if shape is Shape.INPUTS else []
            schema = {"anyOf": [{**_WORD}, {"type": "array", "items": {**_WORD}}, *several]}
        case Shape.CLASS_WEIGHT | Shape.LOSS_WEIGHTS:
            by_name = or_null(number_of(FROM_ZERO))
            weights: Schema = {"type": "object", "minProperties": 1, "additionalProperties": by_name}
            schema = {"anyOf": [{"const": "balanced"}, weights]} if shape is Shape.CLASS_WEIGHT else weights
        case Shape.MATRIX:
            row = {"type": "array", "minItems": 2, "items": number_of(TO_ONE)}
            schema = {"type": "array", "minItems": 2, "items": row}
        case Shape.SWEEP | Shape.CROSS:
            several = [{"type": "array", "minItems": 1, "items": factors()}] if shape is Shape.SWEEP else []
            schema = {"anyOf": [factors(), *several]}
        case Shape.TUNE | Shape.STOP:
            schema = _tune() if shape is Shape.TUNE else _stop()
        case _:
            schema = {**_WORD}
    return schema


def _network(*, changed: bool) -> Schema:
    keys = {name: _key(key, changed=changed) for name, key in KEYS[Group.MODEL].items()}
    own, short = (mapping({name: keys[name] for name in part}) for part in (OWN_KEYS, MODEL_KEYS))
    if not changed:
        short["required"] = _required(Group.MODEL)
    short = {"if": {"anyOf": [{"required": [name]} for name in OWN_KEYS]}, "then": own, "else": short}
    layers = {"minItems": 1, "items": {"$ref": "#/$defs/layer"}}
    return {"type": ["object", "array"], "if": {"type": "array"}, "then": layers, "else": short}


def _data(*, changed: bool) -> Schema:
    own = _keys([Group.DATA])
    if not changed:
        own["anyOf"] = [{"required": [way]} for way in DATA_WAYS]
    by_name: Schema = {"enum": [*IMAGE_SETS]}
    return {"type": ["string", "object"], "if": {"type": "string"}, "then": by_name, "else": own}


def _tune() -> Schema:
    """Return the schema of what is tuned: the keys of every search, and a range for each setting."""
    one = _keys([Group.RANGE])
    listed = _shaped(Shape.VALUES, changed=False)
    among = {"type": ["object", "array", "null"], "if": {"type": "array"}, "then": listed, "else": one}
    several = {**_keys([Group.TUNE]), "additionalProperties": among}
    return {"if": {"type": "null"}, "then": True, "else": several}


def _stop() -> Schema:
    """Return the schema of when tries end early: a rule by its name, or with its own keys."""
    groups = (Group.MEDIAN, Group.HALVING)
    rules = mapping({group.value: or_null(_keys([group])) for group in groups})
    one = {**rules, "minProperties": 1, "maxProperties": 1}
    named = {"enum": [group.value for group in groups]}
    return {"type": ["string", "object"], "if": {"type": "string"}, "then": named, "else": one}


def _value(domain: ArgumentDomain, *, changed: bool) -> Schema:
    """Return the schema of a value that is given, null aside."""
    match domain:
        case Number():
            schema = number_of(domain)
        case Flag():
            schema: Schema = {"type": "boolean"}
        case Choice(words):
            schema = {"enum": [*words]}
        case Sides(count, low):
            side = number_of(Number(low, whole=True))
            schema = {"anyOf": [side, list_of(side, count, count)]}
        case Margins(count):
            schema = margins(count)
        case OneOrMore(each):
            schema = {"anyOf": [number_of(each), list_of(number_of(each), 1)]}
        case Numbers(each, empty):
            schema = list_of(_value(each, changed=changed), 0 if empty else 1)
        case ShareOrCount():
            schema = {"anyOf": [number_of(FROM_ABOVE_ZERO_TO_ONE), number_of(Number(2, whole=True))]}
        case OneOrBounds(each):
            schema = {"anyOf": [number_of(each), list_of(number_of(each), 2, 2)]}
        case OrNull(inner):
            schema = or_null(_value(inner, changed=changed))
        case OfKind(kind, number):
            ending = "_change" if changed and kind in _MERGED else ""
            schema = {"$ref": f"#/$defs/{kind}{ending}"}
            if number is not None:
                schema = {"if": {"type": "number"}, "then": number_of(number), "else": schema}
    return schema


def _technique(kind: Kind) -> Schema:
    """Return the schema of a technique: its name, or its name and arguments."""
    entries = [entry(kind, name) for name in names(kind)]
    aliases = [alias for of, alias in ALIASES if of is kind]
    alone: Schema = {"enum": [*(each.name for each in entries if not each.required), *aliases]}
    if kind is Kind.ACTIVATION:
        return alone
    if kind is Kind.LOSS:
        return losses(alone, _keys([Group.LOSS]), KEYS[Group.LOSS])
    named: Schema = {
        "properties": {"name": {"enum": [each.name for each in entries]}},
        "required": ["name"],
        "allOf": [_if_named(each) for each in entries],
    }
    if kind in OWN_KINDS:
        rate = _key(KEYS[Group.BASE]["learning_rate"], changed=False)
        own = own_technique(rate if kind is Kind.OPTIMIZER else None)
        named = {"if": {"required": ["python"]}, "then": own, "else": named}
    if kind is Kind.REGULARIZER:
        strength = or_null(number_of(FROM_ZERO))
        unnamed = {**mapping({"l1": strength, "l2": strength}), "minProperties": 1}
        named = {"if": {"required": ["name"]}, "then": named, "else": unnamed}
    return {"type": ["string", "object"], "if": {"type": "string"}, "then": alone, "else": named}


def _change_of_technique(kind: Kind) -> Schema:
    """Return the schema of what a variant makes of a technique: another one, or some of its arguments."""
    arguments = mapping(_arguments([entry(kind, name) for name in names(kind)]))
    names_one = [{"required": [key]} for key in ("name", "python")]
    cast("Schema", arguments["properties"])["arguments"] = {"type": ["object", "null"]}
    unnamed = {"type": "object", "not": {"anyOf": names_one}}
    return {"if": unnamed, "then": arguments, "else": {"$ref": f"#/$defs/{kind}"}}


def _if_named(each: Entry) -> Schema:
    properties: Schema = {"name": True, **_arguments([each], changed=False)}
    required = {"required": [*each.required]} if each.required else {}
    return {
        "if": {"properties": {"name": {"const": each.name}}, "required": ["name"]},
        "then": {"properties": properties, "additionalProperties": False, **required},
    }


def _arguments(entries: Iterable[Entry], *, changed: bool = True) -> dict[str, object]:
    """Return the schemas of the arguments of techniques; one that differs among them may be any of these."""
    found: dict[str, list[Schema]] = {}
    for each in entries:
        for argument in each.arguments:
            domain = argument_domain(each.name, argument)
            if domain == OfKind(Kind.LAYER):
                continue
            schema = _value(domain, changed=changed)
            if changed or argument not in each.required:
                schema = or_null(schema)
            if schema not in found.setdefault(argument, []):
                found[argument].append(schema)
    return {name: schemas[0] if len(schemas) == 1 else {"anyOf": schemas} for name, schemas in found.items()}


def _layer(kind: Kind) -> Schema:
    """Return the schema of an entry of a list of layers."""
    if kind is Kind.LAYER:
        kinds: Schema = {name: {"$ref": f"#/$defs/layer_{name}"} for name in names(kind)}
        alone = [name for name in kinds if name not in WRAPPERS]
    else:
        kinds = {name: _kind_of_layer(entry(kind, name)) for name in names(kind)}
        alone = [name for name in kinds if not entry(kind, name).required]
    if kind is Kind.LAYER:
        branch: Schema = {"type": ["array", "null"], "items": {"$ref": "#/$defs/layer"}}
        kinds["branches"] = {"type": "object", "additionalProperties": branch}
    one: Schema = {**mapping(kinds), "minProperties": 1, "maxProperties": 1}
    built = {"if": {"required": ["input"]}, "then": True, "else": one} if kind is Kind.LAYER else one
    return {
        "type": ["string", "object"],
        "if": {"type": "string"},
        "then": {"enum": alone},
        "else": built,
    }


def _kind_of_layer(each: Entry) -> Schema:
    """Return the schema of a layer's arguments: by name, the first alone, or none."""
    first: Schema = {"type": "null"}
    if each.name in WRAPPERS:
        return _wrapper(each)
    if len(each.required) <= 1 and each.arguments:
        first = or_null(_value(argument_domain(each.name, each.arguments[0]), changed=False))
    return {"if": {"type": "object"}, "then": mapping(_own_arguments(each)), "else": first}


def _wrapper(each: Entry) -> Schema:
    """Return the schema of what a wrapper holds: one other layer by name, and arguments of its own."""
    inside = [name for name in names(Kind.LAYER) if can_wrap(each.name, name)]
    held = mapping({**{name: {"$ref": f"#/$defs/layer_{name}"} for name in inside}, **_own_arguments(each)})
    one = {**held, "oneOf": [{"required": [name]} for name in inside]}
    return {"type": ["string", "object"], "if": {"type": "string"}, "then": {"enum": inside}, "else": one}


def _own_arguments(each: Entry) -> dict[str, object]:
    """Return the schemas of a layer's arguments, none of which is required, as `layers` may give it."""
    own = _arguments([each], changed=False)
    return {name: or_null(cast("Schema", schema)) for name, schema in own.items()}


def _layer_settings() -> Schema:
    """Return the schema of what ``layers`` sets of one layer, and of a layer inside it."""
    arguments = _arguments([_layer_entry(name) for name in names(Kind.LAYER)])
    inside = {"type": ["object", "null"], "additionalProperties": True}
    wrapped = (name for name in names(Kind.LAYER) if any(can_wrap(each, name) for each in WRAPPERS))
    return mapping({**dict.fromkeys(wrapped, inside), **arguments})


def _layer_entry(name: str) -> Entry:
    return entry(Kind.LAYER, name)
