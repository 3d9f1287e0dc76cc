"""Tuned winners' test scores are unbiased once they are trained anew, and only then."""

from benchmarks.tuning_bias import biases


def test_the_test_score_of_a_winner_trained_anew_is_unbiased_and_the_others_are_not():
    found = biases(12, 0.02, searches=40_000)
    mean, error = found["trained-anew"]
    assert abs(mean) < 3 * error < 0.0002
    for name in ("validation", "same-runs", "chosen-by-test"):
        assert found[name][0] > 30 * found[name][1]
