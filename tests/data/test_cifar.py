"""CIFAR-10's binary version: the folder and the archive, whole and hostile."""

import gzip
import hashlib
import io
import tarfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paribus.data import cifar
from paribus.data.cifar import read_archive, read_batches
from paribus.errors import DataError


def test_the_folder_gives_images_with_channels_last(tmp_path, tiny, assert_same):
    arrays = tiny.arrays(tiny.COLOUR)
    assert_same(read_batches(tiny.write_cifar(tmp_path, arrays), tiny.COLOUR), arrays)


def test_the_archive_gives_the_same_whatever_the_order_of_its_members(tmp_path, tiny, assert_same):
    arrays = tiny.arrays(tiny.COLOUR)
    archive = tiny.write_cifar_tar(tmp_path / "a.tar.gz", arrays)
    with tarfile.open(archive) as opened:
        assert opened.getnames()[2].endswith("test_batch.bin")
    assert_same(read_archive([archive], tiny.COLOUR), arrays)


def test_the_md5_of_each_file_comes_with_the_arrays(tmp_path, tiny):
    arrays = tiny.arrays(tiny.COLOUR)
    expected = tuple(hashlib.md5(content).hexdigest() for content in tiny.cifar_bytes(arrays).values())
    assert read_batches(tiny.write_cifar(tmp_path, arrays), tiny.COLOUR).md5 == expected
    assert read_archive([tiny.write_cifar_tar(tmp_path / "a.tgz", arrays)], tiny.COLOUR).md5 == expected


@pytest.mark.parametrize("content", [b"", bytes(48), bytes(50)])
def test_a_file_without_whole_images_is_named(tmp_path, tiny, content):
    files = tiny.write_cifar(tmp_path, tiny.arrays(tiny.COLOUR))
    files[3].write_bytes(content)
    with pytest.raises(DataError, match=rf"data_batch_4\.bin: .* {len(content)} bytes.* of 49 bytes"):
        read_batches(files, tiny.COLOUR)


def test_a_label_without_a_class_is_an_error(tmp_path, tiny):
    files = tiny.write_cifar(tmp_path, tiny.arrays(tiny.COLOUR))
    files[5].write_bytes(bytes([3]) + bytes(48))
    with pytest.raises(DataError, match=r"test label of image 0 .* is 3"):
        read_batches(files, tiny.COLOUR)


def test_a_file_that_is_too_large_is_not_read(tmp_path, tiny, monkeypatch):
    files = tiny.write_cifar(tmp_path, tiny.arrays(tiny.COLOUR))
    monkeypatch.setattr(cifar, "LIMIT", 97)
    with pytest.raises(DataError, match=r"data_batch_1\.bin would need 98 bytes"):
        read_batches(files, tiny.COLOUR)


