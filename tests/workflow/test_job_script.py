"""Job files: the shell and YAML read them, and what a study is called acts in none of them."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys

import pytest
from ruamel.yaml import YAML
from tests.inert.corpus import CORPUS, hidden

from paribus.errors import InputError, UsageError
from paribus.texts.inert import on_one_line
from paribus.workflow.job_script import KINDS, job_script
from paribus.workflow.request import Request

HOSTILE = [
    "$(touch broken)",
    "`touch broken`",
    "a'; touch broken; '",
    'a"; touch broken; "',
    "a b",
    "-rf",
    "a\nb",
    "#!x",
    "${{ secrets.TOKEN }}",
    "a: [b",
    "%s {0} {study}",
]
STUDY = """\
data: mnist
base:
  model: {hidden: [4]}
  loss: sparse_categorical_crossentropy
  optimizer: sgd
  epochs: 1
variants: {plain: {}}
"""


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """A shell's PATH whose programs write down what they are called with, each word on a line of its own."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("paribus", "sbatch", "ray"):
        path = programs / name
        path.write_text(
            f"#!{sys.executable}\n"
            "import json, sys\n"
            f"open({str(tmp_path / 'calls')!r}, 'a').write(json.dumps([{name!r}, *sys.argv[1:]]) + '\\n')\n"
            f"print(4321 if {name!r} == 'sbatch' else '')\n"
        )
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    return tmp_path


def calls(folder):
    path = folder / "calls"
    lines = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return [json.loads(line) for line in lines]


