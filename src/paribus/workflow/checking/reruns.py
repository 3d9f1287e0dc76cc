"""Runs of hand-ins trained again: the same bits on the same machine, a prediction interval elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from random import SystemRandom
from typing import cast, get_args

from paribus.analysis.questions.prediction import Sample, predict
from paribus.analysis.questions.statistics import holm
from paribus.errors import ParibusError
from paribus.execute.local import cores
from paribus.record.folder import HISTORY, PREDICTIONS, WEIGHTS, RunFolder
from paribus.record.looks import MIN_SEEDS
from paribus.record.reported import machine_of
from paribus.record.run import DataUsed, RunRecord
from paribus.study.metrics import metric_of, title_of
from paribus.study.study import Study
from paribus.study.update_mode import UpdateMode
from paribus.texts import text
from paribus.texts.quantities import Figure, PRelation
from paribus.workflow.checking.submission import HandedRun, Submission, numbers_of, row_digests
from paribus.workflow.request import Request
from paribus.workflow.training import plan_training, train_missing

DOUBT = 0.01
"""How often an honest hand-in of another machine is doubted: by Holm's method over variants and metrics."""
INTERVAL_SEEDS = 8
"""Runs here at least from which another one is predicted; of fewer the interval is too wide to tell."""
_FILES = (HISTORY, WEIGHTS, PREDICTIONS)


class RerunState(StrEnum):
    """What training again says of a run that was handed in."""

    SAME_BITS = "same-bits"
    OTHER_BITS = "other-bits"
    INSIDE = "inside"
    OUTSIDE = "outside"
    NOT_COMPARED = "not-compared"


