"""JSON on the terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from paribus.texts import language


def print_json(tree: Callable[[], object]) -> None:
    """Print JSON, its sentences in English whatever the language, as programs compare them."""
    with language("en"):
        written = json.dumps(tree(), indent=2, ensure_ascii=False)
        try:
            written.encode(sys.stdout.encoding or "utf-8")
        except UnicodeEncodeError:  # JSON has a spelling of its own for what the output cannot hold
            written = json.dumps(json.loads(written), indent=2)
        sys.stdout.write(f"{written}\n")
