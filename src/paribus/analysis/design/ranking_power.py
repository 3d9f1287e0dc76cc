"""Whether so many seeds can answer a question about several variants."""

from __future__ import annotations

from collections.abc import Iterator

from paribus.analysis.design.design import Design
from paribus.analysis.design.power import LARGE_EFFECT, detectable_difference, seeds_for
from paribus.analysis.design.rule import DesignRule
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.questions.tails import ALPHA
from paribus.analysis.rule import Fact
from paribus.study.ranking import Ranking


class FewSeedsForRanking(DesignRule):
    """So many variants compared with so few seeds: only differences are detected that need no test.

    It is the power of a single pair at the level that all of the question's pairs share.
    """

    code = "few-seeds-for-ranking"
    severities = (Severity.WARNING,)
    reference = "Hsu 1981; Holm 1979"
    any_training = True

    def check(self, design: Design) -> Iterator[Finding]:
        for ranking in design.study.rankings:
            if {*ranking.named} <= {*design.variant_names} and design.seeds > 1:
                for fact in self.facts(design, ranking):
                    yield self.finding(fact, variants=ranking.named, line=design.study.lines.get("seeds"))

    def facts(self, design: Design, ranking: Ranking) -> Iterator[Fact]:
        """Yield what is found in a question about several variants: one fact at most.

        Args:
            design: What is reviewed.
            ranking: One of the study's.
        """
        alpha = ALPHA / (max(1, design.family) * ranking.tests)
        detectable = detectable_difference(design.seeds, alpha)
        if detectable > LARGE_EFFECT:
            evidence = {
                "seeds": design.seeds,
                "variants": len(ranking.named),
                "tests": ranking.tests,
                "questions": design.family,
                "detectable": detectable,
                "needed": seeds_for(LARGE_EFFECT, alpha),
                "unit": seeds_for(1.0, alpha),
            }
            yield Fact(Severity.WARNING, evidence)
