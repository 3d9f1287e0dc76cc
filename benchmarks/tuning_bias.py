"""How biased the scores of tuned winners are: by what they were chosen, in the search's runs, trained anew.

Simulated searches: the settings' true accuracies fall off from the best one; a run's own quality, its
validation examples and its test examples each add noise. ``python -m benchmarks.tuning_bias`` prints the
table of docs/statistics.md.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

SEARCHES = 200_000
RUN, EXAMPLES = 0.006, 0.004
"""Standard deviations: of a run's own quality, and of the examples that it is measured on."""
TRIAL_SEEDS, STUDY_SEEDS = 2, 5
_HEADINGS = (
    "validation score of the search",
    "test score of the same runs",
    "chosen by test score",
    "trained anew, as here",
)


def biases(tries: int, fall: float, searches: int = SEARCHES) -> Mapping[str, tuple[float, float]]:
    """Return the mean of the winner's score minus its true accuracy, and its standard error, both in shares.

    Args:
        tries: How many settings are tried.
        fall: How far the true accuracy of the worst one lies below the best.
        searches: How many are simulated.
    """
    draw = np.random.default_rng(17)
    true = 0.95 - fall * np.linspace(0, 1, tries) ** 2
    own = draw.normal(0, RUN, (searches, tries, TRIAL_SEEDS))
    validation, test = (
        (true[:, None] + own + draw.normal(0, EXAMPLES, own.shape)).mean(axis=-1) for _ in range(2)
    )
    rows, won, by_test = np.arange(searches), validation.argmax(axis=1), test.argmax(axis=1)
    noise = np.hypot(RUN, EXAMPLES)
    anew = true[won] + draw.normal(0, noise, (searches, STUDY_SEEDS)).mean(axis=1)
    errors = {
        "validation": validation[rows, won] - true[won],
        "same-runs": test[rows, won] - true[won],
        "chosen-by-test": test[rows, by_test] - true[by_test],
        "trained-anew": anew - true[won],
    }
    return {name: (float(each.mean()), float(each.std() / searches**0.5)) for name, each in errors.items()}


def table() -> str:
    """Return the table of the documentation."""
    names = ("validation", "same-runs", "chosen-by-test", "trained-anew")
    lines = [
        f"| tries | worst below best | {' | '.join(_HEADINGS)} |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for tries in (5, 12, 50):
        for fall in (0.0, 0.02):
            found = biases(tries, fall)
            cells = (f"{100 * found[name][0]:+.2f}".replace("-0.00", "0.00") for name in names)
            lines.append(f"| {tries} | {100 * fall:.0f} points | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
