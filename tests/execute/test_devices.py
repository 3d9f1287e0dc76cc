"""Which device trains: what is found, what a worker is told, and what is said where there is none."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from tests.execute.test_estimate import planned

from paribus.errors import UsageError
from paribus.execute import devices
from paribus.execute.devices import Gpu, contradiction, variables
from paribus.execute.local import settings
from paribus.execute.messages import Assignment, DataSource
from paribus.record.store import Store

CARD = {"kind": "NVIDIA H100 PCIe", "memory": 60_000_000_000}


@pytest.fixture
def answering(monkeypatch):
    """The process that looks for a GPU prints this, or fails."""
    asked = []

    def answers(text, fails=False):
        def run(command, **options):
            asked.append((command, options["env"]))
            if fails:
                raise subprocess.CalledProcessError(1, command)
            return SimpleNamespace(stdout=text)

        monkeypatch.setattr(devices.subprocess, "run", run)
        devices.find.cache_clear()
        return asked

    yield answers
    devices.find.cache_clear()


def found_two(answering):
    answer = {"backend": "gpu", "devices": [CARD, {"kind": "another", "memory": 1}]}
    return answering(f"a warning\n{json.dumps(answer)}\n")


def test_what_jax_finds_is_its_first_gpu_and_how_many_there_are(answering):
    asked = found_two(answering)
    assert devices.find().gpu == Gpu("NVIDIA H100 PCIe", 60_000_000_000, 2)
    assert devices.find().backend == "gpu"
    assert devices.choose("auto") == "gpu"
    devices.check("--device gpu")
    assert len(asked) == 1, "one process looks, once"
    assert asked[0][1]["JAX_PLATFORMS"] == "cuda", "with `cuda,cpu` JAX falls back in silence"


@pytest.mark.parametrize(
    ("text", "fails"),
    [
        ('{"backend": "", "devices": [], "why": "none"}', False),
        ('{"backend": "cpu", "devices": [{"kind": "cpu", "memory": 0}]}', False),
        ("no JSON", False),
        ("", False),
        ("", True),
    ],
)
def test_without_a_gpu_auto_is_the_processor_and_asking_for_one_is_refused(answering, text, fails):
    answering(text, fails)
    assert devices.choose("auto") == "cpu"
    with pytest.raises(UsageError) as refused:
        devices.check("--device gpu")
    said = str(refused.value)
    assert said.startswith('device="gpu": JAX finds no GPU')
    for told in ("platform cuda", "NVIDIA driver", "jax[cuda12]==0.10.1"):
        assert told in said


@pytest.mark.parametrize("wanted", ["cpu", "gpu"])
def test_nothing_is_looked_for_where_the_device_is_named(answering, wanted):
    asked = answering("")
    assert devices.choose(wanted) == wanted
    assert asked == []


def test_the_process_that_looks_finds_no_gpu_here_or_says_its_memory():
    devices.find.cache_clear()
    found = devices.find()
    if found.gpu is None:
        assert found.backend in ("", "cpu")
    else:
        assert found.gpu.name
        assert found.gpu.memory > 0


def test_the_version_of_the_driver_is_what_the_kernel_s_module_says(tmp_path, monkeypatch):
    file = tmp_path / "version"
    monkeypatch.setattr(devices, "_DRIVER", str(file))
    assert devices._driver() == ""
    file.write_text(
        "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\nGCC\n"
    )
    assert devices._driver() == "550.54.15"


def test_a_worker_on_a_gpu_adds_in_one_order_and_in_float32(monkeypatch):
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    found = variables("gpu")
    assert found["JAX_PLATFORMS"] == "cuda,cpu"
    assert found["JAX_DEFAULT_MATMUL_PRECISION"] == "highest"
    assert found["XLA_FLAGS"].split() == ["--xla_gpu_deterministic_ops=true", "--xla_gpu_autotune_level=0"]
    assert variables("cpu") == {"JAX_PLATFORMS": "cpu"}


def test_what_the_user_sets_of_xla_and_of_other_gpus_stays(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_gpu_autotune_level=4 --xla_dump_to=d")
    monkeypatch.setenv("JAX_PLATFORMS", "rocm")
    found = variables("gpu")
    assert found["JAX_PLATFORMS"] == "rocm,cpu"
    assert found["XLA_FLAGS"].split() == [
        "--xla_gpu_autotune_level=4",
        "--xla_dump_to=d",
        "--xla_gpu_deterministic_ops=true",
    ]


@pytest.mark.parametrize(("flags", "known"), [("", True), (" --xla_gpu_no_such_flag=true", False)])
def test_xla_knows_the_flags_of_a_gpu(flags, known):
    """XLA ends a process whose variable has a flag that it does not know, with or without a GPU."""
    env = {**os.environ, **variables("gpu"), "JAX_PLATFORMS": "cpu"}
    env["XLA_FLAGS"] += flags
    code = "import jax; jax.jit(lambda x: x + 1)(1)"
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == known, done.stderr


@pytest.mark.parametrize(
    ("value", "trained_on", "contradicts"),
    [
        (None, ["cpu"], False),
        ("", ["cpu"], False),
        ("cpu", ["cpu"], False),
        ("cuda", ["cpu"], True),
        ("cuda,cpu", ["cpu"], True),
        ("cuda", ["gpu"], False),
        ("cpu", ["gpu"], True),
        ("cuda", ["cpu", "gpu"], False),
        ("tpu", ["cpu"], True),
    ],
)
def test_a_variable_that_names_another_device_contradicts(monkeypatch, value, trained_on, contradicts):
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    if value is not None:
        monkeypatch.setenv("JAX_PLATFORMS", value)
    assert bool(contradiction(trained_on)) == contradicts


def test_a_worker_is_started_for_the_device_of_its_runs(tmp_path):
    (run,) = planned(Store(tmp_path), ["1"]).runs
    assignment = Assignment(specs=(run.spec,), folder=tmp_path, source=DataSource(), updates="stepwise")
    assert settings(assignment)["JAX_PLATFORMS"] == "cpu"
    on_gpu = settings(assignment.model_copy(update={"device": "gpu"}))
    assert on_gpu["JAX_PLATFORMS"].endswith(",cpu")
    assert on_gpu["NPROC"] == "1"
    assert (
        Assignment.model_validate_json(assignment.model_copy(update={"device": "gpu"}).to_line()).device
        == "gpu"
    )
