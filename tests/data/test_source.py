"""The order of the places in which images are looked for."""

import pytest

from paribus.data import fetch, source
from paribus.data.source import find, find_entry
from paribus.errors import DataError


@pytest.fixture
def arrays(tiny):
    return tiny.arrays(tiny.GREY)


@pytest.fixture
def entry(tmp_path, tiny, arrays):
    """Its official file lies in the folder ``official``; no mirror has it."""
    path = tiny.write_npz(tmp_path / "official" / "tiny.npz", arrays)
    return tiny.entry(tiny.GREY, arrays, [tiny.official(path, "http://127.0.0.1:9/")])


@pytest.fixture
def in_cache(cache, tiny, arrays):
    return tiny.write_npz(cache / "tiny" / "tiny.npz", arrays)


@pytest.fixture
def own(tmp_path, tiny):
    """A folder with other images of the same shape."""
    tiny.write_npz(tmp_path / "own" / "tiny.npz", tiny.arrays(tiny.GREY, seed=1))
    return tmp_path / "own"


def no_download(*_):
    raise AssertionError("a download was tried")


class TestANamedFolder:
    def test_comes_before_the_cache_and_may_hold_own_images(self, entry, in_cache, own):
        dataset = find_entry(entry, data_dir=own)
        assert not dataset.verified
        assert dataset.origin == str(own / "tiny.npz")

    def test_that_holds_the_official_files_is_verified(self, entry, tmp_path):
        assert find_entry(entry, data_dir=tmp_path / "official").verified

    def test_that_lacks_the_data_set_is_an_error_even_where_the_cache_has_it(
        self, entry, in_cache, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(fetch, "fetch_files", no_download)
        (tmp_path / "empty").mkdir()
        with pytest.raises(DataError) as caught:
            find_entry(entry, data_dir=tmp_path / "empty")
        told = str(caught.value)
        assert told.startswith(
            f"Tiny is not in {tmp_path / 'empty'}, nor in these folders below it: tiny, TINY/raw"
        )
        assert "tiny.npz; train-images-idx3-ubyte.gz + train-labels-idx1-ubyte.gz + " in told
        assert "paribus data fetch tiny" in told

    def test_with_the_pickled_cifar_says_why_it_is_not_read(self, tmp_path):
        (tmp_path / "cifar-10-batches-py").mkdir()
        with pytest.raises(DataError, match=r"cifar-10-batches-py, is the Python version. It is pickled"):
            find("cifar10", data_dir=tmp_path)

    def test_in_the_environment_comes_before_the_cache(self, entry, in_cache, own, monkeypatch):
        monkeypatch.setenv("PARIBUS_DATA", str(own))
        assert not find_entry(entry).verified

    def test_in_the_environment_may_lack_the_data_set(self, entry, in_cache, tmp_path, monkeypatch):
        (tmp_path / "empty").mkdir()
        monkeypatch.setenv("PARIBUS_DATA", str(tmp_path / "empty"))
        assert find_entry(entry).origin == str(in_cache)

    def test_as_an_argument_comes_before_the_environment(self, entry, own, tmp_path, monkeypatch):
        monkeypatch.setenv("PARIBUS_DATA", str(own))
        assert find_entry(entry, data_dir=tmp_path / "official").verified

    def test_in_the_environment_may_begin_with_the_users_home(self, entry, own, monkeypatch):
        monkeypatch.setenv("HOME", str(own.parent))
        monkeypatch.setenv("PARIBUS_DATA", "~/own")
        assert find_entry(entry).origin == str(own / "tiny.npz")

    def test_that_does_not_exist_is_an_error(self, entry, in_cache, tmp_path, monkeypatch):
        with pytest.raises(DataError, match=r"nowhere does not exist"):
            find_entry(entry, data_dir=tmp_path / "nowhere")
        monkeypatch.setenv("PARIBUS_DATA", str(tmp_path / "nowhere"))
        with pytest.raises(DataError, match=r"nowhere does not exist"):
            find_entry(entry)

    def test_that_is_a_file_is_an_error_with_the_folder_to_give(self, entry, own):
        with pytest.raises(DataError, match=f"is a file. Give the folder that holds it: {own}"):
            find_entry(entry, data_dir=own / "tiny.npz")


class TestTheCache:
    def test_serves_without_a_download(self, entry, in_cache, monkeypatch):
        monkeypatch.setattr(fetch, "fetch_files", no_download)
        assert find_entry(entry).verified

    def test_never_serves_images_that_are_not_official(self, entry, cache, tiny):
        path = tiny.write_npz(cache / "tiny" / "tiny.npz", tiny.arrays(tiny.GREY, seed=1))
        with pytest.raises(DataError) as caught:
            find_entry(entry)
        told = str(caught.value)
        assert str(path) in told
        assert "not those of the official Tiny" in told
        assert "`paribus data fetch tiny` fetches it again" in told

    def test_with_a_damaged_file_says_which_and_what_to_do(self, entry, in_cache):
        in_cache.write_bytes(in_cache.read_bytes()[:-30])
        with pytest.raises(DataError) as caught:
            find_entry(entry)
        assert f"damaged file, {in_cache}" in str(caught.value)
        assert "`paribus data fetch tiny` fetches it again" in str(caught.value)


class TestADownload:
    def test_fills_the_cache_and_is_read_from_there(self, entry, cache, tiny, arrays, monkeypatch):
        def arrives(entry, cache):
            return tiny.write_npz(cache / entry.name / "tiny.npz", arrays).parent

        monkeypatch.setattr(fetch, "fetch_files", arrives)
        assert find_entry(entry).origin == str(cache / "tiny" / "tiny.npz")

    def test_goes_on_where_another_stopped_between_two_files(self, entry, cache, tiny, arrays, monkeypatch):
        tiny.write_idx(cache / "tiny", arrays)[2].unlink()
        tried = []

        def arrives(entry, cache):
            tried.append(entry.name)
            tiny.write_idx(cache / "tiny", arrays)

        monkeypatch.setattr(fetch, "fetch_files", arrives)
        assert find_entry(entry).verified
        assert tried == ["tiny"]

    def test_is_not_tried_where_it_may_not(self, entry, cache, monkeypatch):
        monkeypatch.setattr(fetch, "fetch_files", no_download)
        with pytest.raises(DataError, match=f"Tiny is not on this machine.*looked in {cache / 'tiny'}"):
            find_entry(entry, download=False)


def test_an_unknown_name_is_an_error_with_the_one_probably_meant():
    with pytest.raises(
        DataError, match=r"'CIFAR-10'. Known: cifar10, fashion_mnist, mnist. Did you mean 'cifar10'"
    ):
        find("CIFAR-10")
    with pytest.raises(DataError, match="no data set called 'imagenet'"):
        find("imagenet", embedded=True)


def test_embedded_takes_the_stand_in_and_looks_nowhere_else(monkeypatch, tmp_path):
    monkeypatch.setattr(source, "_locate", no_download)
    assert find("mnist", embedded=True, data_dir=tmp_path / "nowhere").stand_in


@pytest.mark.parametrize("name", ["mnist", "cifar10"])
def test_the_message_without_network_offers_the_stand_in(name):
    with pytest.raises(DataError, match="embedded"):
        find(name, download=False)


def test_the_message_for_a_set_without_a_stand_in_does_not():
    with pytest.raises(DataError) as caught:
        find("fashion_mnist", download=False)
    assert "embedded" not in str(caught.value)
