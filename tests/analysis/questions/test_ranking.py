"""Questions about several variants, against statsmodels, NumPy by hand and simulated studies."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from benchmarks.calibration.ranking import shown_with_failures
from statsmodels.stats.multitest import multipletests

from paribus.analysis.design.power import detectable_difference
from paribus.analysis.design.simulated_power import Asked, may_be_best, power, shown, smallest_seen
from paribus.analysis.questions.answering import comparisons, unadjusted
from paribus.analysis.questions.ranked import Outcome
from paribus.analysis.questions.ranking import letters_of, pick, rankings, step_factors, true_pairs
from paribus.analysis.questions.verdict import Verdict
from paribus.record.records import Records
from paribus.record.run import Status
from paribus.study.reader import load
from paribus.study.study import Study
from paribus.texts import language

MEANS = {"sgd": 0.950, "adam": 0.962, "rmsprop": 0.9615}
NAMES = [*MEANS]
BASE = {
    "validation": 0.1,
    "model": {"hidden": [8], "activation": "relu", "output": "softmax"},
    "loss": "categorical_crossentropy",
    "optimizer": {"name": "sgd", "learning_rate": 0.1},
    "epochs": 2,
}


def asked(*questions, means=MEANS, **fields):
    variants = {name: {"optimizer": {"learning_rate": 0.1 + place / 100}} for place, name in enumerate(means)}
    return load({"data": "mnist", "base": BASE, "variants": variants, "questions": [*questions], **fields})


def runs(made, study, means=MEANS, *, seeds=6, spread=0.001, draw=0):
    drawn = np.random.default_rng(draw)
    return Records(
        {
            (name, seed): made.run(
                made.history(2, seed=seed, top=(0.99, mean)),
                seed=seed,
                test=mean + spread * drawn.normal(),
                configuration=study.variants[name].configuration,
            )
            for name, mean in means.items()
            for seed in range(seeds)
        }
    )


def test_the_answer_is_a_set_and_how_far_the_others_lie_behind(made):
    study = asked({"best_of": NAMES})
    (found,) = rankings(study, runs(made, study))
    assert {each.name for each in found.candidates} == {"adam", "rmsprop"}
    worst = found.variants[-1]
    assert (worst.name, worst.may_be_best) == ("sgd", False)
    assert 0 < worst.behind[0] < found.distance("sgd") < worst.behind[1]
    words = str(found.sentence)
    assert "are not distinguishable from the best; sgd is worse by 1." in words
    with language("vi"):
        assert "chưa phân biệt được với biến thể tốt nhất; sgd kém 1," in str(found.sentence)


def test_of_two_variants_the_best_is_asked_as_a_pair_is(made):
    study = asked({"best_of": ["adam", "sgd"]})
    pair = asked({"treatment": "adam", "reference": "sgd"})
    records = runs(made, study)
    ranked, compared = rankings(study, records)[0].comparisons[0], comparisons(pair, records)[0]
    assert ranked.p_adjusted == compared.p_adjusted
    assert ranked.corrected == pytest.approx(compared.interval)
    assert ranked.verdict is compared.verdict is Verdict.BETTER


def test_each_against_one_is_adjusted_as_statsmodels_does_by_holms_method(made):
    study = asked({"each": ["adam", "rmsprop"], "against": "sgd"})
    (found,) = rankings(study, runs(made, study))
    p_values = [each.p_value for each in found.comparisons]
    expected = multipletests(p_values, method="holm")[1]
    assert [each.p_adjusted for each in found.comparisons] == pytest.approx(expected)
    assert "Better than sgd: adam by 1." in str(found.sentence)


def test_shaffers_steps_are_those_of_the_equalities_that_can_hold_at_once():
    """Of four variants, partitions leave 6, 3, 2, 1 or 0 equal pairs: counted here one by one."""
    for count in (2, 3, 4, 5):
        possible = set()
        for groups in np.ndindex(*[count] * count):
            possible.add(sum(groups[one] == groups[other] for one, other in combinations(range(count), 2)))
        assert true_pairs(count) == possible
    assert step_factors([0.001, 0.002, 0.003, 0.004, 0.005, 0.006], 4)[:4] == pytest.approx((6, 3, 3, 3))


def test_a_study_with_more_questions_asks_more_of_each(made):
    alone, among = (
        asked({"best_of": NAMES}),
        asked({"best_of": NAMES}, {"treatment": "adam", "reference": "sgd"}),
    )
    one, two = (rankings(each, runs(made, each))[0] for each in (alone, among))
    assert (one.family, two.family) == (1, 2)
    assert two.comparisons[2].p_adjusted == pytest.approx(min(1, 2 * one.comparisons[2].p_adjusted))
    assert comparisons(among, runs(made, among))[0].family == 2


def test_letters_are_shared_by_all_that_are_not_shown_to_differ():
    draw = np.random.default_rng(1)
    names = [*"abcdefg"]
    for _ in range(50):
        different = {pair for pair in combinations(names, 2) if draw.random() < 0.4}
        letters = letters_of(names, different)
        for pair in combinations(names, 2):
            assert bool({*letters[pair[0]]} & {*letters[pair[1]]}) == (pair not in different)


def test_ranks_are_those_that_the_pairs_which_differ_leave(made):
    study = asked({"all_pairs": NAMES})
    (found,) = rankings(study, runs(made, study))
    by_name = {each.name: each for each in found.variants}
    assert by_name["sgd"].rank == (3, 3)
    assert by_name["adam"].rank == by_name["rmsprop"].rank == (1, 2)
    assert by_name["adam"].letters == by_name["rmsprop"].letters != by_name["sgd"].letters


def test_a_loss_is_best_where_it_is_lowest(made):
    study = asked({"best_of": NAMES, "metric": "test_loss"})
    records = runs(made, study)
    lower = {
        key: replace(
            run, result=replace(run.result, test={**run.result.test, "loss": run.result.test["accuracy"]})
        )
        for key, run in records.items()
    }
    (found,) = rankings(study, Records(lower))
    assert [each.name for each in found.candidates] == ["sgd"]
    assert found.outcome is Outcome.BEST


def test_two_seeds_rank_nothing_and_missing_runs_are_named(made):
    study = asked({"best_of": NAMES})
    (few,) = rankings(study, runs(made, study, seeds=2))
    assert few.outcome is Outcome.FEW_SEEDS
    assert "at least 3" in str(few.sentence)
    part = Records({key: run for key, run in runs(made, study).items() if key[0] != "adam"})
    (missing,) = rankings(study, part)
    assert not missing.is_decided
    assert "no result of adam" in str(missing.sentence)
    (nothing,) = rankings(study, Records())
    assert not nothing.is_answered


def test_a_variant_that_never_trains_is_not_called_best(made):
    study = asked({"best_of": NAMES})
    records = dict(runs(made, study).items())
    for seed in range(6):
        records["adam", seed] = made.run(
            made.history(2),
            seed=seed,
            status=Status.DIVERGED,
            configuration=study.variants["adam"].configuration,
        )
    (found,) = rankings(study, Records(records))
    assert [each.name for each in found.candidates] == ["rmsprop"]
    assert "adam failed to train" in str(found.sentence)


def test_those_within_the_margin_of_the_best_settle_the_question(made):
    study = asked({"best_of": ["adam", "rmsprop"], "margin": 0.02})
    (found,) = rankings(study, runs(made, study, draw=3))
    assert found.outcome is Outcome.CLOSE
    assert found.is_decided
    assert "less than the margin" in str(found.notes[0])


def test_a_choice_on_validation_is_measured_at_seeds_that_did_not_choose():
    """Noise that both parts share makes the plain estimate too good; leaving the seed out makes it right."""
    draw, names, plain, honest = np.random.default_rng(0), [*"abcdef"], [], []
    for _ in range(2_000):
        shared = draw.normal(size=(len(names), 4))
        parts = [dict(zip(names, (dict(enumerate(row)) for row in shared), strict=True)) for _ in range(2)]
        found = pick(*parts, rises=True)
        honest.append(found.test)
        plain.append(found.best_test)
    assert np.mean(plain) > 0.5
    assert abs(np.mean(honest)) < 4 * np.std(honest) / np.sqrt(len(honest))


def test_the_quick_rules_of_the_simulation_answer_as_a_study_is_answered(made):
    names = [*"abcd"]
    for kind in ("best_of", "all_pairs"):
        study = asked({kind: names}, means=dict.fromkeys(names, 0.9))
        for draw in range(12):
            means = dict(zip(names, 0.9 + 0.002 * np.random.default_rng(draw).normal(size=4), strict=True))
            records = runs(made, study, means, seeds=6, draw=draw)
            (found,) = rankings(study, records)
            values = np.array([[[records[name, seed].test_score for seed in range(6)] for name in names]])
            signs = shown(Asked(kind, 4), values)
            better = [each.verdict is Verdict.BETTER for each in found.comparisons]
            if kind == "all_pairs":
                assert [sign > 0 for sign in signs[0]] == better
            else:
                quick = {
                    name
                    for name, may in zip(names, may_be_best(Asked(kind, 4), signs)[0], strict=True)
                    if may
                }
                assert quick == {each.name for each in found.candidates}


@pytest.mark.parametrize("kind", ["best_of", "all_pairs", "each"])
@pytest.mark.parametrize("rate", [0.15, 0.6])
def test_the_quick_rules_answer_so_where_runs_fail_too(made, kind, rate):
    names, seeds = [*"abc"], 8
    question = {"each": ["a", "b"], "against": "c"} if kind == "each" else {kind: names}
    study = asked(question, means=dict.fromkeys(names, 0.9))
    for draw in range(10):
        drawn = np.random.default_rng([draw, int(100 * rate)])
        means = dict(zip(names, 0.9 + 0.004 * drawn.normal(size=3), strict=True))
        failed = drawn.random((3, seeds)) < np.array([[rate], [0.0], [rate / 2]])
        if draw == 0:
            failed[0] = True  # no run of one variant trains
        records = dict(runs(made, study, means, seeds=seeds, draw=draw).items())
        values = np.array([[records[name, seed].test_score for seed in range(seeds)] for name in names])
        for place, seed in np.argwhere(failed):
            name = names[place]
            records[name, int(seed)] = made.run(
                made.history(2),
                seed=int(seed),
                status=Status.DIVERGED,
                configuration=study.variants[name].configuration,
            )
        (found,) = rankings(study, Records(records))
        quick = shown_with_failures(Asked(kind, 3), values[None], failed[None])
        if kind == "best_of":
            total = failed.all(axis=1)
            may = may_be_best(Asked(kind, 3), quick)[0] & ~total
            assert {name for name, each in zip(names, may, strict=True) if each} == {
                each.name for each in found.candidates
            }
            continue
        signs = [_sign(each) for each in found.comparisons]
        assert [int(each) for each in quick[0]] == signs


def _sign(comparison):
    """1 where the treatment is better or more reliable, or alone of both has trained; else −1 or 0."""
    if comparison.verdict is Verdict.FAILED:
        rates = comparison.failures
        return int(rates.reference.is_total) - int(rates.treatment.is_total)
    good, bad = (Verdict.BETTER, Verdict.MORE_RELIABLE), (Verdict.WORSE, Verdict.LESS_RELIABLE)
    return (comparison.verdict in good) - (comparison.verdict in bad)


def test_the_distances_to_the_best_hold_for_all_at_once(made):
    """With three variants of unequal spread: the true distances are within in 95 of 100 studies or more."""
    names, truth = [*"abc"], {"a": 0.0, "b": 0.001, "c": 0.004}
    study = asked({"best_of": names}, means=truth)
    held = []
    for draw in range(150):
        records = runs(
            made, study, {name: 0.9 - behind for name, behind in truth.items()}, seeds=5, draw=draw
        )
        (found,) = rankings(study, records)
        held.append(all(each.behind[0] <= truth[each.name] <= each.behind[1] for each in found.variants))
    assert np.mean(held) >= 0.95


def test_the_power_of_a_pair_is_that_of_the_noncentral_t():
    for seeds, level in ((5, 0.05), (10, 0.01)):
        simulated = smallest_seen(Asked("pair", 2, level), seeds, studies=10_000)
        assert simulated == pytest.approx(detectable_difference(seeds, level), rel=0.03)


def test_more_seeds_see_more_and_more_variants_less():
    three, five = Asked("best_of", 3), Asked("best_of", 5)
    assert power(three, 2.0, 5) < power(three, 2.0, 10)
    assert power(five, 2.0, 8) < power(three, 2.0, 8)


def test_a_study_with_rankings_is_read_back_as_it_was_written():
    study = asked({"best_of": NAMES, "ask": "Which?"}, {"each": ["adam"], "against": "sgd"})
    assert Study.model_validate(study.model_dump(mode="json")) == study
    assert "rankings" not in asked({"treatment": "adam", "reference": "sgd"}).model_dump()
    assert len(unadjusted(study, Records(), study.rankings[0].questions)) == 3
