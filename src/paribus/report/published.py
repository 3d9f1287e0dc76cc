"""The tables of published figures, and of the differences between them, beside ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from paribus.analysis.comparability import Comparability
from paribus.analysis.questions.prediction import Agreement, Judgement
from paribus.analysis.questions.published import Verification
from paribus.report.tables import Table, make_table
from paribus.texts import number, text, translated
from paribus.texts.quantities import NOTHING, Difference, PValue, epoch_range, percent


def figure_table(verification: Verification) -> Table:
    """Return our test accuracies beside the published ones, a row a variant.

    Args:
        verification: From `paribus.analysis.questions.published.compare_with_published`.
    """
    cells = [
        {
            "variant": verification.study.named(row.variant),
            **_judged(row.judgement),
            "train": f"{percent(row.published.train)} / {percent(row.ours.train)}",
            "dev": f"{percent(row.published.dev)} / {percent(row.ours.dev)}",
            "epochs": f"{row.published.epochs or NOTHING} / {epoch_range(row.ours.epochs)}",
            **_verdict(row.judgement, row.comparability),
        }
        for row in verification.rows
    ]
    return _table(verification, cells)


def difference_table(verification: Verification) -> Table:
    """Return our differences beside the published ones, a row a question where they may be compared.

    Args:
        verification: From `paribus.analysis.questions.published.compare_with_published`.
    """
    cells = [
        {
            "question": verification.study.question_title(each.question),
            **_judged(each.judgement),
            **_verdict(each.judgement, each.comparability),
        }
        for each in verification.comparable_differences
    ]
    return _table(verification, cells)


def more_of(verification: Verification) -> int:
    """Return how many seeds to run where those there are do not tell.

    Args:
        verification: From `paribus.analysis.questions.published.compare_with_published`.
    """
    return max([10, *(2 * len(each.seeds) for each in verification.judgements)])


def published_heading(verification: Verification) -> str:
    """Return how many of the published figures and of their differences agree with ours, in a line.

    Args:
        verification: From `paribus.analysis.questions.published.compare_with_published`.
    """
    judged = [each.judgement for each in (*verification.rows, *verification.comparable_differences)]
    counts = Counter(each.agreement for each in judged)
    verdicts = [text(f"verify.count-{each}", count=counts[each]) for each in Agreement if each in counts]
    study = verification.study.name
    return text("verify.heading", study=study, count=len(judged), verdicts=", ".join(verdicts))


def published_notes(verification: Verification) -> Iterator[str]:
    """Yield what must be known to read the tables, a sentence or two each.

    Args:
        verification: From `paribus.analysis.questions.published.compare_with_published`.
    """
    kinds = {each.agreement for each in verification.judgements}
    if any(each.prediction for each in verification.judgements):
        yield text("verify.note-method")
        code = "default-tolerance" if verification.margin is None else "margin"
        tolerance = Difference(verification.tolerance, "test_accuracy", signed=False)
        yield text(f"verify.note-{code}", tolerance=str(tolerance))
    if any(each.judgement.prediction for each in verification.differences):
        yield text("verify.note-independent")
    more = more_of(verification)
    for kind in Agreement:
        if kind in kinds:
            yield text(f"verify.note-{kind}", seeds=more)
    for row in verification.rows:
        if row.judgement.diverged:
            sentence = text("verify.diverged", count=row.judgement.diverged)
            yield text("verify.diverged-of", variant=row.variant, sentence=sentence)
        if row.published.note:
            yield text("verify.note-row", variant=row.variant, note=translated(row.published.note))
    if any(row.comparability is Comparability.UNVERIFIED for row in verification.rows):
        yield text("verify.note-unverified")


def _judged(judgement: Judgement) -> dict[str, str]:
    """Return the cells that a figure and a difference share, numbers first."""
    write = percent if judgement.kind == "accuracy" else _points
    between = "–" if judgement.kind == "accuracy" else " … "
    return {
        "published": write(judgement.published),
        "ours": write(judgement.ours),
        "half": percent(judgement.prediction and judgement.prediction.half_width),
        "seeds": str(len(judgement.seeds)),
        "prediction": between.join(map(write, judgement.interval or (None,))),
        "p": str(PValue(judgement.p_adjusted)),
    }


def _verdict(judgement: Judgement, comparability: Comparability) -> dict[str, str]:
    agreement = text(f"verify.verdict-{judgement.agreement}")
    if judgement.is_outside and judgement.agreement is not Agreement.DIFFERS:
        agreement = text("verify.verdict-outside", verdict=agreement)
    return {
        "data": text(f"verify.data-{comparability}") if judgement.seeds else NOTHING,
        "verdict": agreement,
    }


def _points(difference: float | None) -> str:
    return NOTHING if difference is None else number(100 * difference, "+.2f")


def _table(verification: Verification, cells: Sequence[Mapping[str, str]]) -> Table:
    tolerance = percent(verification.tolerance)
    return make_table(
        "verify.column-", cells, {"variant", "question", "data", "verdict"}, tolerance=tolerance
    )
