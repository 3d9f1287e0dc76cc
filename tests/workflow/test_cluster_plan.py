"""`paribus plan --on`: how long a plan takes on a cluster, what it costs and what limits it."""

from __future__ import annotations

import pytest

import paribus as pb
from paribus.execute import calibration
from paribus.execute.cost import Rates


@pytest.fixture(autouse=True)
def known_machine(monkeypatch, tmp_path):
    """A machine of known speed, that is not measured."""
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(calibration, "measure_rates", lambda: Rates((1e-10, 1e-10, 1e-9), 4.0, 2.0))
    monkeypatch.chdir(tmp_path)


def planned(on, **options):
    return pb.plan("lab2", embedded=True, on=on, **options)


def test_one_worker_takes_as_long_as_the_plan_itself():
    found = planned(1, workers=1)
    assert found.cluster.whole.seconds == pytest.approx(found.seconds)
    assert found.cluster.whole.tasks == len(found.training.plan.tasks())


def test_more_workers_take_less_time_down_to_the_longest_run():
    found = planned(64, seeds=10).cluster
    seconds = [row.seconds for row in found.table_rows]
    assert [row.workers for row in found.table_rows] == [1, 2, 4, 8, 16, 32, 64]
    assert seconds == sorted(seconds, reverse=True)
    assert found.whole.limit == "longest"
    assert seconds[-1] >= found.whole.longest
    assert seconds[0] / seconds[1] == pytest.approx(2, rel=0.1)


def test_core_hours_are_what_is_trained_and_compiled():
    one, eight = planned(1).cluster, planned(8).cluster
    runs = planned(1).time.runs.values()
    assert one.core_hours * 3600 == pytest.approx(one.whole.trained + one.whole.prepared)
    assert one.whole.trained <= sum(run.seconds for run in runs) + 1e-9  # 6 is trained with 5
    assert eight.whole.trained == pytest.approx(one.whole.trained)
    assert eight.core_hours >= one.core_hours  # more workers compile more


def test_threads_cost_cores():
    one, two = planned("4").cluster, planned("4x2").cluster
    assert two.cluster.cores == 2 * one.cluster.cores
    reserved = [float(each.table.rows[-1]["reserved"].replace(",", "")) for each in (one, two)]
    assert reserved[1] > reserved[0]


def test_the_words_say_time_cost_and_limit_and_the_table_has_a_row_for_each_number():
    found = planned(8)
    said = "\n".join(found.lines)
    for words in ("Workers: 8, threads each: 1", "Core-hours", "Utilisation", "limits it"):
        assert words in said
    assert len(found.cluster.table.rows) == 4
    with pb.language("vi"):
        assert "Giờ-nhân" in "\n".join(planned(8).lines)


def test_json_has_the_same_figures():
    found = planned("8x1")
    tree = found.tree()["on"]
    assert tree["seconds"] == found.cluster.whole.seconds
    assert [row["workers"] for row in tree["table"]] == [1, 2, 4, 8]
    assert tree["table"][-1]["reserved_core_hours"] == pytest.approx(8 * tree["seconds"] / 3600)
    assert "on" not in pb.plan("lab2", embedded=True).tree()


def test_a_plan_that_has_ended_takes_no_time(tmp_path, small_study, small_images, in_this_process):
    pb.run(small_study, only=["plain"], data_dir=small_images, out=tmp_path / "out")
    found = pb.plan(small_study, only=["plain"], data_dir=small_images, out=tmp_path / "out", on=4)
    assert found.cluster.whole.seconds == 0


@pytest.mark.parametrize("on", ["", "ray", "0", "8x0", "8x", 0, -1, True, 1.5, "100001"])
def test_what_is_no_cluster_is_refused(on):
    with pytest.raises(pb.UsageError, match="workers"):
        planned(on)


def test_a_shard_is_planned_as_its_part():
    whole = planned(1, seeds=4)
    parts = [planned(1, seeds=4, shard=(place, 3)) for place in (1, 2, 3)]
    assert sum(part.missing for part in parts) == whole.missing
    trained = sum(part.cluster.whole.trained for part in parts)
    assert trained == pytest.approx(whole.cluster.whole.trained)
    assert "Part 1/3 of the study" in "\n".join(parts[0].lines)
