"""Whatever a user gets wrong is told in one message, with exit status 2, no traceback, and nothing lost."""

import pytest

STUDY = """\
name: mine
data: mnist
base:
  model: {hidden: [8], activation: relu, output: sigmoid}
  loss: binary_crossentropy
  optimizer: {name: sgd, learning_rate: 0.1}
  epochs: 1
variants:
  plain: {}
"""

WRONG = {
    "a study that does not exist": (["run", "lab3", "--embedded"], "Did you mean 'lab2'?"),
    "a file that does not exist": (["run", "studies/mine.yaml"], "no such file"),
    "a folder in a study's place": (["plan", "."], "folder"),
    "no study at all": (["run"], "STUDY"),
    "a command that does not exist": (["trian", "lab2"], "No such command"),
    "an option that does not exist": (["run", "lab2", "--epoch", "3"], "No such option"),
    "a variant that does not exist": (["run", "lab2", "--only", "1,9", "--embedded"], "Known: 1, 2, 3a"),
    "a variant nearly right": (["run", "lab2", "--only", "4b_l2", "--embedded"], "Did you mean '4b-l2'?"),
    "only nothing": (["run", "lab2", "--only", ",", "--embedded"], "--only"),
    "no seed": (["run", "lab2", "--seeds", "0", "--embedded"], "--seeds"),
    "a negative number of seeds": (["run", "lab2", "--seeds", "-2", "--embedded"], "--seeds"),
    "seeds that are no number": (["run", "lab2", "--seeds", "many"], "--seeds"),
    "no worker": (["run", "lab2", "--workers", "0", "--embedded"], "--workers"),
    "decided and a number of seeds": (["run", "lab2", "--until-decided", "--seeds", "3"], "--max-seeds"),
    "decided and a control": (["run", "lab2", "--until-decided", "--aa"], "choose one"),
    "a limit of nothing": (["run", "lab2", "--max-seeds", "9", "--embedded"], "--until-decided"),
    "too few seeds to decide anything": (
        ["run", "lab2", "--until-decided", "--max-seeds", "4", "--embedded", "--only", "1,2"],
        "needs at least 5 seeds",
    ),
    "decided without a question": (
        ["run", "mine.yaml", "--until-decided", "--embedded"],
        "asks no questions",
    ),
    "decided without both sides of a question": (
        ["run", "lab2", "--until-decided", "--embedded", "--only", "2,3a"],
        "both variants of a question",
    ),
    "a control of one pair": (["run", "lab2", "--aa", "--seeds", "1", "--embedded"], "at least 3 pairs"),
    "a control of named variants": (["run", "lab2", "--aa", "--only", "2", "--embedded"], "--only"),
    "a data folder that does not exist": (["run", "lab2", "--data-dir", "nowhere"], "nowhere"),
    "a data folder without the images": (["run", "lab2", "--data-dir", "empty"], "mnist.npz"),
    "a data folder beside stand-ins": (["run", "lab2", "--data-dir", "empty", "--embedded"], "--embedded"),
    "a way that epochs do not take": (["run", "lab2", "--embedded", "--updates", "delay"], "--updates"),
    "a way that a variant cannot take": (
        ["run", "lab2", "--embedded", "--only", "1,4c", "--updates", "delayed"],
        "4c: adam needs the first layer's weights at every step",
    ),
    "a device that does not exist": (["run", "lab2", "--embedded", "--device", "cuda"], "--device"),
    "a GPU that is not there": (
        ["run", "lab2", "--embedded", "--only", "1", "--device", "gpu"],
        "--device gpu: JAX finds no GPU.",
    ),
    "a GPU that a variant names": (["run", "there.yaml", "--embedded"], "device: gpu: JAX finds no GPU."),
    "delayed updates on a GPU": (
        ["run", "lab2", "--embedded", "--device", "gpu", "--updates", "delayed"],
        "--updates delayed is for CPUs only",
    ),
    "no seed together": (["run", "lab2", "--embedded", "--together", "0"], "--together"),
    "results in a file": (["run", "lab2", "--embedded", "--only", "1", "--out", "file"], "--out"),
    "another study's results": (["run", "mine.yaml", "--embedded", "--out", "other"], "--out"),
    "results that are not there": (["show", "paribus-out/none"], "no study.json"),
    "results that are not there, as JSON": (["show", "paribus-out/none", "--json"], "no study.json"),
    "results of a damaged folder": (["show", "damaged"], "damaged"),
    "a report of nothing": (["report", "empty"], "no study.json"),
    "a report in a format that does not exist": (["report", "other", "--format", "doc"], "--format"),
    "a report whose ending is of no format": (
        ["report", "other", "--output", "lab.doc"],
        "Known: .html, .ipynb, .md, .pdf",
    ),
    "a script of no variant": (["keras", "lab2"], "VARIANT"),
    "a script of a variant that does not exist": (["keras", "lab2", "8"], "Known: 1, 2, 3a"),
    "a script with a negative seed": (["keras", "lab2", "1", "--seed", "-1"], "--seed"),
    "an image set that does not exist": (["data", "fetch", "mnits"], "Did you mean 'mnist'?"),
    "an image set to check that does not exist": (["data", "check", "imagenet"], "imagenet"),
    "a study of Python": (["plan", "evil.yaml"], "evil.yaml:2"),
    "a study with two faults": (
        ["run", "faulty.yaml", "--embedded"],
        "faulty.yaml:6: base.optimizer.name: 'adamm'",
    ),
}


