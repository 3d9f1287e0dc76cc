"""Questions about factors, as a study writes them: ``trend`` and ``effects``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from paribus.study.consistency import margin_faults, question_faults
from paribus.study.faults import Faults, PartReader, printable_text, unknown_name
from paribus.study.keys import KEYS, Group
from paribus.study.model import Design, DesignQuestion, Effects, Trend, Variant
from paribus.study.yaml_node import YamlNode

_QUESTION = KEYS[Group.QUESTIONS]
_PAIR = ("treatment", "reference")
ALL = "all"
"""What ``effects`` may be in place of a list: every factor of ``cross``."""
MIN_DOSES = 3
"""Doses that a trend needs; two are a pair of variants."""


def is_of_design(written: YamlNode) -> bool:
    """Return whether a question is about factors and not about two variants."""
    return any(written.get(key) is not None for key in ("trend", "effects"))


class DesignQuestionReader(PartReader):
    """Reads questions about factors.

    Args:
        faults: Where it adds what is wrong.
        designs: The study's.
        resolved: Its variants, as far as they are right.
    """

    def __init__(self, faults: Faults, designs: Sequence[Design], resolved: Mapping[str, Variant]) -> None:
        super().__init__(faults)
        self.designs = designs
        self.resolved = resolved

    def question(self, written: YamlNode) -> DesignQuestion | None:
        """Return a question; None where something is wrong with it."""
        for key in _PAIR:
            if (both := written.get(key)) is not None:
                self.faults.add(both.fault("two-kinds-of-question", key=key))
        trend, effects = written.get("trend"), written.get("effects")
        design = self._of_trend(trend) if trend is not None else self._of_effects(effects)
        if design is None:
            return None
        common = self._common(written, design)
        if trend is not None:
            return Trend.model_validate({"trend": trend.text, **common})
        items = effects.items if effects is not None else []
        names = tuple(each.text for each in items) or design.names
        return Effects.model_validate({"effects": names, **common})

    def _of_trend(self, trend: YamlNode) -> Design | None:
        name = trend.text or ""
        for design in self.designs:
            for factor in design.factors:
                if factor.name != name:
                    continue
                if factor.doses is None or len(factor.doses) < MIN_DOSES or design.generators:
                    self.faults.add(trend.fault("not-a-dose", factor=printable_text(name), least=MIN_DOSES))
                    return None
                return design
        self.faults.add(unknown_name("factor", trend, name, self._names()))
        return None

    def _of_effects(self, effects: YamlNode | None) -> Design | None:
        if effects is None:
            return None
        crossed = [each for each in self.designs if len(each.factors) > 1]
        if effects.text == ALL and crossed:
            return next((each for each in crossed if each.kind == "cross"), crossed[0])
        names = [each.text or "" for each in effects.items]
        for name, node in zip(names, effects.items, strict=True):
            if name not in self._names():
                self.faults.add(unknown_name("factor", node, name, self._names()))
                return None
        for design in crossed:
            if len({*names}) > 1 and {*names} <= {*design.names}:
                return design
        self.faults.add(effects.fault("not-crossed"))
        return None

    def _names(self) -> list[str]:
        return [name for design in self.designs for name in design.names]

    def _common(self, written: YamlNode, design: Design) -> dict[str, object]:
        """Return metric, margin and words, as those of a question about two variants."""
        variants = [self.resolved[name].configuration for name in design.cells if name in self.resolved]
        metric = self.setting(written, *_QUESTION["metric"].as_setting)
        margin = self.setting(written, *_QUESTION["margin"].as_setting)
        chosen = metric or (variants[0].score.test if variants else "test_accuracy")
        for name, values in dict(question_faults(chosen, variants)).items():
            self.faults.add((written.get("metric") or written).fault(name, **values))
        if (given := written.get("margin")) is not None:
            self.faults.add(*(given.fault(n, **v) for n, v in margin_faults(chosen, given.value)))
        words = {key: self.text(written, key) for key in ("title", "ask")}
        return {"metric": chosen, "margin": margin, **words}