@dataclass(frozen=True)
class RerunFound:
    """What came of one run.

    Args:
        run: As it was handed in.
        state: What training again says.
        reason: Why, in a sentence; empty where there is nothing to say.
    """

    run: HandedRun
    state: RerunState
    reason: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether the run is not what training gives."""
        return self.state in (RerunState.OTHER_BITS, RerunState.OUTSIDE)


@dataclass(frozen=True)
class _Way:
    """How a run was trained, on which its bits depend: another way is another folder of ours."""

    updates: str
    threads: int
    epochs: int | None = None


_WHOLE = _Way("auto", 1)


@dataclass
class Reruns:
    """Trains what hand-ins hold, each run once for all of them, and keeps it for the next check.

    Args:
        study: The teacher's.
        data: Its data.
        request: Where data lie, and how many processes train.
        folder: Where our runs are kept.
        most: How many runs of each hand-in are trained again; None for all of them, 0 for none.
        epochs: How many epochs of each are trained again; None for all of them.
    """

    study: Study
    data: Mapping[str, DataUsed]
    request: Request
    folder: Path
    most: int | None
    epochs: int | None = None
    trained: dict[tuple[_Way, str, int], RunRecord] = field(
        default_factory=dict[tuple[_Way, str, int], RunRecord]
    )
    seeds: Mapping[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])

    def train(self, submissions: Sequence[Submission]) -> None:
        """Train the runs that are drawn from all hand-ins: one order for all, which no student can know."""
        if self.most == 0:
            return
        keys = sorted({(run.variant, run.seed) for each in submissions for run in each.runs})
        SystemRandom().shuffle(keys)
        place = {key: at for at, key in enumerate(keys)}
        wanted: dict[_Way, set[tuple[str, int]]] = {}
        for each in submissions:
            exact = [run for run in each.runs if run.run and run.has_ended and not run.faults]
            exact.sort(key=lambda run: place[run.variant, run.seed])
            for run in exact[: self.most]:
                wanted.setdefault(_way(run), set()).add((run.variant, run.seed))
        for way, runs in wanted.items():
            self._train(way, runs, _shortened(self.study, self.epochs), self.epochs)
        here = self._machines()
        loose = {
            run.variant
            for each in submissions
            for run in each.runs
            if run.numbers and (not run.run or (run.machine and run.machine not in here))
        }
        count = max(INTERVAL_SEEDS, self.study.seeds)
        self.seeds = {name: tuple(range(count)) for name in loose}
        if loose:
            self._train(_WHOLE, {(name, seed) for name in loose for seed in range(count)}, self.study)

    def _train(
        self, way: _Way, runs: Iterable[tuple[str, int]], study: Study, epochs: int | None = None
    ) -> None:
        seeds: dict[str, list[int]] = {}
        for name, seed in sorted(runs):
            seeds.setdefault(name, []).append(seed)
        ending = "" if epochs is None else f"-{epochs}-epochs"
        out = self.folder / f"{way.updates}-{way.threads}{ending}"
        request = replace(self.request, out=out, updates=way.updates, threads=way.threads, only=None)
        try:
            training = plan_training(study, request, seeds)
        except ParibusError:  # as where its updates cannot be computed in the way that the hand-in claims
            return
        with training.writing():
            train_missing(training)
        for planned in training.plan.runs:
            record = training.store.run(planned.spec).read(planned.spec, self.data[planned.spec.data.name])
            if record is not None and record.result is not None:
                for name in planned.names:
                    self.trained[replace(way, epochs=epochs), name, planned.spec.seed] = record

    def _machines(self) -> list[dict[str, str]]:
        found = [machine_of(RunFolder(each.folder).environment()) for each in self.trained.values()]
        return [each for place, each in enumerate(found) if each not in found[:place]]

    def compare(self, submission: Submission) -> list[RerunFound]:
        """Return what our runs say of each run of a hand-in."""
        found = [self._exact(run) for run in submission.runs]
        open_ = [place for place, each in enumerate(found) if each is None]
        judged = self._predicted([submission.runs[place] for place in open_])
        for place, each in zip(open_, judged, strict=True):
            found[place] = each
        return cast("list[RerunFound]", found)

    def _exact(self, run: HandedRun) -> RerunFound | None:
        """Return what the same run trained by us says; None where bits cannot be compared."""
        way = replace(_way(run), epochs=self.epochs)
        ours = self.trained.get((way, run.variant, run.seed)) if run.run else None
        if ours is None:
            return None
        kept = RunFolder(ours.folder)
        digests = {name: digest for name, digest in kept.digests().items() if name in _FILES}
        ours_in_numbers = numbers_of(ours)
        has_same_numbers = all(ours_in_numbers.get(name) == each for name, each in run.numbers.items())
        is_same = digests == run.files and has_same_numbers
        if ours.spec.digest != run.run:  # of the first epochs alone
            begun = row_digests(ours.history)
            is_same = run.rows[: len(begun)] == begun
        if is_same:
            return RerunFound(run, RerunState.SAME_BITS)
        if run.machine and run.machine != machine_of(kept.environment()):
            return None
        return RerunFound(run, RerunState.OTHER_BITS, self._difference(run, ours))

    def _difference(self, run: HandedRun, ours: RunRecord) -> str:
        """Return where a run begins to differ from ours."""
        values: dict[str, object] = {"variant": self.study.named(run.variant), "seed": run.seed}
        begun = zip(ours.history, row_digests(ours.history), run.rows, run.losses, strict=False)
        for row, digest, handed, told in begun:
            if digest != handed:
                both = {"told": Figure(told, "plain"), "found": Figure(row.get("loss"), "plain")}
                code = "other-numbers" if row.get("loss") == told else "other-loss"
                return text(f"check.{code}", epoch=int(row["epoch"]), **both, **values)
        for name, found in numbers_of(ours).items():
            if (told := run.numbers.get(name)) is not None and told != found:
                unit = metric_of(name).unit
                both = {"told": Figure(told, unit), "found": Figure(found, unit)}
                return text("check.other-score", **both, **values)
        return text("check.other-bits", **values)

    def _predicted(self, runs: Sequence[HandedRun]) -> list[RerunFound]:
        """Return what runs of ours at other seeds predict for the numbers of some runs."""
        groups: dict[tuple[str, str], list[float]] = {}
        for run in runs:
            for name, told in run.numbers.items():
                groups.setdefault((run.variant, name), []).append(told)
        samples = {key: self._sample(*key, len(told)) for key, told in groups.items()}
        known = {key: each for key, each in samples.items() if each is not None}
        p_values = holm([predict([each], _mean(groups[key]) - _mean(each.values)).p_value
                         for key, each in known.items()])  # fmt: skip
        reasons: dict[str, str] = {}
        for (variant, name), p_value in zip(known, p_values, strict=True):
            if p_value is not None and p_value <= DOUBT:
                told, ours, unit = groups[variant, name], known[variant, name].values, metric_of(name).unit
                reasons[variant] = text(
                    "check.far",
                    variant=self.study.named(variant),
                    metric=title_of(name),
                    count=len(told),
                    told=Figure(_mean(told), unit),
                    found=Figure(_mean(ours), unit),
                    runs=len(ours),
                    p=PRelation(p_value),
                )
        compared = {variant for variant, _ in known}
        return [
            RerunFound(run, RerunState.OUTSIDE, reasons[run.variant])
            if run.variant in reasons
            else RerunFound(run, RerunState.INSIDE if run.variant in compared else RerunState.NOT_COMPARED)
            for run in runs
        ]

    def _sample(self, variant: str, name: str, count: int) -> Sample | None:
        """Return our results of a variant, of which so many runs are to be like a mean; None of too few."""
        ours = [self.trained.get((_WHOLE, variant, seed)) for seed in self.seeds.get(variant, ())]
        known = [numbers_of(each) for each in ours if each is not None and each.has_ended]
        values = [each[name] for each in known if name in each]
        if len(values) < MIN_SEEDS:
            return None
        images = max(1, min(each.data.test for each in ours if each is not None))
        return Sample(values, images, count)


def _shortened(study: Study, epochs: int | None) -> Study:
    """Return a study whose runs are the first epochs of its own; a function of the user's own trains all."""
    if epochs is None:
        return study
    shorter = {
        name: each
        if each.configuration.train is not None
        else each.model_copy(
            update={
                "configuration": each.configuration.model_copy(
                    update={"epochs": min(epochs, each.configuration.epochs)}
                )
            }
        )
        for name, each in study.variants.items()
    }
    return study.model_copy(update={"variants": shorter})


def _way(run: HandedRun) -> _Way:
    """Return how a run was trained; what cannot be repeated here is trained in the usual way."""
    updates = run.updates if run.updates in get_args(UpdateMode) else "auto"
    updates = "stepwise" if updates == "together" else updates  # alone, which is the same but for rounding
    return _Way(updates, run.threads if 1 <= run.threads <= cores() else 1)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
