"""The quick rules of the simulation of factors are those that a study gets, and the page has its tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.analysis.questions.test_designs import answered, crossed, doses

from benchmarks import designs


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