class TestArchive:
    def test_names_that_only_resemble_are_passed_over_and_nothing_is_written(self, tmp_path, tiny):
        contents = tiny.cifar_bytes(tiny.arrays(tiny.COLOUR))
        members = [(f"../{cifar.FOLDER}/{name}", content) for name, content in contents.items()]
        members += [(f"/{cifar.FOLDER}/{name}", content) for name, content in contents.items()]
        members += [(f"{cifar.FOLDER}/../{cifar.FOLDER}/{name}", b) for name, b in contents.items()]
        archive = tiny.write_tar(tmp_path / "inside" / "a.tar.gz", members)
        with pytest.raises(DataError, match=r"has no cifar-10-batches-bin/data_batch_1\.bin, "):
            read_archive([archive], tiny.COLOUR)
        assert [path.name for path in tmp_path.rglob("*")] == ["inside", "a.tar.gz"]

    @pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
    def test_a_link_or_device_in_place_of_a_file_is_not_followed(self, tmp_path, tiny, kind):
        secret = tmp_path / "secret"
        secret.write_bytes(bytes(49))
        contents = tiny.cifar_bytes(tiny.arrays(tiny.COLOUR))
        link = tarfile.TarInfo(f"{cifar.FOLDER}/test_batch.bin")
        link.type, link.linkname = kind, str(secret)
        del contents["test_batch.bin"]
        members = [(f"{cifar.FOLDER}/{name}", content) for name, content in contents.items()]
        archive = tiny.write_tar(tmp_path / "a.tar.gz", [*members, (link, b"")])
        with pytest.raises(DataError, match=r"has no cifar-10-batches-bin/test_batch\.bin"):
            read_archive([archive], tiny.COLOUR)

    @pytest.mark.parametrize(
        "pax",
        [
            {"size": "9" * 30},
            {"size": str(2**63)},
            {"size": "-1"},
            {"size": "x"},
            {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "x"},
            {"GNU.sparse.map": "1,x"},
        ],
        ids=str,
    )
    def test_numbers_of_a_header_that_cannot_be_are_damage(self, tmp_path, tiny, pax):
        member = tarfile.TarInfo(f"{cifar.FOLDER}/test_batch.bin")
        member.pax_headers = pax
        archive = tmp_path / "a.tar.gz"
        with tarfile.open(archive, "w:gz", format=tarfile.PAX_FORMAT) as written:
            written.addfile(member)
        with pytest.raises(DataError):
            read_archive([archive], tiny.COLOUR)

    @pytest.mark.parametrize("kind", ["member", "header"])
    def test_an_archive_that_unpacks_to_too_much_is_refused(self, tmp_path, tiny, monkeypatch, kind):
        monkeypatch.setattr(cifar, "LIMIT", 10**6)
        bomb = tarfile.TarInfo("other")
        if kind == "header":  # a long name is read into memory before anyone asks for it
            bomb.type = tarfile.GNUTYPE_LONGNAME
        bomb.size = 5 * 10**6
        raw = bomb.tobuf(tarfile.GNU_FORMAT) + bytes(bomb.size + 5000)
        archive = tmp_path / "a.tar.gz"
        archive.write_bytes(gzip.compress(raw))
        with pytest.raises(DataError, match="At most 1000000 are read"):
            read_archive([archive], tiny.COLOUR)

    @settings(max_examples=60, deadline=None)
    @given(data=st.data())
    def test_flipped_and_lost_bytes_never_give_other_images(self, data, tiny, tmp_path_factory):
        arrays = tiny.arrays(tiny.COLOUR)
        archive = tiny.write_cifar_tar(tmp_path_factory.mktemp("tar") / "a.tar.gz", arrays)
        content = bytearray(archive.read_bytes())
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] ^= data.draw(st.integers(1, 255))
        archive.write_bytes(content[: data.draw(st.sampled_from([len(content), place]))])
        try:
            read = read_archive([archive], tiny.COLOUR)
        except DataError:
            return
        for one, other in zip(read[:4], arrays[:4], strict=True):
            np.testing.assert_array_equal(one, other)

    @settings(max_examples=60, deadline=None)
    @given(data=st.data())
    def test_a_tar_file_with_flipped_bytes_is_read_or_is_a_data_error(self, data, tiny, tmp_path_factory):
        archive = tiny.write_cifar_tar(tmp_path_factory.mktemp("tar") / "a.tar.gz", tiny.arrays(tiny.COLOUR))
        content = bytearray(gzip.decompress(archive.read_bytes()))
        for _ in range(data.draw(st.integers(1, 5))):
            content[data.draw(st.integers(0, 4000))] = data.draw(st.integers(0, 255))
        archive.write_bytes(gzip.compress(bytes(content), 1))
        try:
            images = read_archive([archive], tiny.COLOUR).x_train
        except DataError:
            return
        assert images.shape[1:] == tiny.COLOUR.shape

    def test_an_archive_of_another_kind_is_named(self, tmp_path, tiny):
        stream = io.BytesIO()
        stream.write(gzip.compress(b"no tar file"))
        (tmp_path / "a.tar.gz").write_bytes(stream.getvalue())
        with pytest.raises(DataError, match=r"a\.tar\.gz: The file cannot be read"):
            read_archive([tmp_path / "a.tar.gz"], tiny.COLOUR)
