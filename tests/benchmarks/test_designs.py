"""The quick rules of the simulation of factors are those that a study gets, and the page has its tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.analysis.questions.test_designs import answered, crossed, doses

from benchmarks import design_looks, designs
from paribus.record.looks import Look, LookLog


@pytest.mark.parametrize(
    ("make", "contrasts"), [(doses, designs.trend_contrasts), (crossed, designs.factor_contrasts)]
)
def test_the_contrasts_are_those_of_a_study(make, contrasts):
    study, scores = make(0.9, 0.91, 0.93, 0.94) if make is doses else make()
    (answer,), _ = answered(study, scores)
    weights, shares = contrasts()
    table = np.array(list(scores.values())).T
    expected = [each.paired.mean for each in answer.contrasts]
    assert (table @ weights.T).mean(0) == pytest.approx(expected)
    assert list(shares) == pytest.approx([each.contrast.share for each in answer.contrasts])


def test_the_page_has_the_tables_of_the_simulation():
    words = Path("docs/statistics.md").read_text(encoding="utf-8")
    first = next(line for line in designs.tables() if line.startswith("| normal | 3"))
    assert first in words


def looked(study, scores, seeds):
    """The answers of the sequential procedure with the first seeds."""
    from tests.conftest import made_history, made_run

    from paribus.analysis.questions.answering import design_answers
    from paribus.record.records import Records

    cells = study.designs[0].cells
    look = Look("", {name: tuple(range(seeds)) for name in cells}, until_decided=True)
    runs = {
        (name, seed): made_run(
            made_history(3, seed=seed),
            seed=seed,
            test=score,
            configuration=study.variants[name].configuration,
        )
        for name, values in scores.items()
        for seed, score in enumerate(values[:seeds])
    }
    return design_answers(study, Records(runs), looks=LookLog((look,)))


@pytest.mark.parametrize(
    ("make", "claims"), [(doses, design_looks.trend_claims), (crossed, design_looks.effect_claims)]
)
@pytest.mark.parametrize("noise", [0.001, 0.006])
def test_the_quick_rules_of_looking_claim_as_a_study_does(make, claims, noise):
    study, scores = (
        make(0.9, 0.905, 0.91, 0.915, noise=noise)
        if make is doses
        else make(lambda a, b, _c: 0.01 * a + 0.02 * a * b, noise=noise)
    )
    table = np.array(list(scores.values()))[None]
    quick = claims(table, np.zeros(table.shape, bool), now=True)[0]
    for seeds in range(3, table.shape[-1] + 1):
        (answer,) = looked(study, scores, seeds)
        assert answer.contrasts[0].procedure == "sequential"
        first_step = [
            each.paired.p_value is not None and each.paired.p_value <= 0.05 * each.contrast.share
            for each in answer.contrasts
        ]
        assert any(first_step) == quick[:seeds].any()


def test_the_page_has_the_table_of_looking():
    words = Path("docs/statistics.md").read_text(encoding="utf-8")
    rows = [line for line in words.splitlines() if line.startswith(f"| {design_looks.FAILS} | 30 |")]
    claims = (
        design_looks.trend_claims(*design_looks.drawn(design_looks.FAILS, designs.DOSES), now=True),
        design_looks.effect_claims(*design_looks.drawn(design_looks.FAILS, 8), now=True),
    )
    for each in claims:
        assert f"→ {100 * design_looks.ever(each)[30]:.1f} |" in rows[0]


@pytest.mark.parametrize("kind", ["normal", "exponential"])
def test_looking_after_every_seed_claims_no_more_than_promised(kind):
    for claims, levels in ((design_looks.trend_claims, designs.DOSES), (design_looks.effect_claims, 8)):
        rate = design_looks.ever(claims(*design_looks.drawn(kind, levels, 4_000), now=True))[30]
        assert rate <= 0.05 + 3 * (0.05 * 0.95 / 4_000) ** 0.5
