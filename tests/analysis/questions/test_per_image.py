"""Numbers over test images, held against other programs and against published worked examples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import accuracy_score, brier_score_loss
from statsmodels.formula.api import ols
from statsmodels.stats import contingency_tables
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.proportion import proportion_confint

from paribus.analysis.questions.per_image import brier, correct, image_intervals, mcnemar, wilson

LABELS = np.array([0, 2, 1, 1, 0], np.uint8)


@pytest.fixture
def softmax() -> np.ndarray:
    logits = np.random.default_rng(0).normal(size=(5, 3))
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def test_the_brier_score_is_scikit_learns(softmax):
    expected = brier_score_loss(LABELS, softmax, labels=[0, 1, 2])
    assert brier(softmax, LABELS).mean() == pytest.approx(expected)


def test_sigmoid_outputs_are_scored_as_they_are_one_class_against_the_rest():
    outputs = np.random.default_rng(1).uniform(size=(5, 3))
    expected = sum(brier_score_loss(label == LABELS, outputs[:, label]) for label in range(3))
    assert brier(outputs, LABELS).mean() == pytest.approx(expected)


def test_a_single_output_is_scored_as_scikit_learn_scores_two_classes():
    outputs, labels = np.array([[0.1], [0.8], [0.4]]), np.array([0, 1, 1], np.uint8)
    assert brier(outputs, labels).mean() == pytest.approx(brier_score_loss(labels, outputs[:, 0]))


def test_right_answers_are_the_largest_outputs(softmax):
    assert correct(softmax, LABELS).mean() == accuracy_score(LABELS, softmax.argmax(axis=1))
    assert correct(np.array([[0.5], [0.6]]), np.array([0, 0])).tolist() == [1, 0]
    assert correct(np.array([[1.0, 1.0]]), np.array([1])).tolist() == [0]


@pytest.mark.parametrize(
    ("right", "images", "expected"),
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    [
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
    ],
)
def test_wilsons_interval_gives_newcombes_table(right, images, expected):
    assert wilson(right, images) == pytest.approx(expected, abs=5e-5)
    assert wilson(right, images) == pytest.approx(
        proportion_confint(right, images, 0.05, "wilson"), abs=1e-12
    )


def answers(both: int, first: int, second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """Two networks' right answers, by how many images both, one or none of them gets right."""
    counts = [both, first, second, neither]
    return np.repeat([1, 1, 0, 0], counts), np.repeat([1, 0, 1, 0], counts)


def test_mcnemars_test_on_agrestis_approval_ratings():
    # Agresti, Categorical Data Analysis, table 10.1: z² = 17.36 without exactness.
    found = mcnemar(*answers(794, 150, 86, 570))
    table = [[794, 150], [86, 570]]
    assert (found.only_treatment, found.only_reference) == (150, 86)
    assert contingency_tables.mcnemar(table, exact=False, correction=False).statistic == pytest.approx(
        17.36, abs=0.005
    )
    assert found.p_value == pytest.approx(contingency_tables.mcnemar(table, exact=True).pvalue)


def test_networks_that_are_right_on_the_same_images_do_not_differ():
    assert mcnemar(*answers(5, 0, 0, 3)).p_value == 1


def crossed(
    seeds: int, images: int, spread: tuple[float, float, float], draw: np.random.Generator
) -> np.ndarray:
    """Differences with a part of the seed, a part of the image and one of both; their mean is zero."""
    of_seed, of_image, rest = spread
    return (
        draw.normal(0, of_seed, (seeds, 1))
        + draw.normal(0, of_image, (1, images))
        + draw.normal(0, rest, (seeds, images))
    )


def test_intervals_over_images_follow_from_an_analysis_of_variance():
    seeds, images = 8, 30
    differences = crossed(seeds, images, (1.0, 3.0, 1.0), np.random.default_rng(2))
    found = image_intervals(differences)
    places = np.indices(differences.shape)
    frame = pd.DataFrame({"d": differences.ravel(), "s": places[0].ravel(), "i": places[1].ravel()})
    squares = anova_lm(ols("d ~ C(s) + C(i)", frame).fit())
    parts = squares["mean_sq"].to_numpy() * [1, 1, -1] / differences.size
    freedom = parts.sum() ** 2 / (parts**2 / squares["df"].to_numpy()).sum()
    low, high = stats.t.interval(0.95, freedom, differences.mean(), np.sqrt(parts.sum()))
    assert found.new_seeds_and_images == pytest.approx((low, high))
    by_image = stats.ttest_1samp(differences.mean(axis=0), 0).confidence_interval()
    assert found.new_images == pytest.approx(tuple(by_image))


@pytest.mark.parametrize("spread", [(1.0, 0.0, 1.0), (0.0, 1.0, 1.0), (0.0, 0.0, 1.0)])
def test_more_luck_never_means_a_narrower_interval(spread):
    for seed in range(50):
        differences = crossed(3, 40, spread, np.random.default_rng(seed))
        found = image_intervals(differences)
        seeds = stats.ttest_1samp(differences.mean(axis=1), 0).confidence_interval()
        low, high = found.new_seeds_and_images
        assert low <= min(found.new_images[0], seeds.low) + 1e-12
        assert high >= max(found.new_images[1], seeds.high) - 1e-12


def test_one_seed_says_nothing_of_new_seeds():
    assert image_intervals(np.random.default_rng(0).normal(size=(1, 9))).new_seeds_and_images is None
