"""From what is written to techniques with every argument filled in."""

from __future__ import annotations

from collections.abc import Mapping

from paribus.study.allowed import allowed
from paribus.study.configuration import Argument, Technique
from paribus.study.domains import Domain, Made
from paribus.study.faults import Faults
from paribus.study.techniques import ALIASES, Entry, Kind, entry, names
from paribus.study.yaml_node import YamlNode


def technique(written: YamlNode, kind: Kind, faults: Faults) -> Technique | None:
    """A technique by its name alone, or by name and arguments; ``{l1: …, l2: …}`` names a regularizer.

    Args:
        written: What stands in the study.
        kind: What it must be.
        faults: Where what is wrong is noted.

    Returns:
        The technique; None where null or something unknown is written. A regularizer of strength zero is
        none, and `l1_l2` with one of the two is that one, so that what means the same is equal.
    """
    if written.value is None:
        return None
    named = written.get("name")
    if named is None and isinstance(written.value, dict):
        short = set(written.value)
        if kind is Kind.REGULARIZER and short and short <= {"l1", "l2"}:
            name = short.pop() if len(short) == 1 else "l1_l2"
            return _simplest(
                Technique(name=name, arguments=arguments(entry(kind, name), written.value, written, faults))
            )
        faults.add(f"unnamed-{kind}", written)
        return None
    name_piece = written if named is None else named
    name = known(name_piece, kind, faults)
    if name is None:
        return None
    found = Technique(
        name=name, arguments=arguments(entry(kind, name), written.without("name").branches, written, faults)
    )
    return _simplest(found) if kind is Kind.REGULARIZER else found


def known(written: YamlNode, kind: Kind, faults: Faults) -> str | None:
    """A name of the catalogue, Keras's second names written as its first; None once a fault is noted."""
    word = written.value
    if not isinstance(word, str):
        faults.add(f"not-a-name-{kind}", written)
        return None
    name = ALIASES.get((kind, word), word)
    if name not in names(kind):
        faults.unknown(kind, written, word, names(kind))
        return None
    return name


def arguments(
    technique: Entry, given: Mapping[str, YamlNode], place: YamlNode, faults: Faults
) -> dict[str, Argument]:
    """Every argument of a constructor, Keras's defaults where none or null is given.

    Args:
        technique: Whose constructor.
        given: What the study says.
        place: Where a missing argument would stand.
        faults: Where what is wrong is noted.
    """
    for name, piece in given.items():
        if name not in technique.arguments:
            faults.unknown("argument", piece, name, technique.arguments, technique.name)
    filled: dict[str, Argument] = {}
    for name in technique.arguments:
        piece = given.get(name)
        if piece is None or piece.value is None:
            if name in technique.required:
                faults.add("missing-argument", place, name, technique=technique.name, argument=name)
                continue
            default = technique.defaults[name]
            piece = YamlNode([YamlNode(each) for each in default] if isinstance(default, list) else default)
        filled[name] = value(allowed(technique.name, name), piece, faults)
    _together(technique.name, filled, place, faults)
    return filled


def value(domain: Domain, written: YamlNode, faults: Faults) -> Argument:
    """What is written, as the domain has it."""
    if not isinstance(domain, Made):
        if written.value is None:
            return None
        return domain.accept(written, faults)
    if domain.kind is Kind.ACTIVATION:
        return "linear" if written.value is None else known(written, domain.kind, faults) or "linear"
    number = isinstance(written.value, int | float) and not isinstance(written.value, bool)
    if domain.number is not None and number:
        return domain.number.accept(written, faults)
    return technique(written, domain.kind, faults)


def _simplest(regularizer: Technique) -> Technique | None:
    strengths = {name: each for name, each in regularizer.arguments.items() if isinstance(each, float)}
    used = {name: strength for name, strength in strengths.items() if strength}
    if not used:
        return None
    if regularizer.name == "l1_l2" and len(used) == 1:
        return Technique(name=next(iter(used)), arguments=dict(used))
    return regularizer


def _together(name: str, filled: Mapping[str, Argument], place: YamlNode, faults: Faults) -> None:
    """Note arguments that are right each by itself, but not together."""
    clips = [clip for clip in ("clipnorm", "clipvalue", "global_clipnorm") if filled.get(clip) is not None]
    if len(clips) > 1:
        faults.add("one-clip", place, names=", ".join(clips))
    if filled.get("epsilon_outside") and filled.get("momentum"):
        faults.add("epsilon-outside", place)
    boundaries, values = filled.get("boundaries"), filled.get("values")
    if isinstance(boundaries, list) and isinstance(values, list) and boundaries and values:
        rising = all(isinstance(each, int) for each in boundaries) and boundaries == sorted(
            set(map(_number, boundaries))
        )
        if len(values) != len(boundaries) + 1 or not rising:
            faults.add("piecewise", place, values=len(values), boundaries=len(boundaries))
    if name == "random_uniform" and _number(filled.get("minval")) > _number(filled.get("maxval")):
        faults.add("bounds-crossed", place)
    if filled.get("dilation_rate") not in (None, [1, 1]) and filled.get("strides") != [1, 1]:
        faults.add("strides-and-dilation", place)


def _number(argument: Argument) -> float:
    return float(argument) if isinstance(argument, int | float) else 0.0
