"""What the processes say to each other survives the way."""

import math
from pathlib import Path

import pytest
from pydantic import ValidationError

from paribus.execute.messages import (
    Assignment,
    DataSource,
    Ended,
    EpochDone,
    Idle,
    Started,
    parse_event,
)
from paribus.record.run import DataIdentity, RunSpec, Status


def test_an_assignment_is_read_as_it_was_written(made):
    spec = RunSpec(configuration=made.configuration(), seed=3, data=DataIdentity(name="mnist", sha256="ab"))
    assignment = Assignment(
        specs=(spec,),
        folder=Path("out put/é"),
        source=DataSource(data_dir=Path("data\n"), decoded=Path("a")),
        updates="delayed",
    )
    line = assignment.to_line()
    assert "\n" not in line
    again = Assignment.model_validate_json(line)
    assert again == assignment
    assert again.specs[0].digest == spec.digest


@pytest.mark.parametrize(
    "event",
    [
        Started(run="abc", epoch=3, seconds=2.5),
        EpochDone(run="abc", row={"epoch": 1, "loss": math.inf, "accuracy": 0.1}, seconds=2.5),
        Ended(run="abc", status=Status.FAILED, cause="two\nlines"),
        Idle(),
    ],
    ids=lambda event: event.kind,
)
def test_an_event_is_one_line_and_is_read_as_it_was_written(event):
    assert "\n" not in event.to_line()
    assert parse_event(event.to_line()) == event


def test_a_number_that_is_not_one_stays_so():
    event = parse_event(EpochDone(run="abc", row={"loss": math.nan}, seconds=1.0).to_line())
    assert math.isnan(event.row["loss"])


@pytest.mark.parametrize(
    "line", ["", "{}", '{"kind": "epoch", "run": "abc"}', '{"kind": "paused", "run": ""}']
)
def test_what_is_no_event_is_refused(line):
    with pytest.raises(ValidationError):
        parse_event(line)
