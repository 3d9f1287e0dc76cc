"""Tokens that a network has no place for."""

import pytest
from tests.analysis.made_studies import BRANCHES, clean, finding, with_inputs, with_tokens


@pytest.mark.parametrize(("tokens", "is_told"), [(1_000, False), (1_001, True)])
def test_an_embedding_must_have_a_place_for_each_token(tokens, is_told):
    found = finding(with_tokens(tokens, places=1_000), "too-many-tokens")
    assert (found is not None) is is_told
    if found:
        assert dict(found.evidence) == {"tokens": tokens, "places": 1_000}


def test_nothing_is_said_of_tokens_where_there_are_none():
    assert finding(clean(), "too-many-tokens") is None


def test_of_several_inputs_the_embedding_of_each_is_looked_at():
    assert finding(with_inputs(), "too-many-tokens") is None
    words = [{"embedding": {"input_dim": 99, "output_dim": 3}}, "flatten"]
    network = [{"branches": {**BRANCHES, "words": words}}, {"dense": {"units": 2, "activation": "softmax"}}]
    found = finding(with_inputs(network=network), "too-many-tokens")
    assert dict(found.evidence) == {"tokens": 100, "places": 99}
