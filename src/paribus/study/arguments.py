"""Techniques as a study writes them, read with every argument filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from paribus.errors import Fault
from paribus.study.argument_domains import argument_domain
from paribus.study.configuration import Argument, Scalar, Technique
from paribus.study.domains import ArgumentDomain, OfKind
from paribus.study.faults import Faults, PartReader, unknown_name
from paribus.study.techniques import ALIASES, Entry, Kind, entry, names
from paribus.study.yaml_node import YamlNode, write

OWN_KINDS = (Kind.OPTIMIZER, Kind.SCHEDULE, Kind.INITIALIZER)
"""What may be a class of the user's own."""


class TechniqueReader(PartReader):
    """Reads techniques and their arguments.

    Args:
        faults: Where it adds what is wrong.
        own: Reads one of the user's own; None where there can be none.
    """

    def __init__(
        self, faults: Faults, own: Callable[[YamlNode, Kind], Technique | None] | None = None
    ) -> None:
        super().__init__(faults)
        self.own = own

    def technique(self, written: YamlNode, kind: Kind) -> Technique | None:
        """Return a technique from its name, or from name and arguments; ``{l1: …, l2: …}`` is a regularizer.

        A regularizer of strength zero is none, and `l1_l2` with one of the two is that one, so that what
        means the same is equal.

        Returns:
            The technique; None where null or something unknown is written.
        """
        if written.value is None:
            return None
        if kind in OWN_KINDS and self.own is not None and written.get("python") is not None:
            return self._of_the_user(written, kind)
        if kind is Kind.REGULARIZER and written.branches and written.branches.keys() <= {"l1", "l2"}:
            name = "l1_l2" if len(written.branches) == 2 else next(iter(written.branches))
            given = written.branches
        elif isinstance(written.value, dict) and written.get("name") is None:
            self.faults.add(written.fault(f"unnamed-{kind}"))
            return None
        else:
            name = self.name(written.get("name") or written, kind)
            given = written.without("name").branches
        if name is None:
            return None
        found = Technique(name=name, arguments=self.arguments(entry(kind, name), given, written))
        return _simplest(found) if kind is Kind.REGULARIZER else found

    def _of_the_user(self, written: YamlNode, kind: Kind) -> Technique | None:
        """Return a technique of the user's own; an optimizer's learning rate is read as that of any other."""
        found = self.own(written, kind) if self.own is not None else None
        arguments = written.get("arguments")
        rate = written.get("learning_rate") or (arguments and arguments.get("learning_rate"))
        if found is None or kind is not Kind.OPTIMIZER or rate is None:
            return found
        read = self.argument(argument_domain("sgd", "learning_rate"), rate)
        return found.model_copy(update={"arguments": {**found.arguments, "learning_rate": read}})

    def name(self, written: YamlNode, kind: Kind) -> str | None:
        """Return a name of the catalogue, Keras's second names as its first; None where there is a fault."""
        word = written.value
        if not isinstance(word, str):
            self.faults.add(written.fault(f"not-a-name-{kind}"))
            return None
        name = ALIASES.get((kind, word), word)
        if name not in names(kind):
            self.faults.add(unknown_name(kind, written, word, names(kind)))
            return None
        return name

    def arguments(
        self, technique: Entry, given: Mapping[str, YamlNode], place: YamlNode
    ) -> dict[str, Argument]:
        """Return every argument of a constructor, with Keras's defaults where none or null is given.

        A constraint that is not there is left out, so that runs from before there were any keep their
        identity; and so is a wrapped layer, which is no argument as others are.

        Args:
            technique: Whose constructor.
            given: What the study gives.
            place: The node that a missing argument belongs to.
        """
        self.check_keys("argument", given, technique.arguments, technique.name)
        filled: dict[str, Argument] = {}
        for name in technique.arguments:
            domain = argument_domain(technique.name, name)
            if domain == OfKind(Kind.LAYER):
                continue
            written = given.get(name)
            if written is None or written.value is None:
                if name in technique.required:
                    self.faults.add(
                        place.fault("missing-argument", name, technique=technique.name, argument=name)
                    )
                    continue
                written = write(technique.defaults[name])
            value = self.argument(domain, written)
            if value is not None or domain != OfKind(Kind.CONSTRAINT):
                filled[name] = value
        self.faults.add(*_contradictions(technique.name, filled, place))
        return filled

    def argument(self, domain: ArgumentDomain, written: YamlNode) -> Argument:
        """Return an argument or a setting as its domain has it; null stays null."""
        if not isinstance(domain, OfKind):
            return None if written.value is None else self.value(domain, written)
        if domain.kind is Kind.ACTIVATION:
            return "linear" if written.value is None else self.name(written, domain.kind) or "linear"
        number = isinstance(written.value, int | float) and not isinstance(written.value, bool)
        if domain.number is not None and number:
            return self.value(domain.number, written)
        return self.technique(written, domain.kind)


def _simplest(regularizer: Technique) -> Technique | None:
    strengths = {name: each for name, each in regularizer.arguments.items() if isinstance(each, float)}
    used = {name: strength for name, strength in strengths.items() if strength}
    if not used:
        return None
    if regularizer.name == "l1_l2" and len(used) == 1:
        return Technique(name=next(iter(used)), arguments=dict(used))
    return regularizer


def _contradictions(name: str, filled: Mapping[str, Argument], place: YamlNode) -> Iterator[Fault]:
    """Yield a fault for arguments that are allowed each by itself, but not together."""
    clips = [clip for clip in ("clipnorm", "clipvalue", "global_clipnorm") if filled.get(clip) is not None]
    if len(clips) > 1:
        yield place.fault("one-clip", names=", ".join(clips))
    if filled.get("epsilon_outside") and filled.get("momentum"):
        yield place.fault("epsilon-outside")
    boundaries, values = filled.get("boundaries"), filled.get("values")
    if isinstance(boundaries, list) and isinstance(values, list) and boundaries and values:
        rising = all(isinstance(each, int) for each in boundaries) and boundaries == sorted(
            set(map(_number, boundaries))
        )
        if len(values) != len(boundaries) + 1 or not rising:
            yield place.fault("piecewise", values=len(values), boundaries=len(boundaries))
    for low, high in (("minval", "maxval"), ("min_value", "max_value")):
        if low in filled and high in filled and _number(filled[low]) > _number(filled[high]):
            yield place.fault("bounds-crossed", low=low, high=high)
    if _exceeds_one(filled.get("dilation_rate")) and _exceeds_one(filled.get("strides")):
        yield place.fault("strides-and-dilation")
    added, moved = (_as_list(filled.get(name)) for name in ("output_padding", "strides"))
    if any(_number(more) >= _number(stride) for more, stride in zip(added, moved, strict=False)):
        yield place.fault("output-padding")


def _exceeds_one(argument: Argument) -> bool:
    return any(_number(each) > 1 for each in _as_list(argument))


def _as_list(argument: Argument) -> list[Scalar]:
    """Return the numbers of an argument, which may be one or a list of them; none of null."""
    if isinstance(argument, list):
        return argument
    return [] if argument is None or isinstance(argument, Technique) else [argument]


def _number(argument: Argument) -> float:
    return float(argument) if isinstance(argument, int | float) else 0.0
