"""Networks of the user's own whose weights are not drawn by the seeds that variants share."""

from __future__ import annotations

from collections.abc import Iterator

from paribus.analysis.design.design import Design
from paribus.analysis.design.rule import ConfigurationRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.configuration import Configuration
from paribus.texts.message import Listed, Message

_MAX_NAMED = 3


class OwnDraws(ConfigurationRule):
    """A network draws some of its weights by itself, so that variants need not share them."""

    code = "own-draws"
    severities = (Severity.SERIOUS, Severity.WARNING)
    any_network = True
    factors = ("initialization",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        network = configuration.network
        if network is None or not (network.draws or network.varies):
            return
        severity = Severity.SERIOUS if network.varies else Severity.WARNING
        named = Listed(network.draws[:_MAX_NAMED])
        cost = Message(f"finding.own-draws-{'vary' if network.varies else 'shared'}")
        values = {"model": network.told, "weights": named, "cost": cost}
        yield Fact(severity, {"count": float(len(network.draws))}, values)
