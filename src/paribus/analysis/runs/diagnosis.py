"""What went on in a study's runs, as findings: rules on each run, counted over seeds; variants side by side.

What each finding means, and where its threshold comes from: ``docs/diagnosis.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from paribus.analysis.finding import Finding, Severity, with_words
from paribus.analysis.rule import Fact, Rule
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.rate_changes import FIRST_RATIO
from paribus.analysis.runs.registry import facts, pair_rules, rules, run_rules
from paribus.analysis.runs.remedies import remedies
from paribus.analysis.runs.rule import RunRule, VariantRule
from paribus.analysis.runs.units import ProbeRule
from paribus.analysis.runs.updates import first_ratio
from paribus.analysis.runs.variant_runs import VariantRuns, lower_median, variant_runs
from paribus.study.study import Study
from paribus.texts.message import Message

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
        """Return a variant's findings that are about it alone, by code.

        Args:
            variant: As in the study.
        """
        return {each.code: each for each in self.about((variant,))}

    def about(self, variants: tuple[str, ...]) -> Sequence[Finding]:
        """Return the findings about just these variants, in their order.

        Args:
            variants: One, or a treatment and its reference.
        """
        return self._by_variants.get(variants, ())

    @cached_property
    def _by_variants(self) -> Mapping[tuple[str, ...], Sequence[Finding]]:
        found: dict[tuple[str, ...], list[Finding]] = {}
        for each in self.findings:
            found.setdefault(each.variants, []).append(each)
        return found


def diagnose(study: Study, runs: Runs) -> RunFindings:
    """Return everything that is found in a study's runs.

    Args:
        study: What was asked.
        runs: What is known of each run.
    """
    found: dict[tuple[str, int], Mapping[str, Fact]] = {}
    by_run: dict[tuple[str, int], tuple[Finding, ...]] = {}
    for key, run in runs.items():  # one by one, since the files of all do not fit into memory
        found[key] = facts(run)
        by_run[key] = tuple(with_words(each, study.words) for each in _of_run(*key, run, found[key]))
    ran: dict[str, dict[int, RunEvidence]] = {}
    for (name, seed), run in runs.items():
        ran.setdefault(name, {})[seed] = run
    names = [name for name in study.variants if name in ran]
    of_variant = {name: ran[name] for name in names}
    groups = {
        name: variant_runs(name, each, {seed: found[name, seed] for seed in each})
        for name, each in of_variant.items()
    }
    on_images: dict[str, list[VariantRuns]] = {}
    for each in groups.values():
        if each.runs:
            on_images.setdefault(each.any.record.data.sha256, []).append(each)
    references: dict[str, dict[str, None]] = {name: {} for name in study.variants}
    for question in study.questions:
        references[question.treatment][question.reference] = None
    findings: list[Finding] = []
    for name in names:
        mine = groups[name]
        others = (
            [each for each in on_images[mine.any.record.data.sha256] if each is not mine] if mine.runs else []
        )
        of_this = [
            *_of_variant(of_variant[name], mine, others),
            *_of_pairs(references[name], groups, mine),
        ]
        of_this = [with_words(finding, study.words) for finding in of_this]
        findings += _worst_first(list(_with_roots(of_this)))
    return RunFindings(tuple(findings), by_run)


def _with_roots(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Name the finding that each one follows from, where a rule explains it; symptoms explain none."""
    causes = [rule for rule in run_rules() if rule.explains and not rule.is_fatal]
    found = {each.code: each for each in findings if each.severity is not Severity.INFO}
    for finding in findings:
        explaining = (
            found[rule.code]
            for rule in causes
            if rule.code in found and rule.brings_about(found[rule.code], finding)
        )
        root = next((each for each in explaining if set(each.seeds) & set(finding.seeds)), None)
        yield finding if root is None else replace(finding, follows_from=root)


def _worst_first(findings: Sequence[Finding]) -> list[Finding]:
    """Sort findings, each as bad as the worst that follows from it, and before all that do."""
    roots = {each.code: each.follows_from.code for each in findings if each.follows_from}

    def depth(code: str) -> int:
        return 1 + depth(roots[code]) if code in roots else 0

    def worst(finding: Finding) -> int:
        following = (each for each in findings if roots.get(each.code) == finding.code)
        return min((finding.severity.rank, *(worst(each) for each in following)))

    return sorted(findings, key=lambda each: (worst(each), depth(each.code)))


def _of_run(variant: str, seed: int, run: RunEvidence, found: Mapping[str, Fact]) -> Iterator[Finding]:
    for rule in run_rules():
        if rule.code in found:
            fact = _with_options(rule, found[rule.code], run)
            yield _finding(rule, (variant,), fact, (seed,), Message("diagnosis.in-one"))


def _of_variant(
    runs: Mapping[int, RunEvidence], mine: VariantRuns, others: Sequence[VariantRuns]
) -> Iterator[Finding]:
    """Find what is true of a variant, in the order of the rules."""
    for rule in rules():
        if isinstance(rule, RunRule):
            yield from _over_seeds(rule, runs, mine, others)
        elif isinstance(rule, VariantRule) and mine.runs and rule.knows(mine.any.configuration):
            fact = rule.judge(mine, others)
            if fact is not None:
                over = sum(run.is_over for run in runs.values())
                words = _mean_of(len(mine.runs), over)
                yield _finding(rule, (mine.variant,), fact, tuple(mine.runs), words)


