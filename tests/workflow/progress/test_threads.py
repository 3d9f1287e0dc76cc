"""What is said of threads before training: how many, why, and where they differ from runs that are there."""

import pytest
from tests.execute.test_estimate import planned

from paribus.execute.plan import Chosen
from paribus.execute.threads import assign, choose
from paribus.record.checkpoint import Checkpoint
from paribus.record.folder import Timing
from paribus.record.run import Result, Status
from paribus.record.store import Store
from paribus.study.reader import load
from paribus.workflow.progress.threads import head_lines


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def said(study, wanted, cores=2):
    return head_lines(load("lab2"), assign(study, choose(study, wanted, cores=cores, most=8)))


def test_one_thread_is_not_spoken_of(store):
    assert said(planned(store, ["1"]), 1) == []


def test_what_was_chosen_is_said_with_its_reason(store):
    (line,) = said(planned(store, ["1"]), "auto")
    assert line.startswith("--threads auto: 2 threads per run, 1 at a time, about 1.4 times as fast")
    (line,) = said(planned(store, ["1"], seeds=2), "auto")
    assert "one thread per run, since 2 trainings side by side use 2 cores best" in line
    (line,) = said(planned(store, ["5"], updates="stepwise"), "auto")
    assert "no faster on several" in line
    (line,) = said(planned(store, ["1"]), "auto", cores=1)
    assert "one core" in line
    (line,) = said(planned(store, ["1", "5"], updates="stepwise"), "auto")
    assert "2 threads per run" not in line or "(1)" in line


def test_runs_so_far_on_other_threads_are_named(store):
    (run,) = planned(store, ["1"]).runs
    folder = store.run(run.spec)
    folder.start(run.spec, {})
    folder.append({"epoch": 1, "loss": 1.0}, Timing(1, 1.0, 0.1))
    folder.save(Checkpoint(1, {}, "stepwise", threads=2))
    study = planned(store, ["1"], seeds=2)
    differ, resumes = head_lines(load("lab2"), assign(study, Chosen(1, 2, 2)))
    assert differ == "Threads per run: 2 in runs so far, 1 in new ones. Results agree up to rounding."
    assert "resumes with as many threads (2) after epoch 1, as started" in resumes
    folder.finish(Result(Status.FINISHED, 1, 1, update_mode="stepwise", threads=2))
    assert head_lines(load("lab2"), assign(planned(store, ["1"], seeds=2), Chosen(1, 2, 2))) == [differ]
    assert head_lines(load("lab2"), assign(planned(store, ["1"]), Chosen(1, 2, 2))) == []
