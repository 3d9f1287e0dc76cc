"""A study keeps the weights that it says, what it takes is planned, and what lacks them says why."""

import shutil

import pytest

import paribus as pb
from paribus.errors import StudyError, UsageError
from paribus.execute.cost import Rates
from paribus.record.folder import WEIGHTS
from paribus.record.keeping import is_dropped
from paribus.record.store import Store
from paribus.study.reader import from_text
from paribus.workflow import keeping, training
from paribus.workflow.results import load_results

pytestmark = pytest.mark.usefixtures("in_this_process")

STUDY = """\
name: small
seeds: 3
keep: {keep}
data: mnist
base:
  validation: 0.2
  scale: unit
  model: {{hidden: [8], activation: relu, output: sigmoid}}
  loss: binary_crossentropy
  optimizer: {{name: sgd, learning_rate: 0.5}}
  batch_size: 50
  epochs: 2
variants:
  plain: {{}}
  long: {{epochs: 3}}
questions:
  - {{treatment: long, reference: plain}}
"""


def study(tmp_path, keep):
    path = tmp_path / f"{keep}.yaml"
    path.write_text(STUDY.format(keep=keep))
    return path


@pytest.fixture(scope="module")
def ran(small_images, tmp_path_factory):
    """The same study under each policy."""
    place = tmp_path_factory.mktemp("ran")
    return {
        keep: pb.run(study(place, keep), data_dir=small_images, out=place / keep, workers=1)
        for keep in ("all", "best", "none")
    }


@pytest.fixture(autouse=True)
def known_speed(monkeypatch):
    """Plans of disk space need no measurement of this machine's speed, which takes seconds."""
    monkeypatch.setattr(training, "rates", lambda **_: Rates((1e-10, 1e-10, 1e-9), 4.0, 2.0))


def with_weights(results):
    return {key for key, each in results.records.items() if (each.folder / WEIGHTS).exists()}


def test_each_policy_keeps_what_it_says(ran):
    every = {(name, seed) for name in ("plain", "long") for seed in range(3)}
    assert with_weights(ran["all"]) == every
    assert with_weights(ran["none"]) == set()
    best = with_weights(ran["best"])
    assert sorted(name for name, _ in best) == ["long", "plain"]
    for name, seed in best:
        scores = {each.spec.seed: each.validation_score for each in ran["all"].records.of(name).values()}
        assert scores[seed] == max(scores.values())


def test_a_policy_changes_no_run_and_no_verdict(ran):
    for keep in ("best", "none"):
        found = pb.diff(ran["all"].folder, ran[keep].folder)
        assert found.runs.alike == 6
        assert found.runs.other_bits == ()
        assert not any(each.differs for each in found.answers)
        assert [each.name for each in found.settings] == ["keep"]


def test_a_study_that_says_nothing_is_written_as_ever(ran, tmp_path):
    assert "keep" not in (ran["all"].folder / "study.json").read_text()
    assert '"keep": "none"' in (ran["none"].folder / "study.json").read_text()
    assert is_dropped(ran["none"].records["plain", 0].folder)


def test_what_was_dropped_is_not_trained_again(ran, small_images, tmp_path):
    before = {each: each.read_bytes() for each in ran["none"].folder.rglob("result.json")}
    place = study(tmp_path, "none")
    assert pb.plan(place, data_dir=small_images, out=ran["none"].folder).missing == 0
    pb.run(place, data_dir=small_images, out=ran["none"].folder, workers=1)
    assert {each: each.read_bytes() for each in ran["none"].folder.rglob("result.json")} == before


def test_what_needs_weights_says_that_they_were_not_kept(ran):
    for ask in (
        lambda: ran["none"].weights("plain"),
        lambda: ran["none"].predict([[0.0] * 784], variant="plain"),
        lambda: ran["none"].card("plain"),
    ):
        with pytest.raises(UsageError, match="keep in its study"):
            ask()


def test_a_card_is_of_the_run_whose_weights_are_there(ran):
    ((_, seed),) = [each for each in with_weights(ran["best"]) if each[0] == "plain"]
    assert f"seed={seed}" in ran["best"].card("plain") or f"seed {seed}" in ran["best"].card("plain")


def test_a_bit_for_bit_rerun_needs_no_weights(ran, small_images):
    reported = ran["none"]["plain"].reported(0)
    assert reported.files == ran["all"]["plain"].reported(0).files


def test_the_plan_says_what_each_policy_takes(ran, small_images, tmp_path):
    planned = pb.plan(study(tmp_path, "best"), data_dir=small_images, out=tmp_path / "new")
    tree = planned.tree()["disk"]
    assert tree["keep"] == "best"
    assert tree["none"] < tree["best"] < tree["all"]
    assert any("with keep: best" in line for line in planned.lines)
    for keep in ("all", "best", "none"):
        really = sum(each.stat().st_size for each in ran[keep].folder.rglob("*") if each.is_file())
        assert 0.4 < tree[keep] / really < 2.5, keep


def test_a_disk_that_is_too_small_is_named_before_anything_is_trained(small_images, tmp_path, monkeypatch):
    free = 100_000
    monkeypatch.setattr(
        keeping.shutil, "disk_usage", lambda _folder: shutil._ntuple_diskusage(10**9, 10**9 - free, free)
    )
    with pytest.raises(UsageError, match="of disk") as error:
        pb.run(study(tmp_path, "all"), data_dir=small_images, out=tmp_path / "full", workers=1)
    assert "100.0 kB" in str(error.value)
    assert Store(tmp_path / "full").folders() == []


def test_a_policy_that_would_fit_is_offered(small_images, tmp_path, monkeypatch):
    planned = pb.plan(study(tmp_path, "all"), data_dir=small_images, out=tmp_path / "full", workers=1)
    free = planned.disk.while_training("none") + 10
    monkeypatch.setattr(
        keeping.shutil, "disk_usage", lambda _folder: shutil._ntuple_diskusage(10**9, 10**9 - free, free)
    )
    with pytest.raises(UsageError, match="keep: none"):
        pb.run(study(tmp_path, "all"), data_dir=small_images, out=tmp_path / "full", workers=1)


def test_an_earlier_run_keeps_its_weights_and_is_compared(small_images, tmp_path):
    place, out = study(tmp_path, "best"), tmp_path / "grows"
    pb.run(place, data_dir=small_images, out=out, workers=1, seeds=1)
    assert len(with_weights(load_results(out))) == 2
    pb.run(place, data_dir=small_images, out=out, workers=1)
    kept = with_weights(load_results(out))
    assert {("plain", 0), ("long", 0)} <= kept
    assert len(kept) <= 4


def test_an_unknown_policy_is_named():
    with pytest.raises(StudyError, match="best"):
        from_text(STUDY.format(keep="bst").encode(), "mine.yaml")
