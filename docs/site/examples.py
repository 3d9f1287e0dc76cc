"""Docstrings say ``Example:``; what draws the pages knows ``Examples:``."""

from __future__ import annotations

import re

import griffe


class Examples(griffe.Extension):
    """Turns the heading, so that examples are drawn as code."""

    def on_object(self, *, obj: griffe.Object, **_: object) -> None:
        """Change one object's docstring."""
        if obj.docstring:
            obj.docstring.value = re.sub(r"(?m)^(\s*)Example:$", r"\1Examples:", obj.docstring.value)
