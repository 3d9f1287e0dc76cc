"""Objects on their way to workers: only what this process has made is unpickled."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

import paribus as pb
from paribus.custom.objects import hand_over_function, load_object
from paribus.errors import RunError, UsageError
from paribus.study import programs
from paribus.study.programs import Program, is_handed_over


def program_of(handed: dict[str, str]) -> Program:
    return programs._handed[handed["object"]][1]


def test_a_function_within_another_comes_back_with_what_it_refers_to() -> None:
    answer = 41
    program = program_of(hand_over_function(lambda: answer + 1))
    assert load_object(program)() == 42
    assert is_handed_over(program)


def test_other_bytes_are_not_unpickled(tmp_path: Path) -> None:
    program = program_of(hand_over_function(lambda: 1))
    (tmp_path / "evil").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    for path in (tmp_path / "evil", tmp_path / "gone"):
        with pytest.raises(RunError, match="Run that program again"):
            load_object(program.model_copy(update={"path": path}))
    assert not is_handed_over(program.model_copy(update={"path": tmp_path / "evil"}))


def test_the_folder_is_this_users_alone() -> None:
    assert program_of(hand_over_function(lambda: 2)).path.parent.stat().st_mode & 0o077 == 0


def test_what_cannot_be_sent_is_said() -> None:
    lock = threading.Lock()
    with pytest.raises(UsageError, match="lambda cannot be sent"):
        pb.Study(train=lambda config, seed, run: lock, variants={"plain": {}})


def test_a_study_takes_a_function_that_no_file_has(tmp_path: Path) -> None:
    def train(config: Any, seed: int, run: Any) -> None:
        for epoch in run.epochs():
            run.log(loss=1 / epoch)
        run.test(accuracy=config["share"])

    study = pb.Study(
        train=train,
        base={"epochs": 2, "share": 0.25},
        variants={"plain": {}, "more": {"share": 0.5}},
        seeds=1,
    )
    assert study.variants["more"].configuration.train is not None
    results = pb.run(study, out=tmp_path, workers=1)
    assert [record.test_score for record in results.records.values()] == [0.25, 0.5]
    assert study.named("more") == "more · share 0.5"
    assert "run.log(loss=1 / epoch)" in results.report(tmp_path / "report.html").read_text(encoding="utf-8")
