"""Many processes start the same study into the same folder at once; nothing of it is lost, nothing doubled.

``PARIBUS_TRUST_RACES`` says how many; `make trust` starts 50.
"""

import json
import os
import re
import subprocess
import sys

import pytest

from paribus.record.run import Status
from paribus.record.store import Store

RACES = int(os.environ.get("PARIBUS_TRUST_RACES", "4"))
VARIANTS = ("plain", "momentum")
EPOCHS = 3
REFUSED = 2


@pytest.fixture
def start(small_study, small_images, tmp_path):
    """Start ``paribus run`` on the folder ``out``, as a shell would."""
    started = []

    def start():
        options = ["--only", ",".join(VARIANTS), "--data-dir", small_images, "--out", tmp_path / "out"]
        words = ["run", small_study, *options, "--workers", "1"]
        command = [sys.executable, "-c", "from paribus.cli import main; main()", *map(str, words)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_racing_starts_leave_no_run_missing_or_double(start, tmp_path, record_property):
    record_property("races", RACES)
    processes = [start() for _ in range(RACES)]
    told = [process.communicate(timeout=60 + 30 * RACES)[1] for process in processes]
    ended = [process.returncode for process in processes]
    assert set(ended) <= {0, REFUSED}, told
    assert 0 in ended

    once_more = start()
    told.append(once_more.communicate(timeout=120)[1])
    assert once_more.returncode == 0, told[-1]
    assert "Traceback" not in "".join(told)

    lines = "".join(told).splitlines()
    for variant in VARIANTS:  # whoever trained it, it was once
        mine = [line for line in lines if re.match(rf"{variant}( · .*)? \(seed 0\): ", line)]
        assert len([line for line in mine if ": starts" in line]) == 1, told
        assert len([line for line in mine if ": finished" in line]) == 1, told

    numbers = {process.pid for process in processes}
    for status, error in zip(ended, told, strict=False):
        if status == REFUSED:
            holder = re.search(r"is in use: process (\d+) \(since", error)
            assert holder is not None, error
            assert int(holder[1]) in numbers

    store = Store(tmp_path / "out")
    assert not store.is_held()
    records = store.records(*store.study())
    mine = {name: record for (name, _), record in records.items() if name in VARIANTS}
    assert sorted(mine) == sorted(VARIANTS)
    folders = sorted(path.name for path in (store.folder / "runs").iterdir())
    assert folders == sorted(store.run(record.spec).path.name for record in mine.values())
    for record in mine.values():
        assert record.status is Status.FINISHED
        lines = (store.run(record.spec).path / "history.jsonl").read_text().splitlines()
        assert [json.loads(line)["epoch"] for line in lines] == list(range(1, EPOCHS + 1))
