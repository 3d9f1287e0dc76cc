"""What became of a finding, counted over seeds; and that the words say no more than the counts carry."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest
from tests.analysis.made_runs import answering, flat, hidden, measured, probe, run, stopping

from paribus.analysis.causes.ablation import Ablation
from paribus.analysis.causes.confirmation import (
    CauseVerdict,
    Outcome,
    enough,
    judge,
    more_seeds,
    plain,
    together,
)
from paribus.record.run import Status

RISES = {"val_data_loss": np.linspace(0.1, 0.3, 30)}
ALPHA = {"val_data_loss": flat(0.1)}
L2 = Ablation(
    "no-l2", "overfitting", "plain", "plain-no-l2", {"kernel_regularizer": {"l2": 0.01}}, {"then": 0.01}
)


def moved_by(ratio):
    """Probes of updates that change the hidden layer by so much of its weights."""
    return tuple(probe(2**place, epoch=place, **hidden(ratio=ratio)) for place in range(4))


def held(*pairs, ablation=L2):
    """A confirmation from pairs of curves, a pair a seed; None where there is no ablation run."""
    before = {seed: run(seed=seed, **pair[0]) for seed, pair in enumerate(pairs)}
    after = {seed: run(seed=seed, **pair[1]) for seed, pair in enumerate(pairs) if pair[1] is not None}
    return judge(ablation, before, after)


def counts(gone, stayed, came=0):
    """So many seeds of each outcome."""
    return held(*[(RISES, ALPHA)] * gone, *[(RISES, RISES)] * stayed, *[(ALPHA, RISES)] * came)


@pytest.mark.parametrize(
    ("gone", "stayed", "verdict", "words"),
    [
        (1, 0, CauseVerdict.NOT_ENOUGH, "This shows that it can disappear, not that it always does"),
        (2, 0, CauseVerdict.NOT_ENOUGH, "one-sided sign test, p = 0.250"),
        (4, 0, CauseVerdict.NOT_ENOUGH, "one-sided sign test, p = 0.062"),
        (5, 0, CauseVerdict.CONFIRMED, "Disappeared in 5 of 5 seeds (one-sided sign test, p = 0.031)"),
        (8, 1, CauseVerdict.CONFIRMED, "Something else causes it at the others"),
        (7, 1, CauseVerdict.CONFIRMED, "Disappeared in 7 of 8 seeds"),
        (6, 1, CauseVerdict.NOT_ENOUGH, "plays a part at some seeds"),
        (3, 2, CauseVerdict.NOT_ENOUGH, "plays a part at some seeds"),
        (1, 7, CauseVerdict.NOT_CONFIRMED, "Disappeared in only 1 of 8 seeds"),
        (0, 1, CauseVerdict.NOT_CONFIRMED, "at that seed"),
        (0, 5, CauseVerdict.NOT_CONFIRMED, "Disappeared in none of 5 seeds"),
    ],
)
def test_the_verdict_and_its_words_follow_the_counts(gone, stayed, verdict, words):
    found = counts(gone, stayed)
    assert (found.gone, found.counted, found.verdict) == (gone, gone + stayed, verdict)
    assert words in str(found.sentence)


def test_how_many_seeds_would_be_enough_is_said_once_of_all():
    assert "5 seeds" in str(more_seeds([counts(2, 0), counts(4, 0), counts(0, 5)]))
    assert more_seeds([counts(5, 0), counts(3, 2), counts(0, 5)]) is None


def test_a_finding_that_stays_because_the_weights_hardly_move_now_tells_nothing_of_the_rate():
    rate = Ablation("rate", "one-answer", "plain", "plain-rate", {"learning_rate": 3e-7}, {"then": 3e-7})
    lost, frozen = answering(0, probes=moved_by(2.0)), answering(0, probes=moved_by(1e-9))
    assert judge(rate, {0: lost}, {0: lost}).outcomes == {0: Outcome.STILL}
    found = judge(rate, {0: lost}, {0: frozen})
    assert (found.outcomes, found.verdict) == ({0: Outcome.FROZEN}, CauseVerdict.NOT_ENOUGH)
    assert "the weights of the ablation run hardly change" in str(found.sentence)
    assert judge(rate, {0: frozen}, {0: frozen}).outcomes == {0: Outcome.STILL}


@pytest.mark.parametrize(("gone", "other"), [(1, 0), (5, 0), (6, 0), (3, 2), (1, 7), (0, 3), (9, 1)])
def test_chances_are_those_of_the_exact_sign_test(gone, other):
    found = counts(gone, other)
    number = gone + other
    assert found.p_value == pytest.approx(binomtest(gone, number, alternative="greater").pvalue)
    assert found.p_two_sided == pytest.approx(binomtest(gone, number).pvalue)
    if not other:
        assert found.p_two_sided == min(1, 2.0 ** -(number - 1))


def test_five_seeds_without_exception_are_the_fewest_that_are_enough():
    assert counts(enough(), 0).verdict is CauseVerdict.CONFIRMED
    assert counts(enough() - 1, 0).verdict is CauseVerdict.NOT_ENOUGH


def test_a_finding_that_comes_at_other_seeds_speaks_against_its_going_by_the_setting():
    found = counts(5, 0, came=5)
    assert (found.counted, found.verdict) == (10, CauseVerdict.NOT_ENOUGH)
    assert "Only the ablation run has it at seeds 5, 6, 7, 8 and 9" in str(found.sentence)


def test_seeds_at_which_neither_run_has_it_do_not_count():
    found = held((RISES, ALPHA), (ALPHA, ALPHA))
    assert (found.outcomes[1], found.counted) == (Outcome.ABSENT, 1)
    assert held((ALPHA, ALPHA)).verdict is CauseVerdict.NOT_ENOUGH
    assert "Neither run has it" in str(held((ALPHA, ALPHA)).sentence)


@pytest.mark.parametrize(
    ("after", "outcome", "words"),
    [
        ({"status": Status.DIVERGED, "val_data_loss": [0.1, np.nan]}, Outcome.DIVERGED, "diverged"),
        ({"status": Status.FAILED, **ALPHA}, Outcome.FAILED, "failed"),
        ({"status": Status.INTERRUPTED, **ALPHA}, Outcome.UNFINISHED, "has not ended"),
        ({"val_data_loss": flat(0.1, 3)}, Outcome.ABSTAINED, "lacks what is needed to judge it"),
        (None, Outcome.MISSING, "without an ablation run"),
    ],
)
def test_what_cannot_be_judged_is_not_counted_as_gone(after, outcome, words):
    found = held((RISES, after))
    assert (found.outcomes[0], found.gone, found.verdict) == (outcome, 0, CauseVerdict.NOT_ENOUGH)
    assert "at no seed could both runs be judged" in str(found.sentence)
    assert words in str(found.sentence)


def test_a_run_that_no_longer_diverges_has_lost_the_finding():
    ablation = Ablation("rate", "diverged", "plain", "plain-rate", {}, {"now": 1.0, "then": 0.1})
    blown = {"status": Status.DIVERGED, "data_loss": [0.5, np.nan]}
    found = held((blown, ALPHA), (blown, blown), ablation=ablation)
    assert list(found.outcomes.values()) == [Outcome.GONE, Outcome.STILL]


def test_what_came_in_its_place_is_told():
    ablation = Ablation("rate", "diverged", "plain", "plain-rate", {}, {"now": 1.0, "then": 0.1})
    blown = {"status": Status.DIVERGED, "data_loss": [0.5, np.nan]}
    chance = {"accuracy": flat(0.1), "val_accuracy": flat(0.1)}
    found = held((blown, chance), ablation=ablation)
    assert "the network still learned nothing" in str(found.sentence)
    assert found.instead == {"nothing-learned": (0,)}
    assert "another serious problem instead" in str(found.sentence)


def test_early_stopping_is_judged_by_what_the_ablation_run_gained():
    longer = run(val_accuracy=[*flat(0.8, 10), *flat(0.95, 20)])
    settings = stopping(patience=3)
    stopped = {"status": Status.EARLY_STOPPED, "configuration": settings, "val_accuracy": flat(0.8, 10)}
    before = {0: run(**stopped, more={"longest_history": longer.record.history})}
    ablation = Ablation("patience", "stopped-too-soon", "plain", "plain-patience", {}, {"now": 3, "then": 10})
    assert judge(ablation, before, {0: longer}).outcomes == {0: Outcome.GONE}
    assert judge(ablation, before, {0: run(val_accuracy=flat(0.8, 21))}).outcomes == {0: Outcome.STILL}


def test_the_penalty_decided_where_a_run_stopped_only_if_it_stops_elsewhere_without():
    penalized = {"penalty": np.linspace(9, 1, 30), "val_data_loss": flat(0.1)}
    before = {0: run(status=Status.EARLY_STOPPED, configuration=stopping(patience=3), **penalized)}
    ablation = Ablation(
        "monitor", "stopped-on-penalty", "6", "6-monitor", {}, {"now": "val_loss", "then": "x"}
    )
    assert judge(ablation, before, {0: run(val_data_loss=flat(0.1, 12))}).outcomes == {0: Outcome.GONE}
    assert judge(ablation, before, {0: run(val_data_loss=flat(0.1, 30))}).outcomes == {0: Outcome.STILL}
    assert "Counts as gone if ablation run 6-monitor stops after another epoch" in str(
        judge(ablation, before, {}).tried
    )


def test_two_settings_each_enough_are_told_to_have_been_needed_together():
    assert "Each was necessary" in str(together([counts(2, 0), counts(2, 0)]))
    assert together([counts(2, 0), counts(1, 1)]) is None


def test_json_has_the_counts_the_chances_and_the_sentence():
    tree = plain(counts(5, 0))
    assert (tree["verdict"], tree["gone"], tree["counted"]) == ("confirmed", 5, 5)
    assert tree["seeds"] == dict.fromkeys("01234", "gone")
    assert (tree["p_value"], tree["p_two_sided"]) == (2**-5, 2**-4)
    assert tree["sentence"] == str(counts(5, 0).sentence)


@pytest.mark.parametrize(
    ("code", "broken"),
    [
        ("large-steps", measured(hidden(ratio=0.6), hidden(ratio=0.4), learned=False)),
        ("overflow-at-start", measured({"data_loss": None}, {"data_loss": None}, status=Status.DIVERGED)),
    ],
)
def test_a_run_that_got_well_can_be_judged(code, broken):
    ablation = Ablation(
        "rate", code, "plain", "plain-rate", {"learning_rate": 0.01}, {"now": 1.0, "then": 0.1}
    )
    found = judge(ablation, {0: broken}, {0: measured({}, {})})
    assert (found.gone, found.counted) == (1, 1)
