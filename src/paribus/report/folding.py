"""What a page shows in full where a study has too many variants for one page to hold them all."""

from __future__ import annotations

from collections.abc import Sequence

from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.verdict import Verdict
from paribus.analysis.result_table import Row

MAX_IN_FULL = 60
"""Variants that a page shows with curves, findings and code; of others it has a row of the table."""
_MAX_DECIDED = 20
_MAX_FAILED = 10


def in_full(rows: Sequence[Row], comparisons: Sequence[Comparison], base: str) -> tuple[str, ...]:
    """Return the variants that a page shows in full, in the study's order: all, unless they are too many.

    Of many it is the base, the variants of questions that are decided, some that failed to train, and then
    those that score best.

    Args:
        rows: The result table.
        comparisons: One for each of the study's questions.
        base: The variant that changes nothing.
    """
    if len(rows) <= MAX_IN_FULL:
        return tuple(row.variant for row in rows)
    decided = [each for each in comparisons if each.is_answered and each.verdict is not Verdict.UNDECIDED]
    failed = [row.variant for row in rows if row.failures.failed]
    scored = sorted(
        (row for row in rows if row.test is not None), key=lambda row: row.test or 0.0, reverse=True
    )
    wanted = [
        base,
        *(name for each in decided[:_MAX_DECIDED] for name in (each.reference, each.treatment)),
        *failed[:_MAX_FAILED],
        *(row.variant for row in (*scored, *rows)),
    ]
    chosen = {*list(dict.fromkeys(wanted))[:MAX_IN_FULL]}
    return tuple(row.variant for row in rows if row.variant in chosen)
