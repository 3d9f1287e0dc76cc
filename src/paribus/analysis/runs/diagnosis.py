"""What went on in a study's runs, as findings: rules on each run, counted over seeds; variants side by side.

What each finding means, and where its threshold comes from: ``docs/diagnosis.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from paribus.analysis.finding import Finding, Severity
from paribus.analysis.runs.between_variants import AGAINST, BESIDE, Group, group, outdone
from paribus.analysis.runs.convergence import COURSE
from paribus.analysis.runs.early_stopping import STOPPING
from paribus.analysis.runs.evidence import Fact, Rule, RunEvidence
from paribus.analysis.runs.internals import INSIDE
from paribus.analysis.runs.overfitting import FIT
from paribus.study.study import Study
from paribus.texts.message import Message

DOMAIN = "diagnosis"
RULES: tuple[Rule, ...] = (*INSIDE, *COURSE, *FIT, *STOPPING)
"""What is looked for in each run, in the order in which it is told."""

REFERENCES = {
    "underfitting": "Goodfellow, Bengio and Courville, Deep Learning (2016), section 5.2",
    "overfits-beside": "Goodfellow, Bengio and Courville, Deep Learning (2016), section 5.2",
    "swings-more": "Gasser, Sroka and Jennen-Steinmetz, Biometrika 73 (1986), for the noise",
}

Runs = Mapping[tuple[str, int], RunEvidence]
"""What is known of a study's runs, by variant and seed, in the study's order."""


@dataclass(frozen=True)
class RunFindings:
    """The findings of a study's runs.

    Args:
        findings: Of variants over their seeds, in the study's order, the worst of each variant first.
        by_run: Of single runs, by variant and seed.
    """

    findings: tuple[Finding, ...]
    by_run: Mapping[tuple[str, int], tuple[Finding, ...]]

    def of(self, variant: str) -> Mapping[str, Finding]:
        """A variant's findings that are about it alone, by code.

        Args:
            variant: As in the study.
        """
        return {each.code: each for each in self.findings if each.variants == (variant,)}


def diagnose(study: Study, runs: Runs) -> RunFindings:
    """Everything that is found in a study's runs.

    Args:
        study: What was asked.
        runs: What is known of each run.
    """
    by_run = {key: tuple(_of_run(key[0], key[1], run)) for key, run in runs.items()}
    variants = [name for name in study.variants if any(variant == name for variant, _ in runs)]
    of_variant = {
        name: {seed: run for (each, seed), run in runs.items() if each == name} for name in variants
    }
    groups = {name: group(name, of_variant[name]) for name in variants}
    findings: list[Finding] = []
    for name in variants:
        others = _on_the_same_images(groups[name], groups.values())
        found = [
            *(_weighed(each, groups[name], others) for each in _over_seeds(name, of_variant[name])),
            *_beside(groups[name], others),
            *_against(study, groups, name),
        ]
        findings += sorted(found, key=lambda finding: finding.severity.rank)
    return RunFindings(tuple(findings), by_run)


def _of_run(variant: str, seed: int, run: RunEvidence) -> Iterable[Finding]:
    for rule in RULES:
        fact = rule.judge(run) if rule.can_judge(run) else None
        if fact is not None:
            yield _finding(rule.code, (variant,), fact, (seed,), Message("diagnosis.in-one"), rule.reference)


def _over_seeds(variant: str, runs: Mapping[int, RunEvidence]) -> Iterable[Finding]:
    """Each rule's finding with the numbers of the run in the middle, and in how many runs it is so."""
    for rule in RULES:
        judged = [seed for seed, run in runs.items() if rule.can_judge(run)]
        facts = {seed: fact for seed in judged if (fact := rule.judge(runs[seed])) is not None}
        if not facts:
            continue
        worst = min((fact.severity for fact in facts.values()), key=lambda severity: severity.rank)
        counted: dict[str, float] = {"found": len(facts), "judged": len(judged)}
        if rule.mean is not None and len(facts) > 1:
            fact, words = rule.mean(list(facts.values())), Message("diagnosis.mean-of", {"runs": len(facts)})
        else:
            counted["seed"] = middle = _middle(facts)
            told = "one" if len(judged) == 1 else "some"
            fact, words = facts[middle], Message(f"diagnosis.in-{told}", counted)
        fact = replace(fact, severity=worst)
        yield _finding(rule.code, (variant,), fact, tuple(facts), words, rule.reference, counted)


def _middle(facts: Mapping[int, Fact]) -> int:
    """The seed whose leading number is the lower median: its numbers belong together, as means would not."""
    ranked = sorted(facts, key=lambda seed: next(iter(facts[seed].evidence.values())))
    return ranked[(len(ranked) - 1) // 2]


def _on_the_same_images(mine: Group, groups: Iterable[Group]) -> list[Group]:
    return [
        each
        for each in groups
        if mine.runs
        and each.runs
        and each.variant != mine.variant
        and each.any.record.data.sha256 == mine.any.record.data.sha256
    ]


def _weighed(finding: Finding, mine: Group, others: Sequence[Group]) -> Finding:
    """Dead units of a network that learned cost something where another variant validates better."""
    outdoes = outdone(mine, others) if finding.code == "dead-units" else None
    if outdoes is None:
        return finding
    return replace(finding, severity=Severity.WARNING, placeholders={**finding.placeholders, "cost": outdoes})


def _beside(mine: Group, others: Sequence[Group]) -> Iterable[Finding]:
    if not mine.runs:
        return
    for code, judge in BESIDE:
        fact = judge(mine, others)
        if fact is not None:
            yield _finding(
                code, (mine.variant,), fact, tuple(mine.runs), _mean_of(mine), REFERENCES.get(code, "")
            )


def _against(study: Study, groups: Mapping[str, Group], name: str) -> Iterable[Finding]:
    asked = [question.reference for question in study.questions if question.treatment == name]
    for reference in dict.fromkeys(asked):
        pair = groups[name], groups.get(reference)
        if pair[1] is None or not pair[0].runs or not pair[1].runs:
            continue
        for code, judge in AGAINST:
            fact = judge(pair[0], pair[1])
            if fact is not None:
                variants, seeds = (name, reference), tuple(pair[0].runs)
                yield _finding(code, variants, fact, seeds, _mean_of(pair[0]), REFERENCES.get(code, ""))


def _mean_of(mine: Group) -> Message:
    runs = len(mine.runs)
    return Message("diagnosis.mean-of" if runs > 1 else "diagnosis.in-one", {"runs": runs})


def _finding(
    code: str,
    variants: tuple[str, ...],
    fact: Fact,
    seeds: tuple[int, ...],
    runs: Message,
    reference: str,
    counted: Mapping[str, float] | None = None,
) -> Finding:
    return Finding(
        code,
        fact.severity,
        variants,
        evidence={**fact.evidence, **(counted or {})},
        placeholders={"runs": runs, **fact.placeholders},
        domain=DOMAIN,
        seeds=seeds,
        reference=reference,
    )
