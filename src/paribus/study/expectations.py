"""What a study's results are expected to show, read from its key ``expect``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from paribus.study.consistency import question_faults
from paribus.study.faults import Faults, PartReader, format_value
from paribus.study.keys import KEYS, Group
from paribus.study.model import Expectation, Variant
from paribus.study.yaml_node import YamlNode

_KEYS = KEYS[Group.EXPECT]
KINDS = ("finding", "verdict", "between", "published")
"""What may be expected, one of these an entry."""
_PAIR = ("treatment", "reference")


class ExpectationReader(PartReader):
    """Reads the list under ``expect``.

    Args:
        faults: Where it adds what is wrong.
        declared: The variants as written, by name.
        resolved: Those that could be read.
    """

    def __init__(
        self, faults: Faults, declared: Mapping[str, YamlNode], resolved: Mapping[str, Variant]
    ) -> None:
        super().__init__(faults)
        self.declared = declared
        self.resolved = resolved

    def read(self, root: YamlNode) -> Iterator[Expectation]:
        """Yield each expectation of a study that is right by itself."""
        listed = root.get("expect")
        if listed is None:
            return
        if not isinstance(listed.value, list):
            self.faults.add(listed.fault("expect-not-a-list"))
        for written in listed.items:
            before = len(self.faults)
            fields = self._fields(written)
            if fields and len(self.faults) == before:
                yield Expectation.model_validate(fields)

    def _fields(self, written: YamlNode) -> dict[str, object]:
        if not isinstance(written.value, dict):
            self.faults.add(written.fault("not-a-mapping", given="expect", names=", ".join(_KEYS)))
            return {}
        self.check_keys("key", written.branches, _KEYS)
        kinds = [kind for kind in KINDS if written.get(kind) is not None]
        if len(kinds) != 1:
            self.faults.add(written.fault("expect-one-kind", given=len(kinds), known=", ".join(KINDS)))
            return {}
        (kind,) = kinds
        about = self._about(written, kind)
        configurations = [
            self.resolved[name].configuration for name in about.values() if name in self.resolved
        ]
        usual = configurations[0].score.test if configurations else "test_accuracy"
        metric = self.setting(written, *_KEYS["metric"].as_setting) or usual
        for code, values in dict(question_faults(metric, configurations)).items():
            self.faults.add((written.get("metric") or written).fault(code, **values))
        return {
            "kind": kind,
            "finding": self.text(written, "finding"),
            "absent": self.setting(written, *_KEYS["absent"].as_setting),
            "verdict": self.setting(written, *_KEYS["verdict"].as_setting) or "",
            "between": self._between(written),
            "published": self.setting(written, *_KEYS["published"].as_setting) or "",
            **about,
            "metric": metric,
            "points": self.setting(written, *_KEYS["points"].as_setting),
            "ask": self.text(written, "ask"),
        }

    def _about(self, written: YamlNode, kind: str) -> dict[str, str]:
        """Return the variant that an expectation is about, or treatment and reference."""
        has_pair = any(written.get(key) is not None for key in _PAIR)
        is_of_two = kind in ("verdict", "published") or (kind == "between" and has_pair)
        found: dict[str, str] = {}
        for key in _PAIR if is_of_two else ("variant",):
            named = written.get(key)
            if named is None:
                self.faults.add(written.fault("expect-lacks", key, kind=kind, argument=key))
            elif (name := self.known_name("variant", named, self.declared)) is not None:
                found[key] = name
        if is_of_two and len(found) == len(_PAIR) and found["treatment"] == found["reference"]:
            self.faults.add(written.fault("same-variant", given=format_value(found["treatment"])))
        return found

    def _between(self, written: YamlNode) -> tuple[float, float] | None:
        given = written.get("between")
        if given is None:
            return None
        ends = self.setting(written, *_KEYS["between"].as_setting)
        if len(ends) != 2 or not ends[0] <= ends[1]:
            self.faults.add(given.fault("expect-two-ends", given=format_value(given.plain())))
            return None
        return float(ends[0]), float(ends[1])