def shell(script, folder, *words, **environment):
    file = folder / "job.sh"
    file.write_text(script)
    done = subprocess.run(
        ["bash", str(file), *words],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def option(call, name):
    return call[call.index(name) + 1]


def test_a_slurm_file_submits_an_array_and_a_merge_that_waits_for_it(recorded):
    shell(job_script("slurm", "lab2", Request(embedded=True), shards=7, hours=1.5), recorded)
    array, merge = calls(recorded)
    assert {"--array=1-7", "--time=1:30:00", "--cpus-per-task=1"} <= {*array}
    assert array[-1] == "shard"
    assert "--dependency=afterany:4321" in merge
    assert merge[-1] == "merge"


def test_a_shard_of_a_slurm_array_trains_its_part_into_a_folder_of_its_own(recorded):
    script = job_script("slurm", "lab2", Request(embedded=True, only=["1", "2"], seeds=3), shards=7)
    shell(script, recorded, "shard", SLURM_ARRAY_TASK_ID="3")
    ((name, *call),) = calls(recorded)
    assert (name, *call[:2]) == ("paribus", "run", "lab2")
    assert option(call, "--shard") == "3/7"
    assert option(call, "--out") == "paribus-out/lab2-embedded-shard-3-of-7"
    assert (option(call, "--only"), option(call, "--seeds")) == ("1,2", "3")
    assert "--embedded" in call


def test_the_merge_of_a_slurm_array_takes_every_shard_there_is(recorded):
    for place in (1, 2, 10):
        (recorded / f"paribus-out/lab2-shard-{place}-of-10").mkdir(parents=True)
    (recorded / "paribus-out/lab2-shard-1-of-9").mkdir()
    shell(job_script("slurm", "lab2", Request()), recorded, "merge")
    merge, report = calls(recorded)
    assert sorted(merge[2:5]) == [f"paribus-out/lab2-shard-{place}-of-10" for place in (1, 10, 2)]
    assert merge[5:] == ["--into", "paribus-out/lab2"]
    assert report == ["paribus", "report", "paribus-out/lab2"]


def test_a_ray_file_submits_one_job(recorded):
    shell(job_script("ray", "lab2", Request(embedded=True)), recorded, RAY_ADDRESS="http://head:8265")
    ((name, *call),) = calls(recorded)
    assert (name, *call[:2]) == ("ray", "job", "submit")
    assert option(call, "--address") == "http://head:8265"
    assert call[call.index("--") + 1 :][:5] == ["paribus", "run", "lab2", "--on", "ray"]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", ["slurm", "ray"])
def test_no_name_of_a_folder_acts_in_a_shell(recorded, kind, name):
    script = job_script(kind, "lab2", Request(out=recorded / name, data_dir=recorded / name))
    shell(script, recorded, *(["shard"] if kind == "slurm" else []), SLURM_ARRAY_TASK_ID="1")
    ((_, *call),) = calls(recorded)
    ending = "-shard-1-of-10" if kind == "slurm" else ""
    assert option(call, "--out") == f"{recorded / name}{ending}"
    assert option(call, "--data-dir") == str(recorded / name)
    assert not (recorded / "broken").exists()


@pytest.mark.parametrize("name", [each for each in HOSTILE if "/" not in each])
def test_no_name_of_a_study_file_acts_in_a_shell(recorded, name, monkeypatch):
    monkeypatch.chdir(recorded)
    (recorded / f"{name}.yaml").write_text(f"name: mine\n{STUDY}")
    script = job_script("slurm", f"{name}.yaml", Request())
    shell(script, recorded, "shard", SLURM_ARRAY_TASK_ID="1")
    ((_, *call),) = calls(recorded)
    assert call[1].removeprefix("./") == f"{name}.yaml"
    assert not call[1].startswith("-")
    assert not (recorded / "broken").exists()


@pytest.mark.parametrize("name", [each for each in HOSTILE if "/" not in each])
def test_a_workflow_of_github_is_yaml_whose_commands_have_what_was_named(tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / f"{name}.yaml").write_text(f"name: mine\n{STUDY}")
    tree = YAML(typ="safe").load(job_script("github", f"{name}.yaml", Request(data_dir=tmp_path), shards=3))
    shard, merge = tree["jobs"]["shard"], tree["jobs"]["merge"]
    assert shard["strategy"]["matrix"]["shard"] == [1, 2, 3]
    assert merge["needs"] == "shard"
    (command,) = [step["run"] for step in shard["steps"] if "paribus run" in step.get("run", "")]
    evaluated = command.replace("${{ '${{' }}", "\0").replace("${{ matrix.shard }}", "2")
    assert "${{" not in evaluated
    words = subprocess.run(
        ["bash", "-c", f"paribus() {{ printf '%s\\0' \"$@\"; }}; {evaluated.replace(chr(0), '${{')}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    ).stdout.split("\0")
    assert words[1].removeprefix("./") == f"{name}.yaml"
    assert option(words, "--shard") == "2/3"
    assert not (tmp_path / "broken").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_no_name_of_a_study_acts_in_a_job_file(recorded, kind, monkeypatch):
    monkeypatch.chdir(recorded)
    for name in (each for each in CORPUS if on_one_line(each)):
        (recorded / "mine.yaml").write_text(f"name: {json.dumps(name)}\n{STUDY}")
        try:
            script = job_script(kind, "mine.yaml", Request(out=recorded / "out"))
        except InputError:  # a study may not be called so
            continue
        assert not hidden(script)
        if kind == "github":
            assert YAML(typ="safe").load(script)["jobs"].keys() == {"shard", "merge"}
            continue
        shell(script, recorded, *(["shard"] if kind == "slurm" else []), SLURM_ARRAY_TASK_ID="1")
        assert len(calls(recorded)) == 1
        assert not (recorded / "hacked").exists()


@pytest.mark.parametrize("kind", ["slurm", "ray"])
def test_shellcheck_finds_nothing(tmp_path, kind):
    checker = shutil.which("shellcheck")
    if checker is None:
        pytest.skip("shellcheck is not installed")
    file = tmp_path / "job.sh"
    file.write_text(job_script(kind, "lab2", Request(embedded=True, only=["1", "4b-l2"])))
    done = subprocess.run([checker, str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_schema_of_github_has_nothing_to_say(tmp_path):
    pytest.importorskip("check_jsonschema")
    file = tmp_path / "study.yml"
    file.write_text(job_script("github", "lab2", Request(embedded=True)))
    checked = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.github-workflows",
        str(file),
    ]
    done = subprocess.run(checked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_workers_and_threads_are_the_cores_that_are_asked_for():
    assert "--cpus-per-task=8 " in job_script("slurm", "lab2", Request(workers=4, threads=2))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"kind": "torque"}, "no kind of job"),
        ({"shards": 0}, "1 to 100,000"),
        ({"kind": "github", "shards": 257}, "1 to 256"),
        ({"hours": 0.0}, "more than 0"),
        ({"hours": float("nan")}, "more than 0"),
        ({"source": "none-such"}, "none-such"),
        ({"request": Request(only=["none"])}, "not a variant"),
    ],
)
def test_what_cannot_be_made_is_refused(changed, message):
    asked = {"kind": "slurm", "source": "lab2", "request": Request(), "shards": 10, "hours": 4.0, **changed}
    with pytest.raises(InputError, match=message):
        job_script(**asked)


def test_a_study_that_cannot_be_divided_goes_to_ray_alone(tmp_path):
    file = tmp_path / "tuned.yaml"
    tune = "tune: {learning_rate: {from: 0.01, to: 1, scale: log}, search: tpe, budget: 3}\n"
    study = STUDY.replace("epochs: 1", "epochs: 1\n  validation: 0.2")
    file.write_text(f"name: tuned\n{tune}{study}")
    with pytest.raises(UsageError, match="'tpe'"):
        job_script("slurm", str(file), Request())
    assert "--on ray" in job_script("ray", str(file), Request())
    assert KINDS == ("slurm", "ray", "github")
