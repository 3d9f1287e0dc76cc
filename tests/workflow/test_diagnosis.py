"""A diagnosis says why it found nothing."""

from __future__ import annotations

from tests.analysis.made_runs import configuration, flat, run, study

from paribus.record.records import Records
from paribus.record.run import Status
from paribus.workflow.diagnosis import diagnosis

UNVALIDATED = configuration(validation=0.0)


def found(**more: object):
    record = run(accuracy=flat(0.97, 5), **more).record
    return diagnosis(study(), Records({("plain", seed): record for seed in range(2)}))


def test_finished_runs_without_validation_images_have_ended():
    told = str(found(configuration=UNVALIDATED).nothing)
    assert "No run has finished" not in told
    assert "Finished runs: 2" in told
    assert "No examples were held out" in told


def test_runs_that_have_not_ended_are_told_so():
    assert "No run has finished yet" in str(found(status=Status.RUNNING).nothing)
    assert "No run has finished yet" in str(diagnosis(study(), Records()).nothing)


def test_where_something_was_found_nothing_is_said_of_nothing():
    assert str(found().nothing) == ""
    assert "No run has finished" not in str(found())