def _over_seeds(
    rule: RunRule, runs: Mapping[int, RunEvidence], mine: VariantRuns, others: Sequence[VariantRuns]
) -> Iterator[Finding]:
    """Report a rule's finding with the numbers of the run in the middle, and in how many runs it is so."""
    found = {seed: facts[rule.code] for seed, facts in mine.facts.items() if rule.code in facts}
    if not found:
        return
    judged = [seed for seed, run in runs.items() if rule.judges(run)]
    worst = min((fact.severity for fact in found.values()), key=lambda severity: severity.rank)
    over = sum(run.is_over for run in runs.values())
    counted: dict[str, float] = {"found": len(found), "judged": len(judged), "all_runs": over}
    fact = rule.combine(list(found.values())) if len(found) > 1 else None
    if fact is not None:
        words = _mean_of(len(found), over)
    else:
        counted["seed"] = seed = _told_seed(found, mine)
        fact = rule.over_seeds(found[seed], list(found.values()))
        words = _in_some(counted, has_numbers=bool(fact.evidence))
    fact = rule.revise(replace(fact, severity=worst), mine, others)
    fact = _with_options(rule, fact, runs[int(counted.get("seed", next(iter(runs))))])
    fact = replace(fact, evidence={**fact.evidence, **counted})
    yield _finding(rule, (mine.variant,), fact, tuple(found), words)


def _told_seed(found: Mapping[int, Fact], mine: VariantRuns) -> int:
    """Return the seed whose numbers are told: the median run's, or one for all where every run failed."""
    for code in (rule.code for rule in run_rules() if rule.is_fatal):
        if all(code in facts for facts in mine.facts.values()):
            sizes = {seed: facts[code].size for seed, facts in mine.facts.items()}
            story = lower_median(sizes, sizes.__getitem__)
            if story in found:
                return story
    return lower_median(found, lambda seed: found[seed].size)


def _in_some(counted: Mapping[str, float], *, has_numbers: bool) -> Message:
    """Return in how many runs it is so, of those that could be judged, and whose the numbers are."""
    if counted["all_runs"] == 1:
        return Message("diagnosis.in-one")
    if not has_numbers:
        return Message("diagnosis.in-count", counted)
    middle = Message("diagnosis.in-middle") if counted["found"] > 2 else ""
    code = "some" if counted["judged"] == counted["all_runs"] else "judged"
    return Message(f"diagnosis.in-{code}", {**counted, "middle": middle, "count": counted["judged"]})


_RATES = ("smaller-rate", "larger-rate")


def _with_options(rule: RunRule, fact: Fact, run: RunEvidence) -> Fact:
    """Name what is left to try, and how large the first update was, by which advice scales a rate.

    No other rate is left where it began so, and no smaller one where weights hardly move.
    """
    is_from_start, is_slow = fact.placeholders.get("moment") == "start", fact.placeholders.get("is_slow")
    left_out = (*_RATES,) if is_from_start else ("smaller-rate",) if is_slow else ()
    kinds = [kind for kind in rule.remedies if kind not in left_out]
    if run.configuration.train is not None:
        is_batch = isinstance(rule, ProbeRule) and not run.has_sample
        own = Message(f"diagnosis.not-known-own{'-batch' if is_batch else ''}")
        return replace(fact, placeholders={**fact.placeholders, FIRST_RATIO: None, "options": own})
    tried = {"options": remedies(run.configuration, kinds)} if rule.remedies else {}
    return replace(fact, placeholders={**fact.placeholders, FIRST_RATIO: first_ratio(run), **tried})


def _of_pairs(
    references: Iterable[str], groups: Mapping[str, VariantRuns], mine: VariantRuns
) -> Iterator[Finding]:
    """Find what is true of a variant beside the references of its questions."""
    for reference in references:
        other = groups.get(reference)
        if other is None or not mine.runs or not other.runs:
            continue
        both = (mine.any, other.any)
        for rule in pair_rules():
            if not all(rule.knows(each.configuration) and each.has_columns for each in both):
                continue
            fact = rule.judge(mine, other)
            if fact is not None:
                words = _mean_of(len(mine.runs), len(mine.runs))
                yield _finding(rule, (mine.variant, reference), fact, tuple(mine.runs), words)


def _mean_of(number: int, over: int) -> Message:
    """Return that numbers are means of so many runs, of all that are over."""
    if over == 1:
        return Message("diagnosis.in-one")
    some = "-some" if number < over else ""
    return Message(f"diagnosis.mean-of{some}", {"number": number, "all_runs": over, "count": number})


def _finding(
    rule: Rule, variants: tuple[str, ...], fact: Fact, seeds: tuple[int, ...], runs: Message
) -> Finding:
    return Finding(
        rule.code,
        fact.severity,
        variants,
        evidence=fact.evidence,
        placeholders={"runs": runs, **fact.placeholders},
        domain=rule.domain,
        seeds=seeds,
        reference=rule.reference,
    )
