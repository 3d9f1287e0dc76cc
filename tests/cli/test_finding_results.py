"""Every command that reads results finds what `paribus run STUDY --embedded` wrote."""

import os
from pathlib import Path

import pytest

from paribus.record.folder import Timing
from paribus.record.run import Result, Status
from paribus.record.store import STUDY, Store, specs

COMMANDS = ["show", "diagnose", "verify", "report", "doctor"]


@pytest.fixture
def ran(made, paribus, tmp_path):
    """Write the results of a study of one run into a folder of ``paribus-out``."""

    def write(folder, at=1000):
        study, images = made.study(["plain"], seeds=1), {"mnist": made.MNIST}
        store = Store(tmp_path / "paribus-out" / folder)
        store.write_study(study, images)
        for _, spec in specs(study, images, study.variants, range(1)):
            run = store.run(spec)
            run.start(spec, {})
            for row in made.history(2):
                run.append(row, Timing(int(row["epoch"]), 1.0, 0.5))
            run.finish(Result(Status.FINISHED, 2, 2, {"accuracy": 0.96, "loss": 0.1, "data_loss": 0.1}))
        os.utime(store.folder / STUDY, (at, at))

    return write


@pytest.mark.parametrize("command", COMMANDS)
def test_what_ran_on_stand_ins_is_found_by_the_study_s_name(paribus, ran, command):
    ran("mine-embedded")
    answer = paribus(command, "mine")
    assert (answer.status, answer.err) == (0, "")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_last_of_two_is_read_and_one_line_says_so(paribus, ran, command):
    ran("mine", at=1000)
    ran("mine-embedded", at=2000)
    answer = paribus(command, "mine")
    assert answer.status == 0
    assert answer.err.count("\n") == 1
    assert f"Showing the most recent run, in {Path('paribus-out/mine-embedded')}." in answer.err


def test_a_study_that_has_not_run_is_told_where_its_results_would_lie(paribus):
    answer = paribus("show", "lab2")
    assert answer.status == 2
    assert f"{Path('paribus-out/lab2')} holds no results" in answer.err
