"""Variants made from the levels of factors: a sweep, or a full or fractional factorial design."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from paribus.study.faults import Faults, format_value, printable_text, unknown_name
from paribus.study.fractions import MAX_SEARCHED, MIN_RESOLUTION, generators_for
from paribus.study.keys import MODEL_KEYS, SETTINGS
from paribus.study.model import Design, DesignKind, Factor
from paribus.study.yaml_node import YamlNode

MAX_CELLS = 1_000
"""Variants of the largest design."""
MAX_FACTORS = 16
"""Factors of the largest fraction, all of whose combinations are gone through."""
RESOLUTION = "resolution"
"""What a fraction says in place of generators, where no factor is called so."""
_MEANWHILE = "+"
"""What stands between the levels in a variant's name; a comma would divide names on the command line."""


@dataclass(frozen=True)
class _Level:
    words: str
    settings: YamlNode
    dose: float | None


@dataclass(frozen=True)
class _Written:
    """A factor as it is written."""

    name: str
    node: YamlNode
    levels: tuple[_Level, ...]

    @property
    def short(self) -> str:
        return self.name.rpartition(".")[2]

    def plain(self) -> object:
        """Return its levels as JSON has them; by name where a number was spelt in a way of its own."""
        is_same = all(str(item.value) == item.text for item in self.node.items)
        return self.node.plain() if is_same else {each.words: each.settings.plain() for each in self.levels}

    def factor(self) -> Factor:
        doses = [each.dose for each in self.levels]
        are_doses = all(dose is not None for dose in doses)
        return Factor(
            name=self.name,
            levels=tuple(each.words for each in self.levels),
            doses=tuple(cast("list[float]", doses)) if are_doses else None,
        )


class DesignsReader:
    """Reads ``sweep``, ``cross`` and ``fraction``, and makes their variants.

    Args:
        root: The whole study.
        faults: Where it adds what is wrong.
    """

    def __init__(self, root: YamlNode, faults: Faults) -> None:
        self.root = root
        self.faults = faults
        self.declared: dict[str, YamlNode] = {}
        """What each variant changes, by the name that it is given."""
        before = len(faults)
        self.designs: tuple[Design, ...] = tuple(self._designs())
        self.is_whole = len(faults) == before
        """Whether there was nothing wrong, so that every factor is known."""

    def _designs(self) -> Iterator[Design]:
        base = self.root.get("base")
        self._is_own = any(each is not None and each.get("train") for each in (self.root, base))
        sweep, cross = self.root.get("sweep"), self.root.get("cross")
        for written in (sweep.items or [sweep]) if sweep is not None else []:
            yield from self._design(written, "sweep", None)
        fraction = self.root.get("fraction")
        if cross is not None:
            yield from self._design(cross, "cross", fraction)
        elif fraction is not None:
            self.faults.add(fraction.fault("fraction-without-cross"))

    def _design(self, written: YamlNode, kind: DesignKind, fraction: YamlNode | None) -> Iterator[Design]:
        if not written.branches:
            self.faults.add(written.fault("no-factors", key=kind))
            return
        read = [self._factor(name, node) for name, node in written.branches.items()]
        factors = [each for each in read if each is not None]
        if len(factors) < len(read):
            return
        if kind == "cross" and len(factors) < 2:
            self.faults.add(written.fault("one-factor"))
        generators = self._generators(fraction, factors) if fraction is not None else {}
        if generators is None:
            return
        cells_in_all = math.prod(len(each.levels) for each in factors) // 2 ** len(generators)
        if cells_in_all > MAX_CELLS or (generators and len(factors) > MAX_FACTORS):
            self.faults.add(written.fault("design-too-large", largest=MAX_CELLS))
            return
        cells: dict[str, tuple[int, ...]] = {}
        for places in itertools.product(*(range(len(each.levels)) for each in factors)):
            if _is_run(places, factors, generators):
                levels = [each.levels[place] for each, place in zip(factors, places, strict=True)]
                cells[self._variant(levels, factors)] = places
        yield Design(
            kind=kind,
            factors=tuple(each.factor() for each in factors),
            cells=cells,
            generators=generators,
            written={each.name: each.plain() for each in factors},
        )

    def _factor(self, name: str, node: YamlNode) -> _Written | None:
        path = self._path(name, node)
        is_named = bool(node.branches)
        if path is None and not (is_named and all(each.branches for each in node.branches.values())):
            known = (*SETTINGS, *MODEL_KEYS)
            self.faults.add(unknown_name("setting", node, name.partition(".")[0], known))
            return None
        shown = printable_text(name)
        for item in [] if is_named else node.items:
            if isinstance(item.value, dict | list):
                self.faults.add(item.fault("level-not-a-value", factor=shown))
                return None
        levels = _named_levels(node) if is_named else _listed_levels(node, path or ())
        words = [each.words for each in levels]
        if len(levels) < 2:
            self.faults.add(node.fault("few-levels", factor=shown))
            return None
        if twice := [each for place, each in enumerate(words) if each in words[:place]]:
            self.faults.add(node.fault("same-level", factor=shown, level=format_value(twice[0])))
            return None
        return _Written(name, node, tuple(levels))

    def _path(self, name: str, node: YamlNode) -> tuple[str, ...] | None:
        """Return the keys that lead to a factor's setting; None where it is a name of the study's own."""
        keys = tuple(name.split("."))
        if self._is_own or keys[0] in SETTINGS:
            return keys
        return ("model", *keys) if keys[0] in MODEL_KEYS else None

    def _generators(
        self, fraction: YamlNode, factors: Sequence[_Written]
    ) -> dict[str, tuple[str, ...]] | None:
        """Return which factors' levels follow from which others; None where one is wrong."""
        names = [each.name for each in factors]
        found: dict[str, tuple[str, ...]] = {}
        if not fraction.branches or any(len(each.levels) != 2 for each in factors):
            self.faults.add(fraction.fault("fraction-levels"))
            return None
        if (wanted := fraction.get(RESOLUTION)) is not None and RESOLUTION not in names:
            return self._with_resolution(fraction, wanted, names)
        for name, node in fraction.branches.items():
            parts = [part.strip() for part in (node.text or "").split("*")]
            for part in (name, *parts):
                if part not in names:
                    self.faults.add(unknown_name("factor", node, part, [*names, RESOLUTION]))
                    return None
            if len(set(parts)) < len(parts):
                self.faults.add(node.fault("fraction-factor-twice", given=printable_text(node.text or "")))
                return None
            found[name] = tuple(parts)
        if any(part in found for parts in found.values() for part in parts):
            self.faults.add(fraction.fault("fraction-of-generated"))
            return None
        return found

    def _with_resolution(
        self, fraction: YamlNode, wanted: YamlNode, names: Sequence[str]
    ) -> dict[str, tuple[str, ...]] | None:
        """Return the generators of the smallest fraction with a resolution; None where there is none."""
        value = wanted.value if isinstance(wanted.value, int) and not isinstance(wanted.value, bool) else 0
        if len(fraction.branches) > 1:
            self.faults.add(fraction.fault("fraction-resolution-alone"))
        elif len(names) > MAX_SEARCHED:
            self.faults.add(wanted.fault("fraction-resolution-search", most=MAX_SEARCHED, given=len(names)))
        elif len(names) < MIN_RESOLUTION:
            self.faults.add(wanted.fault("fraction-resolution-factors", least=MIN_RESOLUTION))
        elif not MIN_RESOLUTION <= value <= len(names):
            given, ends = format_value(wanted.plain()), {"low": MIN_RESOLUTION, "high": len(names)}
            self.faults.add(wanted.fault("fraction-resolution", given=given, **ends))
        else:
            return generators_for(names, value)
        return None

    def _variant(self, levels: Sequence[_Level], factors: Sequence[_Written]) -> str:
        name = _MEANWHILE.join(
            f"{factor.short}={level.words}" for factor, level in zip(factors, levels, strict=True)
        )
        node = levels[0].settings
        for each in levels[1:]:
            node = _together(node, each.settings)
        self.declared[name] = node
        return name


