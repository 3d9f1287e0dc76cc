"""How many seeds a question that is open would take, if its differences stayed as they are."""

from __future__ import annotations

import math
from bisect import bisect_left

import numpy as np

from paribus.analysis.questions.anytime import LOOKS, critical_t
from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.contrast import Contrasted
from paribus.analysis.questions.designs import DesignAnswer
from paribus.analysis.questions.factorial import EffectsAnswer, EffectVerdict
from paribus.analysis.questions.ranked import Ranked
from paribus.analysis.questions.tails import ALPHA, critical
from paribus.analysis.questions.verdict import Verdict
from paribus.record.looks import MAX_SEEDS, MIN_SEEDS


def seeds_to_show(found: Comparison | Contrasted, level: float) -> int | None:
    """Return with how many seeds the sequential procedure would claim a difference; None for too many.

    The mean and the standard deviation over seeds are taken as they are; new test images are left out.

    Args:
        found: Two variants, or a contrast of several, compared.
        level: Of the test.
    """
    differences = found.paired.differences
    if len(differences) < 2 or found.difference is None:
        return None
    deviation = float(np.std(differences, ddof=1))
    if not deviation:
        return None
    strength = abs(found.difference) / deviation

    def is_shown(seeds: int) -> bool:
        needed = max(critical_t(seeds, level=level), critical(seeds - 1, level / LOOKS))
        return strength * math.sqrt(seeds) >= needed

    tried = range(max(MIN_SEEDS, len(differences)), MAX_SEEDS + 1)
    place = bisect_left(tried, True, key=is_shown)
    return tried[place] if place < len(tried) else None


def seeds_to_settle(answer: Ranked | DesignAnswer) -> int | None:
    """Return with how many seeds everything that is open of a question would be shown to differ.

    Args:
        answer: A question about several variants, or about factors, that is not settled.

    Returns:
        None for more seeds than most get, and where nothing is tested.
    """
    if isinstance(answer, Ranked):
        is_open = [each for each in answer.comparisons if each.verdict is Verdict.UNDECIDED]
        if answer.ranking.kind == "best_of":
            names = {each.name for each in answer.candidates}
            is_open = [each for each in is_open if {each.treatment, each.reference} <= names]
        needed = [seeds_to_show(each, ALPHA / max(1, each.family)) for each in is_open]
    elif isinstance(answer, EffectsAnswer):
        of_effects = [each.found for each in answer.effects if each.verdict is EffectVerdict.UNDECIDED]
        needed = [each and _of_contrast(each, answer.family) for each in of_effects]
    else:
        needed = [answer.line and _of_contrast(answer.line, answer.family)]
    known = [each for each in needed if each is not None]
    return max(known) if known and len(known) == len(needed) else None


def _of_contrast(found: Contrasted, family: int) -> int | None:
    return seeds_to_show(found, ALPHA * found.contrast.share / max(1, family))
