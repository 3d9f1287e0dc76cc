"""The training of a tuned study: trials on seeds of their own, then each variant at its best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from paribus.analysis.tuning import Ending, Try
from paribus.execute.plan import PlannedRun
from paribus.record.store import Store
from paribus.study.model import Variant
from paribus.study.study import Study
from paribus.workflow.request import Request
from paribus.workflow.search import Settings, next_settings
from paribus.workflow.size import check_size
from paribus.workflow.training import Training, plan_training, train_missing
from paribus.workflow.tuned import Searches, derived, search_state, trial_seeds, trials_of, tuned_variant


def plan_trials(
    study: Study, request: Request, names: Iterable[str], store: Store, *, needs_images: bool = True
) -> Training | None:
    """Plan the trials that are known now: the first round of a search that goes by its results.

    Args:
        study: As it is written.
        request: How much of it, and where.
        names: The variants that are asked for.
        store: The study's folder.
        needs_images: As for `plan_training`.

    Returns:
        None where nothing of these is tuned. Trials that ended early are none of them.
    """
    searches = Searches.of(store)
    made: dict[str, Variant] = {}
    seeds: dict[str, range] = {}
    for name, tune in study.tuned.items():
        if name in {*names}:
            tried = searches.tried(study.variants[name]) or next_settings(tune, ())
            trials = trials_of(study, name, tried)
            tries = tuned_variant(study, name, searches, store, store.known_data()).tries
            ended = {trial for trial, each in zip(trials, tries, strict=False) if each.ended is not None}
            made |= {trial: each for trial, each in trials.items() if trial not in ended}
            seeds |= dict.fromkeys((trial for trial in trials if trial not in ended), trial_seeds(tune))
    return _plan(study, request, made, seeds, needs_images=needs_images) if made else None


def ended_runs(study: Study, names: Iterable[str], store: Store) -> int:
    """Return how many runs of trials that ended early are in a folder: nothing is missing of these.

    Args:
        study: As it is written.
        names: The variants that are asked for.
        store: The study's folder.
    """
    stops = [name for name in study.tuned if name in {*names} and study.tuned[name].stop is not None]
    searches, data = Searches.of(store), store.known_data() if stops else {}
    found = ((study.tuned[name], tuned_variant(study, name, searches, store, data)) for name in stops)
    return sum(tune.seeds for tune, each in found for one in each.tries if one.ended is not None)


def _plan(
    study: Study,
    request: Request,
    made: Mapping[str, Variant],
    seeds: Mapping[str, range],
    *,
    needs_images: bool = True,
) -> Training:
    check_size(study.model_copy(update={"variants": made}), made, max(map(len, seeds.values())))
    return plan_training(_beside(study, made), request, seeds, needs_images=needs_images)


def _beside(study: Study, made: Mapping[str, Variant]) -> Study:
    return study.model_copy(update={"variants": {**study.variants, **made}, "questions": (), "published": {}})


def train_trials(training: Training, names: Iterable[str]) -> None:
    """Train the trials of every variant that is tuned, in a folder that this process holds.

    Where tries may end early, all that are left are trained up to the next epoch that is judged, then what is
    on the disk decides which of them go on.

    Args:
        training: The study's.
        names: The variants that are asked for.
    """
    study, store = training.study, training.store
    asked = [name for name in study.tuned if name in {*names}]
    while asked:
        searches = Searches.of(store)
        data = {**store.known_data(), **training.data}
        states = {name: search_state(study, name, searches, store, data) for name in asked}
        more: list[Settings] = []
        for name, state in states.items():
            if not state.wanted:
                told = next_settings(study.tuned[name], [_told(each) for each in state.variant.tries])
                more = [*more, *searches.extend(study.variants[name], told)]
        if more:
            searches.write(store)
            states = {name: search_state(study, name, searches, store, data) for name in asked}
        wanted = {trial: until for state in states.values() for trial, until in state.wanted.items()}
        if not wanted:
            return
        made: dict[str, Variant] = {}
        seeds: dict[str, range] = {}
        for name in asked:
            made |= trials_of(study, name, searches.tried(study.variants[name]))
            seeds |= dict.fromkeys(states[name].wanted, trial_seeds(study.tuned[name]))
        planned = _until(_plan(study, training.request, made, seeds), wanted)
        train_missing(planned)
        left = {name: search_state(study, name, searches, store, data).wanted for name in asked}
        if any(until == wanted.get(trial, 0) for each in left.values() for trial, until in each.items()):
            return  # they failed: the next command tries them again


def _told(each: Try) -> tuple[Settings, float | Ending | None]:
    return each.settings, each.ended or each.score


def _until(planned: Training, wanted: Mapping[str, int | None]) -> Training:
    """Return a plan in which each run pauses where its trial does, the last of them where it has several."""

    def paused(run: PlannedRun) -> PlannedRun:
        ends = [wanted[name] for name in run.names]
        known = [each for each in ends if each is not None]
        return replace(run, until=max(known) if len(known) == len(ends) else None)

    plan = planned.plan
    return replace(planned, plan=replace(plan, runs=tuple(map(paused, plan.runs))))


def train_winners(training: Training, seeds: Mapping[str, Sequence[int]]) -> None:
    """Train every variant at its best, in a folder that this process holds.

    Args:
        training: The study's.
        seeds: With which seeds, by variant: those of the study's own runs.
    """
    study, store = training.study, training.store
    searches = Searches.of(store)
    data = {**store.known_data(), **training.data}
    made: dict[str, Variant] = {}
    wanted: dict[str, Sequence[int]] = {}
    for name in study.tuned:
        best = tuned_variant(study, name, searches, store, data).best if name in seeds else None
        if best is not None:
            winner = derived(study, name, best.settings, "tuned")
            made[winner.name], wanted[winner.name] = winner, seeds[name]
    if made:
        planned = plan_training(_beside(study, made), training.request, wanted)
        train_missing(planned)
