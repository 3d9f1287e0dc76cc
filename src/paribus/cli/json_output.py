"""What commands print for programs."""

from __future__ import annotations

import json
from collections.abc import Callable

import typer

from paribus.texts import language


def print_json(tree: Callable[[], object]) -> None:
    """Print JSON, its sentences in English whatever is spoken, as programs compare them."""
    with language("en"):
        typer.echo(json.dumps(tree(), indent=2, ensure_ascii=False))
