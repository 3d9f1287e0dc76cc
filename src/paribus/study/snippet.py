"""A variant as YAML, to be pasted into a study file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import cast

from paribus.texts.inert import escaped_hidden

WIDTH = 56
"""Characters of the longest line that is written where a shorter one can be: narrow terminals have 60."""

_PLAIN = re.compile(r"(?!(?i:true|false|null|yes|no|on|off)$)[A-Za-z][\w-]*")


def snippet(name: str, origin: str, changes: Mapping[str, object]) -> str:
    """Return a variant that changes another one, and the question that compares the two.

    Example:
        >>> print(snippet("3a-scaled", "3a", {"scale": "unit"}))
        variants:
          "3a-scaled":
            from: "3a"
            scale: unit
        questions:
          - {treatment: "3a-scaled", reference: "3a"}

    A mapping that is too long for a line has its settings on lines of their own.
    """
    variant = _lines({"from": origin, **changes}, "    ")
    asked = {"treatment": name, "reference": origin}
    question = [f"  - {flow(asked)}"]
    if len(question[0]) > WIDTH:
        question = ["  -", *_lines(asked, "    ")]
    return "\n".join(["variants:", f"  {flow(name)}:", *variant, "questions:", *question])


def flow(value: object) -> str:
    """Return a value as YAML has it on one line; a text is quoted where it could be read as something else.

    Example:
        >>> flow({"scale": "unit", "from": "3a"})
        '{scale: unit, from: "3a"}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(key)}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return value
    return escaped_hidden(json.dumps(value, ensure_ascii=False), python=True)  # YAML has the same escapes


def _lines(settings: Mapping[str, object], indent: str) -> list[str]:
    """Return settings a line each; a mapping has lines of its own where one is too long for it."""
    found: list[str] = []
    for key, value in settings.items():
        line = f"{indent}{flow(key)}: {flow(value)}"
        if isinstance(value, Mapping) and value and len(line) > WIDTH:
            inner = cast("Mapping[str, object]", value)
            found += [f"{indent}{flow(key)}:", *_lines(inner, f"{indent}  ")]
        else:
            found.append(line)
    return found
