"""Studies as texts, small enough to see what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from paribus.errors import RunError, StudyError
from paribus.execute import networks
from paribus.study.reader import from_text, load
from paribus.study.study import Study

BASE = {
    "data": "mnist",
    "model": {"hidden": [784], "activation": "relu", "output": "sigmoid"},
    "loss": "binary_crossentropy",
    "optimizer": {"name": "sgd", "learning_rate": 0.01},
    "batch_size": 128,
    "epochs": 30,
}


def faults_of(text: str | bytes) -> str:
    """What is told of a study's text."""
    with pytest.raises(StudyError) as caught:
        from_text(text.encode() if isinstance(text, str) else text, "mine.yaml")
    return str(caught.value)


def faults_with(variant: dict[str, object], **base: object) -> str:
    """What is told of a variant ``a`` beside a sound base, some of it replaced."""
    with pytest.raises(StudyError) as caught:
        load({"base": {**BASE, **base}, "variants": {"a": variant}})
    return str(caught.value)


def study(variants: dict[str, object], **base: object) -> Study:
    """A study on a sound base, some of it replaced."""
    return load({"base": {**BASE, **base}, "variants": variants})


class Known:
    """Answers about networks as the process that builds them would."""

    asked: list[dict[str, Any]]

    def __init__(self) -> None:
        self.answer: dict[str, Any] = {"layers": None}

    def __call__(self) -> Known:
        self.asked = []
        return self

    def describe(self, request: dict[str, Any], content: bytes) -> dict[str, Any]:
        self.asked.append(request)
        if "error" in self.answer:
            raise RunError("run.model-refused", reason=self.answer["error"])
        for kind in ("loss", "metric", "technique", "callback"):
            if kind in request:
                return {kind: request[kind]}
        network = {**request["network"], "parameters": 7, "output": "softmax"}
        network["arguments"] = {"width": 8, "skip": True, **network["arguments"]}
        others = [each["name"] for each in request["facts"].get("named", ())]
        network["heads"] = {name: "linear" for name in others if name != request["facts"]["scored"]}
        return {**self.answer, "network": network}

    def close(self) -> None:
        pass


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Known:
    """Networks of the user's own are not built, and answered for."""
    answers = Known()
    monkeypatch.setattr(networks, "Describer", answers)
    return answers
