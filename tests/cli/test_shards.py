"""`run --shard`, `merge` and `script` as a shell calls them."""

import json
import os
import subprocess
import sys

import pytest


@pytest.fixture
def shards(paribus, small_study, small_images, in_this_process):
    """Two shards trained by the command itself, each into the folder that it has by default."""
    asked = ["run", small_study, "--data-dir", small_images, "--only", "plain,momentum"]
    return [paribus(*asked, "--shard", f"{place}/2") for place in (1, 2)]


def test_a_shard_says_what_it_is_and_how_it_is_merged(shards):
    for place, answer in enumerate(shards, 1):
        assert answer.status == 0, answer.err
        assert f"Part {place}/2 of the study: 1 of 2 runs" in answer.out
        assert "missing: 0" in answer.out
        assert f"paribus merge paribus-out/small-shard-{place}-of-2 ..." in answer.out
        assert "momentum vs plain" not in answer.out


def test_shards_are_merged_and_shown(paribus, shards):
    answer = paribus(
        "merge", "paribus-out/small-shard-1-of-2", "paribus-out/small-shard-2-of-2", "--into", "all"
    )
    assert answer.status == 0, answer.err
    assert "No run is missing" in answer.out
    assert "paribus show all" in answer.out
    shown = json.loads(paribus("show", "all", "--json").out)
    assert {run["variant"] for run in shown["runs"]} == {"plain", "same", "momentum"}  # same means plain
    assert {run["status"] for run in shown["runs"]} == {"finished"}


def test_what_a_lost_shard_had_is_an_exit_status_and_a_command(paribus, shards):
    answer = paribus("merge", "paribus-out/small-shard-1-of-2", "--into", "all")
    assert answer.status == 1
    assert "Parts of the study with missing runs: 2/2" in answer.out
    assert "--shard 2/2" in answer.out
    assert "--out" in answer.out
    tree = json.loads(paribus("merge", "paribus-out/small-shard-1-of-2", "--into", "all", "--json").out)
    assert (tree["taken"], tree["there"], len(tree["missing"]), tree["lost"]) == (0, 1, 1, ["2/2"])


def test_two_shards_train_side_by_side_in_processes_of_their_own(small_study, small_images, tmp_path):
    """As on a cluster: neither knows of the other, and one file system holds both."""
    command = [sys.executable, "-c", "from paribus.cli import main; main()", "run", str(small_study)]
    asked = ["--data-dir", str(small_images), "--only", "plain,momentum", "--workers", "1", "--shard"]
    begun = [
        subprocess.Popen(
            [*command, *asked, f"{place}/2"],
            cwd=tmp_path,
            env={**os.environ, "PARIBUS_CACHE": str(tmp_path / "cache")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for place in (1, 2)
    ]
    for process in begun:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    made = sorted(path.parent.name for path in tmp_path.glob("paribus-out/*/shard.json"))
    assert made == ["small-shard-1-of-2", "small-shard-2-of-2"]


def test_doctor_names_a_damaged_record_of_a_shard(paribus, shards):
    path = "paribus-out/small-shard-1-of-2"
    assert paribus("doctor", path).status == 0
    with open(f"{path}/shard.json", "a", encoding="utf-8") as file:
        file.write(" ")
    answer = paribus("doctor", path)
    assert answer.status == 1
    assert "shard.json" in answer.out


@pytest.mark.parametrize("given", ["3", "3-10", "11/10", "0/2", "x/y"])
def test_what_is_no_shard_is_one_message(paribus, given):
    answer = paribus("run", "lab2", "--embedded", "--shard", given)
    assert answer.status == 2
    assert "shard" in answer.err
    assert "Traceback" not in answer.err


def test_plan_tells_of_a_cluster_and_of_a_shard(paribus):
    answer = paribus("plan", "lab2", "--embedded", "--on", "8x2", "--shard", "2/3")
    assert answer.status == 0, answer.err
    assert "Part 2/3" in answer.out
    assert "Workers: 8, threads each: 2" in answer.out
    assert "core-hours reserved" in answer.out


def test_script_prints_a_job_file(paribus):
    for kind, word in (("slurm", "sbatch"), ("github", "actions/checkout"), ("ray", "ray job submit")):
        answer = paribus("script", kind, "lab2", "--embedded", "--shards", "3")
        assert answer.status == 0, answer.err
        assert word in answer.out
