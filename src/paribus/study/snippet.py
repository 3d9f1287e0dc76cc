"""A variant as YAML, to be pasted into a study file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

_PLAIN = re.compile(r"(?!(?:true|false|null|yes|no|on|off)$)[A-Za-z][\w-]*")


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
    """
    settings = [f"    {key}: {flow(value)}" for key, value in {"from": origin, **changes}.items()]
    question = flow({"treatment": name, "reference": origin})
    return "\n".join(["variants:", f"  {flow(name)}:", *settings, "questions:", f"  - {question}"])


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
    return json.dumps(value, ensure_ascii=False)
