"""A question about several variants answered, as a tree of plain values, for ``paribus show --json``."""

from __future__ import annotations

from paribus.analysis.questions.ranked import Ranked


def ranking_tree(ranked: Ranked) -> dict[str, object]:
    """Return an answer as JSON can hold it.

    Programs rely on these names: a name may be added, none is taken away without a new ``schema``.

    Args:
        ranked: The answer.
    """
    ranking, pick = ranked.ranking, ranked.pick
    is_best = ranking.kind == "best_of"
    return {
        "kind": ranking.kind,
        "ask": ranking.ask,
        "variants": list(ranking.variants),
        "against": ranking.against,
        "metric": ranking.metric,
        "outcome": ranked.outcome.value,
        "decided": ranked.is_decided,
        "candidates": [each.name for each in ranked.candidates] if is_best else None,
        "most_behind": ranked.most_behind if is_best else None,
        "margin": ranked.margin,
        "tests": ranking.tests,
        "family": ranked.family,
        "standings": [
            {
                "variant": each.name,
                "mean": each.mean,
                "seeds": each.seeds,
                "rank": each.rank and list(each.rank),
                "letters": each.letters or None,
                "may_be_best": each.may_be_best if is_best else None,
                "behind": each.behind and list(each.behind),
                "failed": each.has_failed,
            }
            for each in ranked.variants
        ],
        "pairs": [
            {
                "treatment": each.treatment,
                "reference": each.reference,
                "seeds": list(each.seeds),
                "difference": each.difference,
                "interval": each.interval and list(each.interval),
                "interval_simultaneous": each.corrected and list(each.corrected),
                "p_value": each.p_value,
                "p_adjusted": each.p_adjusted,
                "verdict": each.verdict.value,
                "procedure": each.procedure,
            }
            for each in ranked.comparisons
        ],
        "pick": pick
        and {
            "variant": pick.variant,
            "times": pick.times,
            "seeds": pick.seeds,
            "test": pick.test,
            "interval": pick.interval and list(pick.interval),
            "best_tested": pick.best_tested,
            "best_test": pick.best_test,
        },
        "sentence": str(ranked.sentence),
        "notes": list(map(str, ranked.notes)),
    }
