"""Trends and effects of made runs, compared with scipy, statsmodels and NumPy by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import optimize, stats
from tests.conftest import made_history, made_run
from tests.study.conftest import BASE

from paribus.analysis.questions.answering import comparisons, design_answers
from paribus.analysis.questions.design_words import sentences
from paribus.analysis.questions.factorial import EffectVerdict, alias_sets
from paribus.analysis.questions.statistics import holm
from paribus.analysis.questions.trend import TrendVerdict, rank_weights
from paribus.record.records import Records
from paribus.record.run import Status
from paribus.study.reader import load
from paribus.study.study import Study

DOSES = [0, 1e-4, 1e-3, 1e-2]
SEEDS = 6
CROSS = {"dropout": [0, 0.3], "batch_normalization": [False, True], "batch_size": [16, 64]}


def answered(study: Study, scores: dict[str, list[float]]):
    """The study's answers, from test accuracies by variant and seed; none means that a run failed."""
    runs = {
        (name, seed): made_run(
            made_history(3, seed=seed),
            seed=seed,
            test=score,
            status=Status.DIVERGED if score is None else Status.FINISHED,
            configuration=study.variants[name].configuration,
        )
        for name, values in scores.items()
        for seed, score in enumerate(values)
    }
    return design_answers(study, Records(runs)), comparisons(study, Records(runs))


def doses(*means: float, margin: float | None = None, noise: float = 0.001, questions=(), **keys):
    """A trend over four doses with these means."""
    study = load(
        {
            "base": BASE,
            "margin": margin,
            "sweep": {"kernel_regularizer.l2": DOSES},
            "questions": [{"trend": "kernel_regularizer.l2", **keys}, *questions],
        }
    )
    draw = np.random.default_rng(1)
    block = draw.normal(0, 0.01, SEEDS)
    scores = {
        name: list(mean + block + draw.normal(0, noise, SEEDS))
        for name, mean in zip(study.variants, means, strict=True)
    }
    return study, scores


def trend(*means: float, **given):
    (answer,), _ = answered(*doses(*means, **given))
    return answer


def test_the_line_is_the_regression_on_ranks_of_each_seed():
    study, scores = doses(0.9, 0.91, 0.93, 0.94)
    (answer,), _ = answered(study, scores)
    table = np.array(list(scores.values()))
    slopes = [3 * np.polyfit(range(4), table[:, seed], 1)[0] for seed in range(SEEDS)]
    assert answer.line.paired.differences == pytest.approx(slopes)
    assert answer.line.paired.p_t == pytest.approx(stats.ttest_1samp(slopes, 0).pvalue)


def test_the_weights_of_the_line_take_the_change_of_a_straight_one():
    assert np.dot(rank_weights(5), [0, 2, 4, 6, 8]) == pytest.approx(8)


@pytest.mark.parametrize(
    ("means", "verdict"),
    [
        ((0.90, 0.91, 0.92, 0.94), TrendVerdict.IMPROVES),
        ((0.94, 0.93, 0.92, 0.90), TrendVerdict.WORSENS),
        ((0.90, 0.95, 0.95, 0.90), TrendVerdict.PEAK),
    ],
)
def test_the_verdict_says_which_way_the_score_goes(means, verdict):
    assert trend(*means).verdict is verdict


def test_nothing_is_claimed_where_doses_differ_by_chance():
    assert trend(0.9, 0.9, 0.9, 0.9).verdict is TrendVerdict.UNDECIDED


def test_doses_within_the_margin_show_that_there_is_no_trend():
    answer = trend(0.9, 0.9, 0.9, 0.9, margin=0.02)
    assert answer.verdict is TrendVerdict.FLAT
    assert "No dependence" in str(sentences(answer)[0])


def test_a_loss_that_goes_up_gets_worse():
    study, scores = doses(0.9, 0.91, 0.92, 0.94, metric="test_loss")
    (answer,), _ = answered(study, scores)
    assert not answer.question.measured.rises


def test_plateau_and_cliff_are_named():
    answer = trend(0.95, 0.95, 0.95, 0.7, margin=0.02)
    assert answer.plateau == (0, 1, 2)
    assert answer.cliff == (2, 3)
    words = " ".join(map(str, sentences(answer)))
    assert "Plateau: from 0 to 0.001" in words
    assert "Cliff from 0.001 to 0.01: −2" in words


def test_no_plateau_is_named_without_a_margin():
    assert trend(0.95, 0.95, 0.95, 0.7).plateau == ()


def test_the_fit_is_isotonic_and_that_of_a_peak_goes_up_and_down():
    answer = trend(0.90, 0.92, 0.91, 0.94)
    means = [each.mean for each in answer.doses]
    assert answer.fit == pytest.approx(optimize.isotonic_regression(means).x)
    peak = trend(0.90, 0.95, 0.96, 0.91)
    assert np.argmax(peak.fit) in (1, 2)
    assert peak.fit[0] < peak.fit[1]
    assert peak.fit[-1] < peak.fit[-2]


def test_a_dose_at_which_a_run_failed_has_no_mean_and_is_named():
    study, scores = doses(0.9, 0.91, 0.92, 0.93)
    (answer,), _ = answered(study, {**scores, "l2=0.01": [None, *scores["l2=0.01"][1:]]})
    assert answer.used == (0, 1, 2)
    assert "At 0.01 training failed in 1 of 6 runs" in " ".join(map(str, sentences(answer)))


