"""Tokens that a network has no place for."""

import pytest
from tests.analysis.made_studies import tabular

from paribus.analysis.design.tokens import TooManyTokens
from paribus.study.configuration import Layer


@pytest.mark.parametrize(("tokens", "is_told"), [(1_000, False), (1_001, True)])
def test_an_embedding_must_have_a_place_for_each_token(tokens, is_told):
    plain = tabular().variants["plain"].configuration
    embedding = Layer(label="embedding_1", kind="embedding", arguments={"input_dim": 1_000})
    facts = plain.facts.model_copy(update={"values": "tokens", "vocabulary": tokens})
    changed = plain.model_copy(update={"own": facts, "layers": (embedding, *plain.layers)})
    found = list(TooManyTokens().facts(None, changed))
    assert bool(found) is is_told
    assert all(dict(each.evidence) == {"tokens": tokens, "places": 1_000} for each in found)
