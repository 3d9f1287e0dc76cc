"""The variants of a study, read from parent to child."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import cast

from paribus.errors import Fault
from paribus.study.configuration import Configuration
from paribus.study.designs import DesignsReader
from paribus.study.faults import Faults, PartReader, format_value, is_device, printable_text
from paribus.study.keys import KEYS, MAX_LABEL, SETTINGS, WEIGHT_SETTINGS, Group
from paribus.study.model import Variant
from paribus.study.programs import KNOWN
from paribus.study.resolve import SettingsReader, missing_settings
from paribus.study.source import Sources
from paribus.study.tune_reader import TuneReader, unequal
from paribus.study.tune_reader import merged as merged_tune
from paribus.study.tuning import Tune
from paribus.study.yaml_node import YamlNode, merge

UNSAFE = r"\u0000-\u001f\u007f/\\:*?\u0022<>|"
"""The letters that no name may have, as a regular expression lists them."""
MAX_NAME_BYTES = 100
"""Bytes of the longest name."""
_SAFE_NAME = re.compile(f"[^{UNSAFE}]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_OWN_KEYS = tuple(KEYS[Group.VARIANTS])
"""Keys of a variant that are no settings."""


def extend(below: YamlNode, declared: YamlNode) -> YamlNode:
    """Return the settings of a variant: what it starts from with its changes merged in.

    ``learning_rate`` becomes that of the variant's optimizer. A variant that is the first to be trained by a
    function of the user's takes from a network's settings only what means the same in every training.
    """
    if declared.get("train") is not None and below.get("train") is None:
        below = below.without(*(key for key in below.branches if key not in KNOWN))
    merged = merge(below, declared)
    if merged.get("train") is not None:  # all its settings are its function's
        return merged
    rate, optimizer = declared.get("learning_rate"), merged.get("optimizer")
    if rate is not None and optimizer is not None:
        change = YamlNode({"learning_rate": rate}, optimizer.path, optimizer.line)
        branches = {**merged.branches, "optimizer": merge(optimizer, change, "optimizer")}
        merged = YamlNode(branches, merged.path, merged.line)
    return merged.without("learning_rate")


def rate_faults(below: YamlNode, declared: YamlNode) -> Iterator[Fault]:
    """Yield what is wrong with the ``learning_rate`` that a variant declares, see `extend`."""
    rate, optimizer = declared.get("learning_rate"), declared.get("optimizer")
    if rate is None or merge(below, declared).get("train") is not None:
        return
    other = None if optimizer is None else optimizer.get("learning_rate")
    if other is not None and other.plain() != rate.plain():
        yield rate.fault("two-rates")
    if merge(below, declared).get("optimizer") is None:
        yield rate.fault("rate-without-optimizer")


def name_faults(written: YamlNode, name: str) -> Iterator[Fault]:
    """Yield a fault for a name that cannot be a file's on every system."""
    reserved = is_device(name) or name in (".", "..")
    too_long = len(name.encode(errors="replace")) > MAX_NAME_BYTES
    is_text = not _SURROGATE.search(name)
    if not is_text or not _SAFE_NAME.fullmatch(name) or name != name.strip(" .") or reserved or too_long:
        yield written.fault("unsafe-name", given=format_value(name), longest=MAX_NAME_BYTES)


