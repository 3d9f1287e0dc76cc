"""Weights beyond a policy are dropped on purpose, and known to be so ever after."""

import pytest
from tests.made_results import made_results

from paribus.record.folder import RESULT, WEIGHTS
from paribus.record.keeping import beyond, drop_weights, is_dropped, weights_size
from paribus.record.run import Status
from paribus.workflow.doctor import examine_folder
from paribus.workflow.results import load_results


@pytest.fixture
def results(made, tmp_path):
    return load_results(made_results(made, tmp_path / "mine").folder)


def test_dropped_weights_are_no_damage_and_their_digest_stays(results):
    record = results.records["plain", 0]
    digests = (record.folder / RESULT).read_text().count(WEIGHTS)
    size = weights_size(record.folder)
    assert digests == 1
    assert drop_weights(record.folder) == size > 0
    assert is_dropped(record.folder)
    assert not (record.folder / WEIGHTS).exists()
    again = load_results(results.folder)
    assert again.records["plain", 0].status is Status.FINISHED
    assert WEIGHTS in again["plain"].reported(0).files
    assert all(check.holds for check in examine_folder(results.folder))
    assert drop_weights(record.folder) == 0


def test_a_lost_prediction_is_damage_still(results):
    record = results.records["plain", 0]
    drop_weights(record.folder)
    (record.folder / "predictions.safetensors").unlink()
    assert not all(check.holds for check in examine_folder(results.folder))


def test_weights_that_vanish_by_themselves_are_damage(results):
    (results.records["plain", 0].folder / WEIGHTS).unlink()
    assert not all(check.holds for check in examine_folder(results.folder))


def test_a_process_killed_between_leaves_weights_that_nobody_misses(results, monkeypatch):
    from paribus.record import keeping

    def killed(_path):
        raise KeyboardInterrupt

    record = results.records["plain", 0]
    with monkeypatch.context() as patch:
        patch.setattr(keeping.files, "remove", killed)
        with pytest.raises(KeyboardInterrupt):
            drop_weights(record.folder)
    assert (record.folder / WEIGHTS).exists()
    assert all(check.holds for check in examine_folder(results.folder))
    assert drop_weights(record.folder) > 0


def test_a_damaged_result_keeps_its_weights(results):
    record = results.records["plain", 0]
    (record.folder / RESULT).write_text("{}")
    with pytest.raises(ValueError, match=r".*"):
        drop_weights(record.folder)
    assert (record.folder / WEIGHTS).exists()


def test_no_link_is_written_through(results, tmp_path):
    record = results.records["plain", 0]
    link = tmp_path / "link"
    link.symlink_to(record.folder)
    with pytest.raises(OSError, match="symbolic links"):
        drop_weights(link)
    assert not is_dropped(record.folder)


def test_the_best_is_the_best_on_validation_of_each_configuration(made):
    histories = [made.history(5, seed=seed, top=(0.99, top)) for seed, top in enumerate((0.93, 0.97, 0.95))]
    runs = [made.run(each, seed=seed, test=0.9 - seed / 100) for seed, each in enumerate(histories)]
    other = made.run(made.history(3), configuration=made.configuration(epochs=3, l2=0.01))
    gone = [each.spec.seed for each in beyond("best", [*runs, other])]
    assert gone == [0, 2]
    assert [each.spec.seed for each in beyond("none", [*runs, other])] == [0, 1, 2, 0]
    assert list(beyond("all", runs)) == []


def test_of_equals_the_first_seed_s_is_kept(made):
    history = made.history(3)
    runs = [made.run(history, seed=seed) for seed in (2, 0, 1)]
    assert sorted(each.spec.seed for each in beyond("best", runs)) == [1, 2]


def test_runs_that_have_not_ended_are_left_alone(made):
    runs = [made.run(made.history(2), status=Status.DIVERGED), made.run([], status=Status.FAILED)]
    assert list(beyond("none", runs)) == []
