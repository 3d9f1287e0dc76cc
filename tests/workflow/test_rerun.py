"""A reported run trained again: to the bit here, within the tolerance elsewhere, and told when it is not."""

import pytest

import paribus as pb


@pytest.fixture(scope="module")
def results(in_this_process, small_study, small_images, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rerun") / "small"
    return pb.run(
        small_study, only=["plain", "broken"], seeds=2, data_dir=small_images, out=folder, workers=1
    )


@pytest.fixture(scope="module")
def reported(results):
    return results["plain"].reported(1)


def changed(reported, **fields):
    return {**reported.model_dump(mode="json"), **fields}


def test_the_same_run_comes_to_the_same_bits(results, reported, small_images):
    again = pb.rerun(results.study, reported, data_dir=small_images)
    assert again.holds
    assert again.outcome == "same-bits"
    assert again.test_score == results["plain"].test_accuracy[1]
    assert "bit-identical" in str(again)


def test_a_run_on_two_threads_is_trained_again_on_two(results, small_images, tmp_path):
    out = tmp_path / "two"
    two = pb.run(results.study, only=["plain"], seeds=1, data_dir=small_images, out=out, threads=2)
    reported = two["plain"].reported(0)
    assert reported.threads == 2
    again = pb.rerun(two.study, reported, data_dir=small_images)
    assert (again.outcome, again.holds) == ("same-bits", True)


def test_other_bits_on_the_same_machine_do_not_hold(results, reported, small_images):
    files = dict.fromkeys(reported.files, "0" * 64)
    again = pb.rerun(results.study, changed(reported, files=files), data_dir=small_images)
    assert not again.holds
    assert "other bits" in str(again)


@pytest.mark.parametrize(("off", "outcome"), [(0.01, "close"), (0.03, "far")])
def test_on_another_machine_the_tolerance_decides(results, reported, small_images, off, outcome):
    given = changed(
        reported,
        files=dict.fromkeys(reported.files, "0" * 64),
        machine={"processor": "<i>another</i>"},
        test_accuracy=reported.test_accuracy - off,
        tolerance=0.02,
    )
    again = pb.rerun(results.study, given, data_dir=small_images)
    assert (again.outcome, again.holds) == (outcome, outcome == "close")
    assert "<i>" not in again._repr_html_()


def test_other_images_are_another_run_which_is_not_trained(results, reported, small_images):
    again = pb.rerun(results.study, changed(reported, run="0" * 64), data_dir=small_images)
    assert not again.holds
    assert "Nothing was trained" in str(again)


def test_what_is_no_reported_run_is_told_with_what_it_lacks(results, reported):
    with pytest.raises(pb.UsageError, match="seed, tolerance"):
        pb.rerun(results.study, {**changed(reported, seed=-1), "tolerance": "much"})
    with pytest.raises(pb.UsageError, match="not a run as a notebook"):
        pb.rerun(results.study, 3)


def test_a_variant_the_study_lacks_is_told(results, reported):
    with pytest.raises(pb.UsageError, match="plainer"):
        pb.rerun(results.study, changed(reported, variant="plainer"))


def test_a_run_that_diverged_is_not_one_to_report(results):
    with pytest.raises(pb.UsageError, match="broken"):
        results["broken"].reported()


def test_the_tolerance_is_the_margin_or_what_chance_makes_of_so_many_images(results, reported):
    accuracy, images = reported.test_accuracy, 60
    chance = 1.96 * (2 * accuracy * (1 - accuracy) / images) ** 0.5
    assert reported.tolerance == pytest.approx(max(chance, 1 / images), abs=1e-6)
