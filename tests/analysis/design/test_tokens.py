"""Tokens that a network has no place for."""

import pytest
from tests.analysis.made_studies import clean, finding, with_tokens


@pytest.mark.parametrize(("tokens", "is_told"), [(1_000, False), (1_001, True)])
def test_an_embedding_must_have_a_place_for_each_token(tokens, is_told):
    found = finding(with_tokens(tokens, places=1_000), "too-many-tokens")
    assert (found is not None) is is_told
    if found:
        assert dict(found.evidence) == {"tokens": tokens, "places": 1_000}


def test_nothing_is_said_of_tokens_where_there_are_none():
    assert finding(clean(), "too-many-tokens") is None
