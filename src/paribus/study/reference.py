"""What there is to say about each key of a study file and each technique, from what the readers know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from paribus.errors import UsageError
from paribus.study.argument_domains import argument_domain
from paribus.study.branches import BRANCHES
from paribus.study.domains import (
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
from paribus.study.faults import printable_text
from paribus.study.keys import KEYS, Group, Key, KeyDomain, Part, Shape, Shaped
from paribus.study.snippet import flow
from paribus.study.techniques import ALIASES, Entry, Kind, entry, names
from paribus.texts import has_text, suggestion, text


@dataclass(frozen=True)
class Row:
    """A key or an argument: what it means; its default as a sentence and as a value, empty for none."""

    name: str
    about: str
    default: str
    value: str = ""


@dataclass(frozen=True)
class Topic:
    """One key, technique or argument, explained.

    Args:
        name: As a study writes it.
        place: Where it belongs.
        about: What it means; empty for a technique.
        facts: A label and what it says: type, allowed values, default, example, ...
        rows: The keys or arguments inside it.
        rows_title: What these are.
    """

    name: str
    place: str
    about: str
    facts: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...] = ()
    rows_title: str = ""


def find(given: str) -> list[Topic]:
    """Return everything that a name may mean: a key, a technique, an argument of one.

    Args:
        given: The name, or with what it belongs to before a dot: ``model.dropout``, ``adam.beta_1``.

    Raises:
        UsageError: It is nothing of these.

    Example:
        >>> [topic.place for topic in find("early_stopping.patience")]
        ['In early_stopping']
    """
    asked = given.strip().lower().replace("-", "_")
    owner, _, name = asked.rpartition(".")
    owner = owner.rpartition(".")[2]
    topics = [of_key(key) for key in _keys() if key.name == name and _stands_in(key, owner)]
    for kind in Kind:
        if owner in ("", kind) and ALIASES.get((kind, name), name) in names(kind):
            topics.append(of_technique(entry(kind, name)))
    if name == BRANCHES and owner in ("", Group.MODEL):
        topics.append(_of_branches())
    topics += find_argument(name, owner)
    if not topics:
        known = {*known_names(), *(f"{key.group}.{key.name}" for key in _keys())}
        known |= {argument for each in _techniques() for argument in each.arguments}
        meant = suggestion(asked, sorted(known)) or suggestion(name, sorted(known))
        raise UsageError("reference.help.unknown-key", given=f"'{printable_text(given)}'", meant=meant)
    return topics


def known_names() -> list[str]:
    """Return the names of all keys and techniques, sorted."""
    return sorted({BRANCHES, *(key.name for key in _keys()), *(each.name for each in _techniques())})


def _keys() -> Iterator[Key]:
    return (key for group in Group for key in KEYS[group].values())


def _techniques() -> Iterator[Entry]:
    return (entry(kind, name) for kind in Kind for name in names(kind))


def _stands_in(key: Key, owner: str) -> bool:
    return owner in ("", key.group) or (owner == Group.VARIANTS and key.group is Group.BASE)


def of_key(key: Key) -> Topic:
    """Return what there is to say about a key."""
    facts = [
        (text("reference.label-type"), kind_of(key.domain)),
        (text("reference.label-allowed"), str(key.domain)),
        (text("reference.label-default"), default_of(key)),
        (text("reference.label-example"), f"{key.name}: {key.example}"),
    ]
    if isinstance(key.domain, OfKind):
        kind = key.domain.kind
        facts.insert(2, (text(f"reference.kind-{kind}"), ", ".join(names(kind))))
    rows = rows_of(inside(key))
    title = text("reference.keys-inside") if rows else ""
    place = text(f"reference.group-{key.group}")
    return Topic(key.name, place, about(key), tuple(facts), tuple(rows), title)


def _of_branches() -> Topic:
    """Return what there is to say about what stands first in a list of layers, of several inputs."""
    facts = (
        (text("reference.label-type"), text("reference.type-keys")),
        (text("reference.label-allowed"), text("reference.allowed-branches")),
        (text("reference.label-example"), f"{BRANCHES}: {{image: [{{dense: 16}}], age: []}}"),
    )
    return Topic(BRANCHES, text("reference.group-model"), text("reference.about-branches"), facts)


def inside(key: Key) -> list[Key]:
    """Return the keys inside a key; none where it has none of its own."""
    if isinstance(key.domain, Part):
        return [*KEYS[key.domain.group].values()]
    if key.group is Group.BASE and key.name == Group.METRICS:
        return [*KEYS[Group.METRICS].values()]
    groups = (
        (OfKind(Kind.LOSS), Group.LOSS),
        (Shaped(Shape.DATA), Group.DATA),
        (Shaped(Shape.NETWORK), Group.MODEL),
        (Shaped(Shape.TUNE), Group.TUNE),
        (Shaped(Shape.STOP), Group.MEDIAN),
        (Shaped(Shape.STOP), Group.HALVING),
    )
    return [each for domain, group in groups if key.domain == domain for each in KEYS[group].values()]


def rows_of(keys: list[Key]) -> list[Row]:
    """Return a row for each key."""
    return [
        Row(key.name, about(key), _in_row(default_of(key), required=key.required, known=key.default))
        for key in keys
    ]


def _in_row(default: str, *, required: bool, known: object) -> str:
    """Return what a row says of a default; nothing where there is none."""
    if required:
        return text("reference.row-required")
    if known is None and default == text("reference.default-none"):
        return ""
    return text("reference.row-default", default=default)


def about(key: Key) -> str:
    """Return what a key means."""
    return text(f"reference.{key.group}.{key.name}")


def default_of(key: Key) -> str:
    """Return what a key is where it is left out."""
    code = f"reference.default-{key.group}.{key.name}"
    if key.required:
        return text("reference.default-required")
    if has_text(code):
        return text(code)
    return text("reference.default-none") if key.default is None else flow(key.default)


def of_technique(technique: Entry) -> Topic:
    """Return what there is to say about a technique."""
    aliases = [
        alias for (kind, alias), name in ALIASES.items() if (kind, name) == (technique.kind, technique.name)
    ]
    facts = [
        (text("reference.used-in"), ", ".join(technique.kind.factors)),
        ("Keras", technique.keras_class),
        (text("reference.label-also"), ", ".join(aliases)),
        (text("reference.label-source"), technique.reference),
    ]
    rows = [
        Row(
            name,
            about_argument(technique, name),
            _in_row(
                _argument_default(technique, name),
                required=name in technique.required,
                known=technique.defaults.get(name),
            ),
            "" if technique.defaults.get(name) is None else flow(technique.defaults[name]),
        )
        for name in technique.arguments
    ]
    return Topic(
        technique.name,
        text(f"reference.one-{technique.kind}"),
        "",
        tuple((label, said) for label, said in facts if said),
        tuple(rows),
        text("reference.label-arguments") if rows else "",
    )


def about_argument(technique: Entry, argument: str) -> str:
    """Return what an argument means: of this technique, where it means something of its own there."""
    own = f"reference.argument-{technique.name}.{argument}"
    return text(own if has_text(own) else f"reference.argument-{argument}")


def _argument_default(technique: Entry, argument: str) -> str:
    if argument in technique.required:
        return text("reference.default-required")
    default = technique.defaults[argument]
    return text("reference.default-none") if default is None else flow(default)


def find_argument(name: str, owner: str) -> Iterator[Topic]:
    """Yield an argument, once for each thing that it may be.

    Args:
        name: The argument.
        owner: A kind of techniques or a technique; empty for all.
    """
    having = [
        each for each in _techniques() if name in each.arguments and owner in ("", each.kind, each.name)
    ]
    meanings: dict[tuple[ArgumentDomain, str], list[Entry]] = {}
    for each in having:
        meaning = argument_domain(each.name, name), about_argument(each, name)
        meanings.setdefault(meaning, []).append(each)
    for (domain, meant), techniques in meanings.items():
        of = (
            text("reference.needed", name=each.name)
            if name in each.required
            else text("reference.with-default", name=each.name, default=_argument_default(each, name))
            for each in techniques
        )
        facts = (
            (text("reference.label-type"), kind_of(domain)),
            (text("reference.label-allowed"), str(domain)),
            (text("reference.label-of"), ", ".join(of)),
        )
        kinds = ", ".join(dict.fromkeys(text(f"reference.one-{each.kind}") for each in techniques))
        place = text("reference.argument-of", kinds=kinds)
        yield Topic(name, place, meant, facts)


def kind_of(domain: KeyDomain) -> str:
    """Return what type a value has, in a word or two.

    Example:
        >>> kind_of(Number(1, whole=True)), kind_of(OrNull(Number(0)))
        ('whole number', 'number or null')
    """
    if isinstance(domain, OrNull):
        return text("reference.type-or-null", inner=kind_of(domain.inner))
    if isinstance(domain, OfKind):
        alone = domain.kind in (Kind.LOSS, Kind.ACTIVATION)
        word = "known-name" if alone else "technique-or-number" if domain.number else "technique"
    elif isinstance(domain, Number):
        word = "whole" if domain.whole else "number"
    elif isinstance(domain, Part):
        word = "list" if domain.listed else "keys" if domain.short is None else "number-or-keys"
    elif isinstance(domain, Shaped):
        word = "keys" if domain.shape in _BY_NAME else domain.shape
    else:
        word = _WORDS[type(domain)]
    return text(f"reference.type-{word}")


_BY_NAME = (Shape.LAYERS, Shape.NOTES, Shape.ARGUMENTS, Shape.INPUTS, Shape.LOSS_WEIGHTS, Shape.TUNE)
_WORDS = {
    ByInput: "choice",
    Flag: "flag",
    Choice: "choice",
    Margins: "numbers",
    Numbers: "list",
    OneOrBounds: "number",
    OneOrMore: "numbers",
    ShareOrCount: "number",
    Sides: "numbers",
}
