"""A reported run trained again, and compared with what was reported of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import ValidationError

from paribus.errors import UsageError
from paribus.record.reported import Reported, reported
from paribus.record.run import DataUsed, RunRecord
from paribus.study.reader import load
from paribus.texts.message import Message
from paribus.texts.printable import Block, Paragraph, Printable
from paribus.texts.quantities import Difference, Figure, Unit
from paribus.workflow.public import public
from paribus.workflow.request import Request, StudySource, as_path, chosen_variants
from paribus.workflow.training import plan_training, train_missing


class RerunOutcome(StrEnum):
    """What came of training a run again."""

    SAME_BITS = "same-bits"
    CLOSE = "close"
    FAR = "far"
    OTHER_BITS = "other-bits"
    OTHER_RUN = "other-run"
    NOT_ENDED = "not-ended"


@dataclass(frozen=True, repr=False)
class Rerun(Printable):
    """A run trained again.

    Args:
        reported: What was to be found.
        outcome: What was.
        test_score: Accuracy in [0, 1], or R²; None where it was not measured.
        data: The images it was trained on.
        words: What its sentence names, see `paribus.study.configuration.Configuration.words`.
    """

    reported: Reported
    outcome: RerunOutcome
    test_score: float | None
    data: DataUsed
    words: Mapping[str, object]

    @property
    def holds(self) -> bool:
        """Whether it came out as reported: to the bit, or on another machine within the tolerance."""
        return self.outcome in (RerunOutcome.SAME_BITS, RerunOutcome.CLOSE)

    @property
    def sentence(self) -> Message:
        """What came of it, in a sentence."""
        expected = self.reported
        unit: Unit = "plain" if expected.test_accuracy is None else "percent"
        values = {
            "variant": expected.variant,
            "seed": expected.seed,
            "found": Figure(self.test_score, unit),
            "reported": Figure(expected.score, unit),
            "tolerance": Difference(expected.tolerance, unit, signed=False),
            **self.words,
            "processor": expected.machine.get("processor", ""),
            "data": self.data.name,
            "sha256": self.data.sha256[:12],
        }
        return Message(f"notebook.rerun-{self.outcome}", values)

    def blocks(self) -> Iterator[Block]:
        """Return what came of it, with a mark in front."""
        yield Paragraph(f"{'✓' if self.holds else '✗'} {self.sentence}")

    def __repr__(self) -> str:
        return f"Rerun({self.reported.variant!r} at seed {self.reported.seed}: {self.outcome})"


@public
def rerun(
    study: StudySource,
    reported: Reported | Mapping[str, object],
    *,
    data_dir: str | Path | None = None,
    embedded: bool = False,
) -> Rerun:
    """Train one run again, in a folder that is deleted afterwards, and compare it with what was reported.

    On the same processor with the same versions its history, weights and test predictions must be the same
    to the bit; elsewhere, and where it was trained together with other seeds, its test score may differ by
    the tolerance.

    Args:
        study: A study, its file, a built-in's name, or a mapping with a study file's keys.
        reported: The run, as a notebook has it, or from ``results["2"].reported()``.
        ...: As in `Request`.

    Raises:
        InputError: The study is faulty, has no such variant, the images are missing, or `reported` is no
            run.

    Example:
        >>> import paribus as pb
        >>> results = pb.run("lab2", embedded=True, only=["1"])  # doctest: +SKIP
        >>> pb.rerun("lab2", results["1"].reported(), embedded=True).holds  # doctest: +SKIP
        True
    """
    expected = _read(reported)
    loaded = load(study)
    with TemporaryDirectory(prefix="paribus-", ignore_cleanup_errors=True) as folder:
        request = Request(
            only=[expected.variant],
            workers=1,
            data_dir=as_path(data_dir),
            embedded=embedded,
            out=Path(folder, "again"),
            updates="stepwise" if expected.updates == "together" else expected.updates,
            threads=expected.threads,
            device="auto" if "device" in expected.machine else "cpu",
            together=1,
        )
        (variant,) = chosen_variants(loaded, request.only)
        training = plan_training(loaded, request, {variant: [expected.seed]})
        (run,) = training.plan.runs
        data = training.data[run.spec.data.name]
        if run.spec.digest != expected.run:
            return Rerun(expected, RerunOutcome.OTHER_RUN, None, data, loaded.words)
        with training.writing():
            train_missing(training)
            record = training.store.run(run.spec).read(run.spec, data)
        return _compared(expected, record, data, loaded.words)


def _read(given: Reported | Mapping[str, object]) -> Reported:
    if isinstance(given, Reported):
        return given
    try:
        return Reported.model_validate(dict(given))
    except (TypeError, ValueError) as error:
        faults = error.errors() if isinstance(error, ValidationError) else []
        where = ", ".join(".".join(map(str, fault["loc"])) for fault in faults) or str(error)
        known = ", ".join(Reported.model_fields)
        raise UsageError("notebook.not-reported", where=where, known=known) from None


def _compared(
    expected: Reported, record: RunRecord | None, data: DataUsed, words: Mapping[str, object]
) -> Rerun:
    found = reported(expected.variant, record) if record is not None else None
    if found is None:
        return Rerun(expected, RerunOutcome.NOT_ENDED, None, data, words)
    if found.files == expected.files:
        outcome = RerunOutcome.SAME_BITS
    elif found.machine == expected.machine and expected.updates != "together":
        outcome = RerunOutcome.OTHER_BITS
    else:
        near = abs(found.score - expected.score) <= expected.tolerance
        outcome = RerunOutcome.CLOSE if near else RerunOutcome.FAR
    return Rerun(expected, outcome, found.score, data, words)
