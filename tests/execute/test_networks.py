"""Asking another process about a network: what is kept of its answers, and what happens when it ends."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from paribus.data.own import user_file
from paribus.data.own.function import REFUSED
from paribus.errors import RunError, UsageError
from paribus.execute.networks import Describer
from paribus.study.datasets import IMAGE_SETS

SOURCE = b"import os\n\n\ndef build():\n    os._exit(3)\n"


@pytest.fixture
def request_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    (tmp_path / "nets.py").write_bytes(SOURCE)
    network = {"file": "nets.py", "function": "build", "sha256": hashlib.sha256(SOURCE).hexdigest()}
    facts = IMAGE_SETS["mnist"].model_dump(mode="json")
    return {
        "place": str(tmp_path / "nets.py"),
        "classes": None,
        "keep": False,
        "network": network,
        "facts": facts,
    }


def test_what_is_known_is_asked_once_until_the_file_changes(request_of, monkeypatch):
    asked: list[object] = []
    monkeypatch.setattr(Describer, "_ask", lambda self, request: asked.append(request) or {"layers": None})
    for content in (SOURCE, SOURCE, SOURCE + b"\n"):
        assert Describer().describe(request_of, content) == {"layers": None}
    assert len(asked) == 2


def test_a_refusal_is_asked_again(request_of, monkeypatch):
    asked: list[object] = []
    monkeypatch.setattr(Describer, "_ask", lambda self, request: asked.append(request) or {"error": "No."})
    for _ in range(2):
        with pytest.raises(RunError, match=r"No\."):
            Describer().describe(request_of, SOURCE)
    assert len(asked) == 2


def test_no_python_refuses_to_ask_and_to_look_up(request_of, monkeypatch):
    monkeypatch.setattr(Describer, "_ask", lambda self, request: {"layers": None})
    Describer().describe(request_of, SOURCE)
    monkeypatch.setenv(REFUSED, "1")
    with pytest.raises(UsageError, match=r"nets\.py would run code"):
        Describer().describe(request_of, SOURCE)


def test_a_file_that_is_run_for_its_function_does_not_ask(request_of, monkeypatch):
    monkeypatch.setattr(user_file, "_loading", [Path("nets.py")])
    with pytest.raises(user_file.StudyStarted):
        Describer().describe(request_of, SOURCE)


def test_a_function_that_ends_the_process_is_refused_and_the_next_is_asked(request_of, tmp_path):
    describer = Describer()
    with pytest.raises(RunError):
        describer.describe(request_of, SOURCE)
    content = b"def build():\n    return 3\n"
    (tmp_path / "nets.py").write_bytes(content)
    request_of["network"]["sha256"] = hashlib.sha256(content).hexdigest()
    with pytest.raises(RunError, match="returned int"):
        describer.describe(request_of, content)
    describer.close()
