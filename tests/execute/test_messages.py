"""What the processes say to each other survives the way."""

from pathlib import Path

from paribus.execute.messages import Assignment, DataSource, Event
from paribus.record.run import DataIdentity, RunSpec


def test_an_assignment_is_read_as_it_was_written(made):
    spec = RunSpec(configuration=made.configuration(), seed=3, data=DataIdentity(name="mnist", sha256="ab"))
    assignment = Assignment(
        (spec,), Path("out put/é"), DataSource(Path("data\n"), decoded=Path("a")), "delayed"
    )
    line = assignment.to_line()
    assert "\n" not in line
    assert Assignment.from_line(line) == assignment


def test_an_event_is_one_line_with_whatever_cause():
    event = Event("ended", "abc", {"epoch": 1.0}, 2.5, "failed", "two\nlines")
    assert "\n" not in event.to_line()
    assert Event.from_line(event.to_line()) == event