def test_pairs_and_contrasts_share_one_family_by_weighted_holm():
    pair = {"treatment": "l2=0.01", "reference": "l2=0"}
    study, scores = doses(0.9, 0.903, 0.904, 0.905, noise=0.004, questions=[pair])
    (answer,), (compared,) = answered(study, scores)
    contrasts = answer.contrasts
    shares = [1.0, *(each.contrast.share for each in contrasts)]
    assert sum(shares) == pytest.approx(2)
    p_values = [compared.p_value, *(each.paired.p_value for each in contrasts)]
    expected = by_weights(p_values, shares)
    assert [compared.p_adjusted, *(each.p_adjusted for each in contrasts)] == pytest.approx(expected)
    assert compared.family == answer.family == 2


def by_weights(p_values: list[float], shares: list[float]) -> list[float]:
    """Holm's method with weights, step by step."""
    left, largest, found = list(range(len(p_values))), 0.0, [0.0] * len(p_values)
    while left:
        first = min(left, key=lambda each: p_values[each] / shares[each])
        largest = max(largest, p_values[first] / shares[first] * sum(shares[each] for each in left))
        found[first] = min(1.0, largest)
        left.remove(first)
    return found


def test_equal_shares_are_the_plain_method():
    p_values = [0.01, 0.04, 0.03, None, 0.005]
    assert holm(p_values, [1.0] * 5) == holm(p_values)


def crossed(effect=lambda a, b, c: 0.0, *, noise: float = 0.002, margin: float | None = None, **keys):
    study = load({"base": BASE, "margin": margin, "cross": CROSS, "questions": [{"effects": "all"}], **keys})
    draw = np.random.default_rng(2)
    block = draw.normal(0, 0.02, SEEDS)
    cells = study.designs[0].cells
    scores = {
        name: list(0.8 + effect(*places) + block + draw.normal(0, noise, SEEDS))
        for name, places in cells.items()
    }
    return study, scores


def test_effects_are_those_of_the_analysis_of_variance_with_seeds_as_blocks():
    import pandas as pd
    from statsmodels.stats.anova import AnovaRM

    study, scores = crossed(lambda a, b, _c: 0.01 * a + 0.01 * a * b)
    (answer,), _ = answered(study, scores)
    rows = [
        {"seed": seed, **dict(zip("abc", study.designs[0].cells[name], strict=True)), "score": score}
        for name, values in scores.items()
        for seed, score in enumerate(values)
    ]
    table = AnovaRM(pd.DataFrame(rows), "score", "seed", within=["a", "b", "c"]).fit().anova_table
    names = dict(zip(("dropout", "batch_normalization", "batch_size"), "abc", strict=True))
    for each in answer.effects:
        row = table.loc[":".join(names[factor] for factor in each.factors)]
        assert each.found.paired.p_t == pytest.approx(row["Pr > F"], rel=1e-6)


def test_a_factor_that_helps_only_with_another_depends_on_it():
    study, scores = crossed(lambda a, b, _c: 0.06 * a * b)
    (answer,), _ = answered(study, scores)
    verdicts = {each.factors: each.verdict for each in answer.effects}
    assert verdicts["dropout", "batch_normalization"] is EffectVerdict.DEPENDS
    assert verdicts["dropout", "batch_size"] is EffectVerdict.UNDECIDED
    assert verdicts["dropout",] is EffectVerdict.BETTER
    words = list(map(str, sentences(answer)))
    assert words[0].startswith("The effect of dropout depends on batch_normalization.")
    assert any("average over batch_normalization hides" in each for each in words)
    effect = next(each for each in answer.effects if each.verdict is EffectVerdict.DEPENDS)
    assert [round(each.difference, 2) for each in effect.simple] == [0.0, 0.06]


def test_a_margin_shows_that_factors_do_not_depend_on_each_other():
    study, scores = crossed(margin=0.02)
    (answer,), _ = answered(study, scores)
    assert {each.verdict for each in answer.effects} == {EffectVerdict.NONE}


def test_no_effects_are_computed_where_a_run_of_a_cell_failed():
    study, scores = crossed()
    first = next(iter(scores))
    (answer,), _ = answered(study, {**scores, first: [None] * SEEDS})
    assert not answer.contrasts
    assert "6 of 6" in str(sentences(answer)[0])


def test_a_fraction_names_what_it_cannot_tell_apart():
    study, scores = crossed(fraction={"batch_size": "dropout * batch_normalization"})
    (answer,), _ = answered(study, scores)
    assert study.designs[0].resolution == 3
    dropout = next(each for each in answer.effects if each.factors == ("dropout",))
    assert dropout.aliases == (("batch_normalization", "batch_size"),)
    assert (("dropout",), ("batch_normalization", "batch_size")) in alias_sets(study.designs[0])
    assert "resolution 3: 4 of 8 combinations" in str(sentences(answer)[-1])
    assert "dropout = batch_normalization × batch_size" in str(sentences(answer)[-1])


def test_a_half_of_four_factors_has_resolution_four():
    cross = {**CROSS, "epochs": [1, 2]}
    made = load(
        {"base": BASE, "cross": cross, "fraction": {"epochs": "dropout * batch_normalization * batch_size"}}
    )
    assert made.designs[0].resolution == 4


def test_every_contrast_of_a_full_design_is_orthogonal_to_every_other():
    study, scores = crossed()
    (answer,), _ = answered(study, scores)
    rows = [
        [each.found.contrast.above.get(name, 0) - each.found.contrast.below.get(name, 0) for name in scores]
        for each in answer.effects
    ]
    for one, other in itertools.combinations(rows, 2):
        assert np.dot(one, other) == pytest.approx(0)