class VariantsReader(PartReader):
    """Reads the base and the variants of a study.

    Args:
        root: The whole study.
        faults: Where it adds what is wrong.
        sources: What knows the user's own data.
    """

    def __init__(self, root: YamlNode, faults: Faults, sources: Sources) -> None:
        super().__init__(faults)
        self.root = root
        self.sources = sources
        read = DesignsReader(root, faults)
        self.designs = read.designs
        """Of the variants that are made from the levels of factors."""
        self.knows_factors = read.is_whole
        """Whether the designs were read without a fault."""
        self.declared = self._declared(read.declared)
        """Every variant as it is written, whatever else is wrong with it."""
        self._settings: dict[str, YamlNode | None] = {}

    def variants(self) -> dict[str, Variant]:
        """Return the variants without faults, by name."""
        base = self._base()
        self._configuration(base, consistent=False)
        found: dict[str, Variant] = {}
        missing: dict[str, list[str]] = {}
        for name, declared in self.declared.items():
            changes = declared.without(*_OWN_KEYS)
            settings = self._merged(name, base)
            if settings is None:
                self._configuration(_without_parent(changes), consistent=False)
                continue
            missing[name] = missing_settings(settings)
            configuration = self._configuration(settings)
            if configuration is None:
                continue
            parent = declared.get("from")
            found[name] = Variant(
                name=name,
                label=self._label(declared),
                parent=None if parent is None else parent.text,
                base=cast("dict[str, object]", base.plain()) if parent is None else {},
                changes=cast("dict[str, object]", changes.plain()),
                settings=cast("dict[str, object]", settings.plain()),
                configuration=configuration,
                tune=self._tune(declared, settings, configuration),
            )
        self._add_unequal({name: each.tune for name, each in found.items() if each.tune is not None})
        self._add_missing(missing, base)
        return found

    def _tune(self, declared: YamlNode, settings: YamlNode, configuration: Configuration) -> Tune | None:
        written = merged_tune(self.root.get("tune"), declared.branches.get("tune"))

        def check(changes: YamlNode) -> Iterator[Fault]:
            yield from rate_faults(settings, changes)
            reader = SettingsReader(extend(settings, changes), self.sources)
            reader.configuration()
            yield from reader.faults

        if written is None:
            return None
        reader = TuneReader(configuration, check)
        tune = reader.tune(written)
        self.faults.add(*reader.faults)
        return tune

    def _add_unequal(self, tuned: dict[str, Tune]) -> None:
        """Add a fault where one variant would be tuned more than another."""
        found = unequal(tuned)
        if found is not None:
            place = self.declared[found[1]].get("tune") or self.declared[found[1]]
            values = dict(zip(("first", "second"), (tuned[name] for name in found), strict=True))
            counts = {
                f"{which}_{what}": getattr(each, what)
                for which, each in values.items()
                for what in ("budget", "seeds")
            }
            names = {"variant": found[1], "other": found[0]}
            self.faults.add(place.fault("tune-unequal", **names, **counts))

    def _label(self, declared: YamlNode) -> str:
        label = self.text(declared, "label")
        if len(label) > MAX_LABEL:
            given = format_value(label)
            self.faults.add(declared.branches["label"].fault("long-label", given=given, longest=MAX_LABEL))
        return label

    def _declared(self, made: Mapping[str, YamlNode]) -> dict[str, YamlNode]:
        written = self._written()
        for name in written.keys() & made.keys():
            self.faults.add(written[name].fault("variant-of-design", given=format_value(name)))
        return {**written, **made}

    def _written(self) -> dict[str, YamlNode]:
        variants = self.root.get("variants")
        if variants is None:
            if not any(self.root.get(key) for key in ("sweep", "cross")):
                self.faults.add(self.root.fault("no-variants", "variants"))
            return {}
        if not isinstance(variants.value, dict):
            self.faults.add(variants.fault("variants-not-a-mapping"))
            return {}
        if not variants.value:
            self.faults.add(variants.fault("no-variants"))
        declared: dict[str, YamlNode] = {}
        names: dict[str, str] = {}
        for name, written in variants.value.items():
            self.faults.add(*name_faults(written, name))
            twin = names.setdefault(name.casefold(), name)
            if twin != name:
                given = {"given": format_value(name), "other": format_value(twin)}
                self.faults.add(written.fault("same-but-case", **given))
            if written.value is not None and not isinstance(written.value, dict):
                known = ", ".join((*_OWN_KEYS, *SETTINGS))
                self.faults.add(written.fault("not-a-mapping", given=printable_text(name), names=known))
            declared[name] = YamlNode(written.branches, written.path, written.line)
        return declared

    def _base(self) -> YamlNode:
        base = self.root.get("base") or YamlNode({}, ("base",), self.root.line)
        if not isinstance(base.value, dict):
            self.faults.add(base.fault("not-a-mapping", given="base", names=", ".join(SETTINGS)))
            base = YamlNode({}, ("base",), base.line)
        for key in ("model", "train", "data"):
            written = self.root.get(key)
            if written is not None:
                own = base.get(key)
                if own is not None and own.plain() != written.plain():
                    self.faults.add(own.fault(f"two-{key}"))
                base = YamlNode({key: written, **base.branches}, base.path, base.line)
        return self._extend(YamlNode({}, base.path, base.line), base)

    def _extend(self, below: YamlNode, declared: YamlNode) -> YamlNode:
        self.faults.add(*rate_faults(below, declared))
        return extend(below, declared)

    def _configuration(self, settings: YamlNode, *, consistent: bool = True) -> Configuration | None:
        reader = SettingsReader(settings, self.sources)
        configuration = reader.configuration(consistent=consistent)
        self.faults.add(*reader.faults)
        return configuration

    def _merged(self, name: str, base: YamlNode) -> YamlNode | None:
        """Return a variant's settings; None where its parents cannot be found."""
        line = self._line_of_descent(name)
        for each in reversed(line):
            parent = self.declared[each].get("from")
            below = base if parent is None else self._settings[parent.text or ""]
            changes = self.declared[each].without(*_OWN_KEYS)
            self._settings[each] = None if below is None else self._extend(below, changes)
        return self._settings[name]

    def _line_of_descent(self, name: str) -> list[str]:
        """Return a variant and its parents whose settings are not merged yet, the youngest first."""
        line: list[str] = []
        while name not in self._settings:
            line.append(name)
            parent = self.declared[name].get("from")
            if parent is None:
                break
            found = self.known_name("parent", parent, self.declared)
            if found is None:
                self._settings[name] = None
                break
            if found in line:
                circle = [*line[line.index(found) :], found]
                self.faults.add(parent.fault("cycle", way=" → ".join(map(printable_text, circle))))
                self._settings.update(dict.fromkeys(line))
                break
            name = found
        return [each for each in line if each not in self._settings]

    def _add_missing(self, missing: dict[str, list[str]], base: YamlNode) -> None:
        """Add a fault where a setting is first missing, at the base where that is so in several variants."""
        for key in dict.fromkeys(key for keys in missing.values() for key in keys):
            parents = {name: self.declared[name].get("from") for name, keys in missing.items() if key in keys}
            first = [
                name
                for name, parent in parents.items()
                if parent is None or key not in missing.get(parent.text or "", ())
            ]
            in_base = len(first) > 1 and base.get(key) is None
            for place in [base] if in_base else [self.declared[name] for name in first]:
                self.faults.add(place.fault("missing-setting", key, setting=key))


def _without_parent(changes: YamlNode) -> YamlNode:
    """Return changes that can be read without the parent: not those to its techniques or its model."""
    whole = {"model": "hidden", **dict.fromkeys(("optimizer", *WEIGHT_SETTINGS[:2]), "name")}
    partial = [
        key
        for key, name in whole.items()
        if key in changes.branches
        and isinstance(changes.branches[key].value, dict)
        and name not in changes.branches[key].branches
    ]
    return changes.without(*partial)
