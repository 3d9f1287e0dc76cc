"""Adding seeds until a study's questions are settled, or the seeds that may be spent are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from paribus.errors import UsageError
from paribus.execute import together
from paribus.execute.plan import Plan, plan
from paribus.execute.threads import assign
from paribus.record.looks import MAX_SEEDS
from paribus.study.model import Question, Trend
from paribus.study.ranking import Ranking
from paribus.study.study import Study
from paribus.workflow.decision import AnyAnswer, Decision
from paribus.workflow.results import Results
from paribus.workflow.training import AnyQuestion, SeedBudget, Training, read_shown, train_missing


def seed_budget(training: Training) -> SeedBudget:
    """Return how many seeds a study's questions start with and may get; trains nothing, writes nothing.

    Raises:
        UsageError: There is no question, so few seeds decide nothing, or more are there; or seeds are folds,
            which are not independent as the sequential procedure needs.
    """
    from paribus.analysis.questions.anytime import min_seeds

    study, store, most = training.study, training.store, training.request.max_seeds
    questions = _questions(training)
    if any(training.study.variants[name].configuration.folds for name in training.seeds):
        raise UsageError("sequential.folds")
    count = len(study.questions) + len(study.rankings) + len(study.design_questions)
    least = {each: min_seeds(count * _tests(study, each)) for each in questions}
    needed = max(least.values())
    present = _present(training)
    first = {
        each: max(least[each], min(present[name] for name in study.variants_of(each))) for each in questions
    }
    there = max(first.values())
    if most is not None and most < needed:
        raise UsageError("sequential.too-few-seeds", most=most, needed=needed, questions=count)
    if most is not None and most < there:
        raise UsageError("sequential.more-seeds-there", most=most, there=there, folder=store.folder)
    return SeedBudget(first, max(MAX_SEEDS, there) if most is None else most)


def add_seeds(training: Training, budget: SeedBudget) -> Results:
    """Train seed after seed of every variant in a question that is not settled: of a design, of all of it.

    The questions are answered by the sequential procedure from the first look on.

    Args:
        training: Its folder is held by `Training.writing`.
        budget: How many seeds may be added.
    """
    seeds = dict(budget.first)
    tried: set[str] = set()
    while True:
        wanted = replace(training, plan=_plan(training, seeds))
        # A run that failed a moment ago fails again: it is left to the next command.
        runs = tuple(run for run in wanted.plan.runs if run.spec.digest not in tried)
        tried |= {run.spec.digest for run in runs}
        train_missing(replace(wanted, plan=replace(wanted.plan, runs=runs)))
        results = read_shown(wanted)
        found = _decision(results, seeds, budget.most, wanted.seeds)
        waiting = [each.question for each in found.open if seeds[each.question] < budget.most]
        if not waiting:
            results.decision = found
            return results
        for question in waiting:
            seeds[question] = min(more(seeds[question]), budget.most)


def more(seeds: int) -> int:
    """Return how many seeds a question has after the next round: a quarter more, which keeps workers busy.

    It depends on nothing but the number before, so that neither workers nor the machine's speed have a say in
    which seeds are trained.

    Example:
        >>> more(4), more(8), more(20)
        (5, 10, 25)
    """
    return seeds + max(1, seeds // 4)


def _tests(study: Study, question: AnyQuestion) -> int:
    """Return among how many tests a question divides its part of the level, for that with the most of it."""
    from paribus.analysis.questions.factorial import effect_tests
    from paribus.analysis.questions.trend import TREND_TESTS

    if isinstance(question, Question | Ranking):
        return question.tests if isinstance(question, Ranking) else 1
    if isinstance(question, Trend):
        return TREND_TESTS
    return effect_tests(study.design_of(question), question)


def _questions(training: Training) -> tuple[AnyQuestion, ...]:
    study, only = training.study, training.request.only
    names = set(study.variants if only is None else only)
    asked: tuple[AnyQuestion, ...] = (*study.questions, *study.rankings, *study.design_questions)
    questions = tuple(each for each in asked if {*study.variants_of(each)} <= names)
    if not asked:
        raise UsageError("sequential.no-questions", study=study.name)
    if not questions:
        raise UsageError("sequential.no-question-among", only=", ".join(only or ()))
    return questions


def _present(training: Training) -> Mapping[str, int]:
    study, store = training.study, training.store
    records = store.records(study, {**store.known_data(), **training.data})
    return {name: len(records.of(name)) for name in study.variants}


def _plan(training: Training, seeds: Mapping[AnyQuestion, int]) -> Plan:
    most: dict[str, int] = {}
    for question, number in seeds.items():
        for name in training.study.variants_of(question):
            most[name] = max(most.get(name, 0), number)
    counted = {name: range(number) for name, number in most.items()}
    planned = plan(
        training.study,
        training.data,
        store=training.store,
        seeds=counted,
        updates=training.plan.updates,
        device=training.plan.device,
    )
    planned = assign(planned, training.plan.chosen)  # added seeds have the threads of the first ones
    return together.assign(planned, training.plan.together)


def _decision(
    results: Results,
    questions: Collection[AnyQuestion],
    most: int,
    seeds: Mapping[str, tuple[int, ...]],
) -> Decision:
    answers = (*results.comparisons(), *results.rankings(), *results.design_answers())
    found = [each for each in answers if each.question in questions]
    settled = [each for each in found if _is_settled(each)]
    rest = [each for each in found if not _is_settled(each)]
    hopeless = [each for each in rest if not each.can_be_settled]
    still_open = [each for each in rest if each.can_be_settled]
    return Decision(tuple(settled), tuple(hopeless), tuple(still_open), most, seeds, results.study)


def _is_settled(found: AnyAnswer) -> bool:
    from paribus.analysis.questions.comparison import Comparison
    from paribus.analysis.questions.verdict import Verdict

    return found.verdict is not Verdict.UNDECIDED if isinstance(found, Comparison) else found.is_decided