def _is_run(
    places: Sequence[int], factors: Sequence[_Written], generators: Mapping[str, Sequence[str]]
) -> bool:
    """Return whether a cell of two-level factors is in the fraction: each generated sign is a product."""
    signs = {each.name: 2 * place - 1 for each, place in zip(factors, places, strict=True)}
    return all(signs[name] == math.prod(signs[part] for part in parts) for name, parts in generators.items())


def _named_levels(node: YamlNode) -> list[_Level]:
    """Return levels that have names, each with the settings that it stands for."""
    return [
        _Level(words, YamlNode(each.branches, each.path, each.line), _number(words))
        for words, each in node.branches.items()
    ]


def _listed_levels(node: YamlNode, path: Sequence[str]) -> list[_Level]:
    """Return levels that are values of one setting."""
    return [
        _Level("none" if item.value is None else _spelt(item), _nested(path, item), _dose(item))
        for item in node.items
    ]


def _nested(path: Sequence[str], item: YamlNode) -> YamlNode:
    node = item
    for key in reversed(path):
        node = YamlNode({key: node}, item.path, item.line)
    return node


def _together(one: YamlNode, other: YamlNode) -> YamlNode:
    """Return the settings of two levels; where both set a part of one setting, both parts."""
    merged = dict(one.branches)
    for key, node in other.branches.items():
        before = merged.get(key)
        both = before is not None and before.branches and node.branches
        merged[key] = _together(cast("YamlNode", before), node) if both else node
    return replace(other, value=merged)


def _spelt(item: YamlNode) -> str:
    if isinstance(item.value, bool):
        return str(item.value).lower()
    return item.text or ""


def _dose(item: YamlNode) -> float | None:
    is_number = isinstance(item.value, int | float) and not isinstance(item.value, bool)
    return _number(str(item.value)) if is_number else None


def _number(words: str) -> float | None:
    try:
        value = float(words)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
