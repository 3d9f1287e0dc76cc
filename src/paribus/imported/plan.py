"""What a user says of results that are imported: a small YAML file, or arguments of a call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paribus.errors import Fault, StudyError
from paribus.imported.metric_names import GivenMetric
from paribus.imported.roles import Role
from paribus.study import document, reading
from paribus.study.faults import Faults, PartReader, format_value, unknown_name
from paribus.study.model import Kept
from paribus.study.yaml_node import YamlNode

KEYS = (
    "name", "title", "variant", "seed", "epoch", "settings", "metrics", "score", "reference", "questions",
    "paired", "keep", "margin", "examples",
)  # fmt: skip
_PARTS = ("train", "validation")
_OF_METRIC = ("as", "better", "unit")
_BETTER, _UNITS, _KEPT = ("higher", "lower"), ("percent", "share", "plain"), ("last", "best")
_OF_QUESTION = ("treatment", "reference", "metric", "margin", "title", "ask")


@dataclass(frozen=True)
class ImportPlan:
    """What a user says; everything else is guessed.

    Args:
        name: Of the study, and of its folder.
        title: The heading of its report.
        columns: What columns are, by their names.
        metrics: What is said of metrics, by column.
        score: The metric that variants are compared by where no question names another.
        reference: The variant that the others are compared with.
        questions: What to compare: mappings with the keys of a study's questions.
        paired: Whether runs of one seed belong together in all variants.
        keep: Which epoch counts.
        margin: The smallest difference in the score that matters.
        examples: How many examples were trained on and held out, for the diagnosis; None where not known.
    """

    name: str = ""
    title: str = ""
    columns: Mapping[str, Role] = field(default_factory=dict[str, "Role"])
    metrics: Mapping[str, GivenMetric] = field(default_factory=dict[str, GivenMetric])
    score: str = ""
    reference: str = ""
    questions: tuple[Mapping[str, Any], ...] = ()
    paired: bool = False
    keep: Kept = "last"
    margin: float | None = None
    examples: tuple[int, int] | None = None


def read_plan(path: Path) -> ImportPlan:
    """Read what a user says from a YAML file.

    Args:
        path: The file.

    Raises:
        StudyError: Anything is wrong with it; the error has every fault, each with its line.
    """
    try:
        content = reading.read_bytes(path)
        root, faults = document.read(content)
    except (OSError, reading.TooLargeError) as error:
        fault = Fault("study.no-access", values={"problem": getattr(error, "strerror", None) or str(error)})
        raise StudyError(str(path), [fault]) from None
    except document.NotReadableError as error:
        raise StudyError(str(path), [error.fault]) from None
    return _read(root, faults, str(path))


def plan_of(tree: Mapping[str, object]) -> ImportPlan:
    """Return what a mapping with the keys of a map says.

    Args:
        tree: As a file would have it.

    Raises:
        StudyError: Anything is wrong with it.
    """
    from paribus.study.yaml_node import write

    return _read(write(dict(tree)), [], "map")


def _read(root: YamlNode, before: Sequence[Fault], source: str) -> ImportPlan:
    faults = Faults()
    faults.add(*before)
    plan = _PlanReader(faults).plan(root)
    if len(faults):
        raise StudyError(source, list(faults))
    return plan


class _PlanReader(PartReader):
    def plan(self, root: YamlNode) -> ImportPlan:
        self.check_keys("map-key", root.branches, KEYS)
        roles: dict[str, Role] = {}
        parts: Mapping[str, Role] = {
            "variant": "variant",
            "seed": "seed",
            "epoch": "epoch",
            "settings": "setting",
        }
        for key, role in parts.items():
            for name in self._names(root.get(key)):
                roles[name] = role
        metrics = dict(self._metrics(root.get("metrics")))
        return ImportPlan(
            name=self.text(root, "name"),
            title=self.text(root, "title"),
            columns={**roles, **dict.fromkeys(metrics, "metric")},
            metrics=metrics,
            score=self.text(root, "score"),
            reference=self.text(root, "reference"),
            questions=tuple(self._questions(root.get("questions"))),
            paired=self._choice(root, "paired", (True, False)) is True,
            keep=self._choice(root, "keep", _KEPT) or "last",
            margin=self._margin(root),
            examples=self._examples(root.get("examples")),
        )

    def _names(self, written: YamlNode | None) -> list[str]:
        if written is None:
            return []
        found: list[str] = []
        for each in written.items or [written]:
            if each.text is None:
                self.faults.add(each.fault("not-words"))
            else:
                found.append(each.text)
        return found

    def _metrics(self, written: YamlNode | None) -> Iterator[tuple[str, GivenMetric]]:
        if written is None:
            return
        if not isinstance(written.value, dict):
            yield from ((name, GivenMetric(name)) for name in self._names(written))
        for column, said in written.branches.items():
            if said.text is not None or said.value is None:
                yield column, GivenMetric(said.text or column)
                continue
            self.check_keys("argument", said.branches, _OF_METRIC, "metrics")
            better = self._choice(said, "better", _BETTER)
            rises = None if better is None else better == "higher"
            unit = self._choice(said, "unit", _UNITS) or ""
            yield column, GivenMetric(self.text(said, "as") or column, rises, unit)

    def _questions(self, written: YamlNode | None) -> Iterator[Mapping[str, Any]]:
        for each in written.items if written is not None else []:
            self.check_keys("argument", each.branches, _OF_QUESTION, "questions")
            for key in ("treatment", "reference"):
                if each.get(key) is None:
                    self.faults.add(each.fault("map-question", key, key=key))
            yield {key: node.plain() if key == "margin" else node.text for key, node in each.branches.items()}

    def _choice(self, place: YamlNode, key: str, allowed: tuple[Any, ...]) -> Any:
        written = place.get(key)
        if written is None:
            return None
        if written.value not in allowed:
            if isinstance(written.value, str):
                self.faults.add(unknown_name("map-value", written, written.value, map(str, allowed)))
            else:
                known = ", ".join(format_value(each) for each in allowed)
                given = format_value(written.plain())
                self.faults.add(written.fault("map-choice", given=given, known=known))
            return None
        return written.value

    def _examples(self, written: YamlNode | None) -> tuple[int, int] | None:
        if written is None:
            return None
        self.check_keys("argument", written.branches, _PARTS, "examples")
        counts: list[int] = []
        for key in _PARTS:
            count = written.get(key)
            if (
                count is None
                or isinstance(count.value, bool)
                or not isinstance(count.value, int)
                or count.value < 1
            ):
                given = format_value(None if count is None else count.plain())
                self.faults.add((count or written).fault("map-examples", given=given, key=key))
            else:
                counts.append(count.value)
        return (counts[0], counts[1]) if len(counts) == len(_PARTS) else None

    def _margin(self, root: YamlNode) -> float | None:
        written = root.get("margin")
        if written is None:
            return None
        if (
            isinstance(written.value, bool)
            or not isinstance(written.value, int | float)
            or written.value <= 0
        ):
            self.faults.add(written.fault("map-margin", given=format_value(written.plain())))
            return None
        return float(written.value)
