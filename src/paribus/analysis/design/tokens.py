"""Tokens that a network has no place for."""

from __future__ import annotations

from collections.abc import Iterator

from paribus.analysis.design.design import Design
from paribus.analysis.design.rule import ConfigurationRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.configuration import Configuration
from paribus.study.datasets import DataFacts


class TooManyTokens(ConfigurationRule):
    """More tokens in the data than an embedding has rows for."""

    code = "too-many-tokens"
    severities = (Severity.SERIOUS,)
    values = ("tokens",)
    reference = "JAX, out-of-bounds indexing"
    factors = ("model",)

    def concerns(self, facts: DataFacts) -> bool:
        """Return whether examples, or one of their inputs, are tokens."""
        return super().concerns(facts) or any(each.values in self.values for each in facts.inputs)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        vocabularies = {each.name: each.vocabulary for each in configuration.facts.inputs}
        for layer in configuration.layers:
            places = layer.arguments.get("input_dim")
            if isinstance(places, int):  # of an embedding: no other layer has such an argument
                tokens = vocabularies.get(layer.branch, configuration.facts.vocabulary)
                if tokens > places:
                    named = {"layer": layer.label, "data": configuration.data}
                    yield Fact(Severity.SERIOUS, {"tokens": tokens, "places": places}, named)