@pytest.fixture(autouse=True)
def surroundings(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "mine.yaml").write_text(STUDY)
    (tmp_path / "faulty.yaml").write_text(STUDY.replace("sgd", "adamm").replace("epochs: 1", "epochs: none"))
    (tmp_path / "evil.yaml").write_text("name: mine\nbase: !!python/object/apply:os.system [id]\n")
    (tmp_path / "there.yaml").write_text(STUDY.replace("plain: {}", "plain: {device: gpu}"))
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "study.json").write_text('{"schema": 1, "study": ')


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch):
    """JAX finds no GPU, whatever machine this is."""
    from paribus.execute import devices

    monkeypatch.setattr(devices, "find", lambda: devices.Found(None, "", "cuda", "", ""))


@pytest.fixture
def other(tmp_path):
    from paribus.record.store import Store
    from paribus.study.reader import load

    Store(tmp_path / "other").write_study(load("lab2"), {})


@pytest.mark.usefixtures("other")
@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_input_is_told_in_one_message(paribus, wrong, tmp_path):
    arguments, told = WRONG[wrong]
    before = sorted(tmp_path.rglob("*"))
    answer = paribus(*arguments)
    assert answer.status == 2
    assert told in " ".join(answer.err.split()) or told in answer.err
    assert "Traceback" not in answer.err
    assert not answer.out
    assert [path for path in sorted(tmp_path.rglob("*")) if "cache" not in path.parts] == before


def test_every_fault_of_a_study_is_told_at_once(paribus):
    answer = paribus("run", "faulty.yaml", "--embedded")
    assert "faulty.yaml:6" in answer.err
    assert "faulty.yaml:7" in answer.err


def test_on_a_terminal_an_error_is_broken_between_words(paribus, tmp_path, monkeypatch):
    (tmp_path / "mine.yaml").write_text(STUDY.replace("sgd", "adamm"))
    plain = paribus("plan", "mine.yaml").err
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    told = paribus("plan", "mine.yaml").err
    assert told.split() == plain.split()
    assert max(map(len, plain.splitlines())) > 60 >= max(map(len, told.splitlines()))
    known = told[told.index("  Known") :].splitlines()
    assert len(known) > 1
    assert all(line.startswith("  ") for line in known)
