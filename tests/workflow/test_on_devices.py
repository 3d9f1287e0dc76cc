"""Devices and seeds trained together, as a user asks for them: messages, records, and going on."""

import json

import pytest

import paribus as pb
from paribus.errors import UsageError
from paribus.execute import devices
from paribus.execute.devices import Found
from paribus.record.folder import RunFolder
from paribus.study.reader import load
from paribus.workflow.progress.devices import device_lines
from paribus.workflow.request import Request
from paribus.workflow.run import prepare

pytestmark = pytest.mark.whole

STUDY = {
    "name": "small",
    "seeds": 3,
    "data": {"sklearn": "digits"},
    "base": {
        "scale": "standard",
        "model": {"hidden": [8]},
        "loss": "categorical_crossentropy",
        "optimizer": {"name": "adam", "learning_rate": 0.01},
        "batch_size": 128,
        "epochs": 2,
    },
    "variants": {"plain": {}, "dropout": {"model": {"dropout": 0.2}}},
}


@pytest.fixture
def no_gpu(monkeypatch):
    found = Found(None, "", "cuda", "", "")
    monkeypatch.setattr(devices, "find", lambda: found)


@pytest.mark.usefixtures("in_this_process")
def test_seeds_that_are_trained_together_have_a_folder_and_a_record_each(tmp_path):
    alone = pb.run(STUDY, out=tmp_path / "alone")
    both = pb.run(STUDY, out=tmp_path / "together", together=2)
    assert both.records.keys() == alone.records.keys()
    for key, record in both.records.items():
        other = alone.records[key]
        assert record.result.update_mode == "together"
        assert record.result.together == (1 if record.spec.seed == 2 else 2)
        assert json.loads((record.folder / "result.json").read_text())["path"] == "together"
        assert RunFolder(record.folder).environment()["path"] == "together"
        assert other.result.update_mode == "stepwise"
        assert "together" not in json.loads((other.folder / "result.json").read_text())
        assert record.spec.digest == other.spec.digest, "the same run"
        for row, again in zip(other.history, record.history, strict=True):
            assert again == pytest.approx(row, rel=1e-4, abs=1e-5)
    again = pb.plan(STUDY, out=tmp_path / "together")
    assert again.missing == 0


@pytest.mark.usefixtures("in_this_process")
def test_a_run_that_was_trained_together_is_trained_again_alone_within_the_tolerance(tmp_path):
    results = pb.run(STUDY, out=tmp_path, together=3, only=["plain"])
    assert results["plain"].reported().updates == "together"
    assert pb.rerun(STUDY, results["plain"].reported()).holds


@pytest.mark.usefixtures("no_gpu")
def test_a_gpu_that_is_not_there_is_refused_before_anything_is_trained(tmp_path):
    with pytest.raises(UsageError, match=r'device="gpu": JAX finds no GPU'):
        pb.run(STUDY, out=tmp_path / "out", device="gpu")
    named = {**STUDY, "variants": {"plain": {}, "there": {"device": "gpu"}}}
    with pytest.raises(UsageError, match=r"device: gpu: JAX finds no GPU"):
        pb.run(named, out=tmp_path / "out")
    assert not (tmp_path / "out" / "runs").exists()
    assert pb.plan(named, out=tmp_path / "out").missing == 6, "a plan and a review need no GPU"
    assert pb.review(named)


@pytest.mark.usefixtures("no_gpu", "in_this_process")
def test_auto_is_the_processor_where_there_is_no_gpu(tmp_path):
    results = pb.run(STUDY, out=tmp_path, device="auto", only=["plain"], seeds=1)
    (record,) = results.records.values()
    assert (record.result.device, record.result.update_mode) == ("cpu", "stepwise")
    assert "device" not in json.loads((record.folder / "result.json").read_text())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"device": "cuda"}, "Did you mean 'device='gpu''?"),
        ({"device": "gpus"}, "Did you mean 'device='gpu''?"),
        ({"device": None}, "cpu, gpu or auto"),
        ({"together": 0}, "at least 1"),
        ({"together": "atuo"}, "Did you mean 'together='auto''?"),
        ({"device": "gpu", "updates": "delayed"}, "is for CPUs only"),
    ],
)
def test_what_is_no_device_and_no_number_is_refused(given, said):
    with pytest.raises(UsageError) as refused:
        Request(**given)
    assert said in str(refused.value)


def lines(request, tmp_path, study=STUDY):
    training = prepare(study, Request(out=tmp_path, **request))
    return list(device_lines(training.study, training.plan))


def test_nothing_is_said_of_devices_where_all_is_as_ever(tmp_path, monkeypatch):
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    assert lines({}, tmp_path) == []


def test_a_variable_that_contradicts_the_option_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    (line,) = lines({}, tmp_path)
    assert "JAX_PLATFORMS is 'cuda'" in line
    assert "--device gpu" in line


def test_what_is_trained_together_and_what_is_not_is_said(tmp_path, monkeypatch):
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    study = {**STUDY, "variants": {"plain": {}, "sgd": {"optimizer": "sgd", "batch_size": 8}}}
    together, alone = lines({"together": 3}, tmp_path, study)
    assert "up to 3 seeds" in together
    assert "sgd" in alone
    assert "updates are delayed" in alone


def test_device_and_precision_are_settings_outside_the_identity_of_runs_that_have_none(tmp_path):
    variants = {"plain": {}, "there": {"device": "gpu"}, "short": {"dtype": "mixed_bfloat16"}}
    written = {**variants, "same": {"device": "cpu", "dtype": "float32"}}
    found = load({**STUDY, "variants": written}).variants
    digests = {name: each.configuration.canonical for name, each in found.items()}
    assert digests["plain"] == digests["same"]
    assert len(set(digests.values())) == 3
    assert not {"device", "dtype"} & json.loads(digests["plain"]).keys()


def test_another_precision_beside_another_optimizer_is_a_confound():
    study = {
        **STUDY,
        "variants": {"plain": {}, "both": {"dtype": "mixed_float16", "optimizer": {"name": "sgd"}}},
        "questions": [{"treatment": "both", "reference": "plain"}],
    }
    assert "differs from variant plain in dtype and the optimizer" in str(pb.review(study))
    study["variants"]["both"] = {"dtype": "mixed_float16"}
    found = load(study)
    from paribus.study.confounds import confounds

    assert confounds(found.variants, "both", "plain", {"digits": 1437}) == ()
