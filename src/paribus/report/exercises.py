"""The exercises of a study whose variants are named by them, as a lab's are: 1, 2, 3a, 3b."""

from __future__ import annotations

import re
from collections.abc import Mapping

from paribus.study.study import Study


def exercise_numbers(study: Study) -> Mapping[str, str]:
    """Return the number that each variant's name begins with; empty unless all do and some share one."""
    found = {name: match.group() for name in study.variants if (match := re.match(r"\d+", name))}
    return found if len(found) == len(study.variants) > len(set(found.values())) else {}
