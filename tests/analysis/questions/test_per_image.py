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

from paribus.analysis.questions.per_image import mcnemar, new_images, new_images_of_draws, of_draws, wilson
from paribus.analysis.questions.statistics import standard_error
from paribus.analysis.questions.tails import ALPHA, two_sided
from paribus.record.metrics import brier, correct, value

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


def test_the_standard_error_follows_from_an_analysis_of_variance():
    seeds, images = 8, 30
    differences = crossed(seeds, images, (1.0, 3.0, 1.0), np.random.default_rng(2))
    found = new_images(differences)
    error = standard_error(differences.mean(axis=1), found.variance)
    places = np.indices(differences.shape)
    frame = pd.DataFrame({"d": differences.ravel(), "s": places[0].ravel(), "i": places[1].ravel()})
    of_seeds, of_images, rest = anova_lm(ols("d ~ C(s) + C(i)", frame).fit())["mean_sq"] / differences.size
    assert error.value**2 == pytest.approx(of_seeds + of_images - rest)
    between = of_images - rest
    freedom = (of_seeds + between) ** 2 / (of_seeds**2 / (seeds - 1) + between**2 / (images - 1))
    assert error.freedom == pytest.approx(freedom)
    by_image = stats.ttest_1samp(differences.mean(axis=0), 0).confidence_interval()
    assert found.interval == pytest.approx(tuple(by_image))


@pytest.mark.parametrize("spread", [(1.0, 0.0, 1.0), (0.0, 1.0, 1.0), (0.0, 0.0, 1.0)])
def test_no_part_of_the_variance_is_taken_for_negative(spread):
    for seed in range(50):
        differences = crossed(3, 40, spread, np.random.default_rng(seed))
        images = new_images(differences).variance
        of_seeds = differences.mean(axis=1)
        assert standard_error(of_seeds, images).value >= standard_error(of_seeds).value
        assert images.between >= 0


def test_one_seed_says_nothing_of_new_seeds():
    found = new_images(np.random.default_rng(0).normal(size=(1, 9)))
    assert found.variance.rest == 0


@pytest.mark.parametrize("seeds", [3, 10, 50])
def test_new_seeds_and_new_images_are_covered_in_19_of_20_studies(seeds):
    """The image part is what the standard deviations of real runs make it: 6 % of one seed's variance."""
    draw = np.random.default_rng(seeds)
    of_image = float(
        np.sqrt(0.064 * 100)
    )  # one seed's variance is 1 / 100 of seeds, 100 images, and the rest
    claimed = 0
    for _ in range(400):
        differences = crossed(seeds, 100, (0.8, of_image, 6.0), draw)
        error = standard_error(differences.mean(axis=1), new_images(differences).variance)
        claimed += two_sided(differences.mean() / error.value, error.freedom, seeds) <= ALPHA
    assert claimed / 400 <= ALPHA + 3 * (ALPHA * (1 - ALPHA) / 400) ** 0.5


def test_draws_of_examples_tell_of_an_accuracy_what_its_images_do():
    """A mean over images has an exact answer, which 100 draws come near."""
    draw = np.random.default_rng(2)
    labels = draw.integers(0, 3, 400)
    runs = [np.eye(3)[np.where(draw.random(400) < right, labels, 0)] for right in (0.6, 0.7, 0.65, 0.8)]
    rows = np.array([correct(each, labels) for each in runs])
    draws = np.array([of_draws("accuracy", each, labels, "classification") for each in runs])
    differences, drawn = rows[:2] - rows[2:], draws[:2] - draws[2:]
    exact = new_images(differences)
    found = new_images_of_draws(differences.mean(axis=1), drawn, 400)
    assert found.interval == pytest.approx(exact.interval, rel=0.35)
    assert found.variance.rest == pytest.approx(exact.variance.rest, rel=0.5)
    assert found.variance.images == exact.variance.images


def test_a_metric_that_is_not_defined_on_drawn_examples_has_no_interval_over_them():
    labels = np.array([1, *np.zeros(5, int)])
    draws = of_draws("roc_auc", np.linspace(0, 1, 6)[:, None], labels, "classification")
    assert np.isnan(draws).any()
    assert new_images_of_draws(np.zeros(1), draws[None], 6) is None


def test_equal_techniques_are_seldom_apart_in_balanced_accuracy_on_new_seeds_and_examples():
    """Each technique is right about other examples; which test examples there are decides more than seeds."""
    draw, seeds, images, apart, alone = np.random.default_rng(0), 4, 60, 0, 0
    for _ in range(12):
        labels = (draw.random(images) < 0.3).astype(int)
        values, draws = [], []
        for _ in range(2):
            easy = draw.normal(0, 1, images)
            outputs = [(2 * labels - 1) + easy + draw.normal(0, 0.4, images) for _ in range(seeds)]
            known = [(1 / (1 + np.exp(-each)))[:, None] for each in outputs]
            values.append([value("balanced_accuracy", each, labels, "classification") for each in known])
            draws.append([of_draws("balanced_accuracy", each, labels, "classification") for each in known])
        differences = np.subtract(*values)
        found = new_images_of_draws(differences, np.subtract(*map(np.array, draws)), images)
        error = standard_error(differences, found.variance)
        apart += two_sided(differences.mean() / error.value, error.freedom, seeds) <= ALPHA
        alone += stats.ttest_1samp(differences, 0).pvalue <= ALPHA
    assert apart <= 2 < alone
