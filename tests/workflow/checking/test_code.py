"""Code of a hand-in: run only on demand, without a network, within its limits, or refused with the reason."""

import json

import pytest

from paribus.errors import UsageError
from paribus.workflow.checking import code


@pytest.fixture
def isolated():
    """Skip where no process without a network can be started."""
    try:
        code.check_isolation()
    except UsageError:
        pytest.skip("no process without a network can be started here")


def test_where_nothing_can_be_isolated_no_code_is_run(monkeypatch, tmp_path):
    monkeypatch.setattr(code.shutil, "which", lambda name: None)
    (tmp_path / "handin.py").write_text("raise SystemExit")
    with pytest.raises(UsageError, match="No process without a network"):
        code.run_code(tmp_path / "handin.py")


def test_a_script_runs_in_a_copy_and_its_last_lines_are_kept(isolated, tmp_path):
    file = tmp_path / "handin.py"
    file.write_text("import os\nprint('hello from', os.getcwd() != '/')\nopen('left.txt', 'w').write('x')\n")
    ran = code.run_code(file)
    assert ran == ("handin.py ran to its end.", "hello from True")
    assert [each.name for each in tmp_path.iterdir()] == ["handin.py"]


def test_it_has_no_network(isolated, tmp_path):
    file = tmp_path / "handin.py"
    file.write_text("import socket\nsocket.create_connection(('127.0.0.1', 80), 2)\n")
    ran = code.run_code(file)
    assert "ended with status 1" in ran[0]
    assert "unreachable" in ran[-1]


def test_it_is_stopped_when_it_takes_too_long(isolated, tmp_path):
    file = tmp_path / "handin.py"
    file.write_text("import time\ntime.sleep(600)\n")
    assert code.run_code(file, seconds=3) == ("handin.py ran for more than 3 seconds and was stopped.",)


def test_it_gets_no_more_memory_than_its_bound(isolated, tmp_path):
    file = tmp_path / "handin.py"
    file.write_text(f"x = bytes({code.MEMORY + 1})\n")
    assert code.run_code(file)[-1] == "MemoryError"


def test_the_code_cells_of_a_notebook_run_in_their_order(isolated, tmp_path):
    cells = [
        {"cell_type": "code", "source": ["x = 1\n", "%matplotlib inline\n"]},
        {"cell_type": "markdown", "source": "raise"},
        {"cell_type": "code", "source": "print(x + 1)"},
    ]
    file = tmp_path / "book.ipynb"
    file.write_text(json.dumps({"cells": cells}))
    assert code.run_code(file) == ("book.ipynb ran to its end.", "2")


def test_a_hand_in_without_code_says_so(isolated, tmp_path):
    assert code.run_code(tmp_path) == ("It has no notebook or script to run.",)
