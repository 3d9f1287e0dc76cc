"""What ``paribus data list`` and ``check`` find on a machine."""

import pytest

from paribus.data import availability
from paribus.data.availability import State, available, check, check_entry
from paribus.data.catalogue import CATALOGUE
from paribus.errors import DataError


@pytest.fixture
def entry(tiny):
    return tiny.entry(tiny.GREY, tiny.arrays(tiny.GREY))


def test_nothing_is_missing_without_being_named(cache):
    listed = available()
    assert [one.name for one in listed] == list(CATALOGUE)
    assert {one.state for one in listed} == {State.MISSING}
    assert [(one.train, one.test) for one in listed] == [(60_000, 10_000), (60_000, 10_000), (50_000, 10_000)]
    assert [one.has_stand_in for one in listed] == [True, False, True]
    assert all("is not on this machine" in one.problem for one in listed)
    assert list(cache.iterdir()) == []


def test_the_official_set_is_verified(entry, tmp_path, tiny):
    arrays = tiny.arrays(tiny.GREY)
    tiny.write_npz(tmp_path / "tiny.npz", arrays)
    found = check_entry(entry, tmp_path)
    assert (found.state, found.problem) == (State.VERIFIED, "")
    assert (found.origin, found.sha256) == (str(tmp_path / "tiny.npz"), entry.sha256)


def test_own_images_are_counted_and_unverified(entry, tmp_path, tiny):
    arrays = [array[:2] for array in tiny.arrays(tiny.GREY)[:4]]
    tiny.write_npz(tmp_path / "tiny.npz", arrays)
    found = check_entry(entry, tmp_path)
    assert (found.state, found.train, found.test) == (State.UNVERIFIED, 2, 2)
    assert found.sha256 != entry.sha256


def test_a_damaged_file_is_told_not_raised(entry, tmp_path):
    (tmp_path / "tiny.npz").write_bytes(b"rubbish")
    found = check_entry(entry, tmp_path)
    assert (found.state, found.sha256) == (State.DAMAGED, "")
    assert found.problem.startswith(f"{tmp_path / 'tiny.npz'}: ")


def test_a_folder_that_lacks_a_set_is_told_a_folder_that_is_none_is_raised(entry, tmp_path):
    assert check_entry(entry, tmp_path).state is State.MISSING
    assert "Tiny is not in" in check_entry(entry, tmp_path).problem
    with pytest.raises(DataError, match="does not exist"):
        available(tmp_path / "nowhere")
    with pytest.raises(DataError, match="no data set called 'nothing'"):
        check("nothing")


def test_a_folder_with_one_set_is_listed_as_such(tmp_path, tiny):
    images = CATALOGUE["cifar10"].images.model_copy(update={"train": 5, "test": 1})
    tiny.write_cifar(tmp_path, tiny.arrays(images))
    states = {one.name: one.state for one in available(tmp_path)}
    assert states == {"mnist": State.MISSING, "fashion_mnist": State.MISSING, "cifar10": State.UNVERIFIED}


def test_fetch_fills_the_cache_of_the_environment(cache, monkeypatch):
    monkeypatch.setattr(
        availability, "fetch_files", lambda entry, folder, progress: (entry.name, folder, progress)
    )
    assert availability.fetch("mnist", progress=False) == ("mnist", cache, False)
