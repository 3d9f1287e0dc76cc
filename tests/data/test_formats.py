"""NumPy archives and IDX files, whole and damaged in every way."""

import contextlib
import gzip
import io
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from paribus.data import formats
from paribus.data.formats import read_idx, read_idx_files, read_npz
from paribus.errors import DataError


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def zipped(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def with_array(path, arrays, name, content):
    """An archive of good arrays, one of them replaced by these bytes."""
    good = dict(zip(("x_train", "y_train", "x_test", "y_test"), map(npy, arrays[:4]), strict=True))
    return zipped(path, [(f"{key}.npy", value) for key, value in {**good, name: content}.items()])


def header_of(text):
    """The beginning of a .npy file whose header is this text."""
    content = text.encode("latin-1", "replace")
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(content)) + content


HEADERS = st.text("{}()[]'\"descrfotan_shpuiOV|<>18, :\n\t#", max_size=100).map(header_of)


class TestNpz:
    def test_keras_layout_gives_images_with_a_channel(self, tmp_path, tiny, assert_same):
        arrays = tiny.arrays(tiny.GREY)
        file = tiny.write_npz(tmp_path / "a.npz", arrays)
        assert np.load(file)["x_train"].shape == (12, 5, 4)
        assert_same(read_npz([file], tiny.GREY), arrays)

    def test_own_arrays_may_have_integer_labels_in_a_column_and_any_memory_order(
        self, tmp_path, tiny, assert_same
    ):
        arrays = tiny.arrays(tiny.COLOUR)
        saved = [
            np.asfortranarray(arrays.x_train),
            arrays.y_train[:, None].astype(">i4"),
            arrays.x_test,
            arrays.y_test.astype(np.int64),
        ]
        file = tiny.write_npz(tmp_path / "a.npz", saved)
        assert_same(read_npz([file], tiny.COLOUR), arrays)

    def test_fewer_images_than_the_official_set_are_fine(self, tmp_path, tiny, assert_same):
        arrays = [array[:2] for array in tiny.arrays(tiny.GREY)[:4]]
        assert_same(read_npz([tiny.write_npz(tmp_path / "a.npz", arrays)], tiny.GREY), arrays)

    def test_pickled_objects_are_named_and_never_loaded(self, tmp_path, tiny):
        class Trap:
            def __reduce__(self):
                return (open, (str(tmp_path / "sprung"), "w"))

        pickled = npy(np.array([Trap()] * 12, dtype=object))
        file = with_array(tmp_path / "a.npz", tiny.arrays(tiny.GREY), "y_train", pickled)
        with pytest.raises(DataError, match=r"a\.npz: The array y_train holds pickled"):
            read_npz([file], tiny.GREY)
        assert not (tmp_path / "sprung").exists()

    @pytest.mark.parametrize(
        ("names", "message"),
        [
            (["x_train", "y_train", "x_test"], "has the arrays x_train, y_train, x_test. It must"),
            (["x_train", "y_train", "x_test", "y_test", "x_extra"], "x_extra. It must have exactly"),
            ([], "has the arrays -"),
            (["x_train", "x_train", "y_train", "x_test", "y_test"], "x_train, x_train"),
        ],
    )
    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_missing_extra_and_repeated_arrays_are_named(self, tmp_path, tiny, names, message):
        file = zipped(tmp_path / "a.npz", [(f"{name}.npy", npy(np.zeros(1, np.uint8))) for name in names])
        with pytest.raises(DataError, match=message):
            read_npz([file], tiny.GREY)

    @pytest.mark.parametrize(
        ("name", "array", "message"),
        [
            ("x_train", np.zeros((12, 5, 4), np.float32), "x_train has type float32. Pixels must be uint8"),
            ("y_test", np.zeros(6, np.float64), "y_test has type float64"),
            ("y_test", np.full(6, -1), "y_test has values from -1 to -1"),
            ("y_test", np.full(6, 300), "from 300 to 300"),
            (
                "y_test",
                np.array([0, 1, 2, 0, 3, 0]),
                "test label of image 4 .* is 3. Labels here go from 0 to 2",
            ),
            (
                "x_test",
                np.zeros((6, 4, 5), np.uint8),
                "test images have shape (6, 4, 5). Here it must be n × 5",
            ),
            ("x_test", np.zeros((6, 5, 4, 3), np.uint8), "must be n × 5 × 4 × 1"),
            ("x_test", np.uint8(3), "test images have shape"),
            ("y_train", np.zeros(11, np.uint8), "train labels have shape (11,), but there are 12 images"),
            ("y_train", np.uint8(1), "train labels have shape ()"),
        ],
    )
    def test_a_wrong_array_is_named_with_what_is_right(self, tmp_path, tiny, name, array, message):
        file = with_array(tmp_path / "a.npz", tiny.arrays(tiny.GREY), name, npy(array))
        with pytest.raises(DataError, match=message.replace("(", r"\(").replace(")", r"\)")):
            read_npz([file], tiny.GREY)

    @pytest.mark.parametrize("which", ["train", "test"])
    def test_no_images_are_an_error(self, tmp_path, tiny, which):
        arrays = tiny.arrays(tiny.GREY)._asdict()
        arrays[f"x_{which}"], arrays[f"y_{which}"] = arrays[f"x_{which}"][:0], arrays[f"y_{which}"][:0]
        with pytest.raises(DataError, match=f"no {which} images"):
            read_npz([tiny.write_npz(tmp_path / "a.npz", list(arrays.values()))], tiny.GREY)

    def test_an_archive_that_would_unpack_to_too_much_is_refused(self, tmp_path, tiny, monkeypatch):
        monkeypatch.setattr(formats, "LIMIT", 10**6)
        bomb = npy(np.zeros((2 * 10**6,), np.uint8))
        file = with_array(tmp_path / "a.npz", tiny.arrays(tiny.GREY), "x_test", bomb)
        assert file.stat().st_size < 10_000
        with pytest.raises(DataError, match=r"x_test would need 2000128 bytes\. At most 1000000 are read"):
            read_npz([file], tiny.GREY)

    def test_a_header_that_promises_more_than_there_is_allocates_nothing(self, tmp_path, tiny):
        header = {"descr": "|u1", "fortran_order": False, "shape": (2**40, 5, 4)}
        stream = io.BytesIO()
        np.lib.format.write_array_header_1_0(stream, header)
        file = with_array(tmp_path / "a.npz", tiny.arrays(tiny.GREY), "x_train", stream.getvalue())
        with pytest.raises(DataError, match="ends too early"):
            read_npz([file], tiny.GREY)

    def test_values_after_the_array_are_refused(self, tmp_path, tiny):
        arrays = tiny.arrays(tiny.GREY)
        file = with_array(tmp_path / "a.npz", arrays, "y_train", npy(arrays.y_train) + b"!")
        with pytest.raises(DataError, match="more than the 12 bytes"):
            read_npz([file], tiny.GREY)

    def test_a_file_that_is_no_archive_is_named(self, tmp_path, tiny):
        (tmp_path / "a.npz").write_bytes(b"<html>404</html>")
        with pytest.raises(DataError, match=r"a\.npz: The file cannot be read"):
            read_npz([tmp_path / "a.npz"], tiny.GREY)

    @settings(max_examples=60, deadline=None)
    @given(data=st.data())
    def test_flipped_and_lost_bytes_never_give_other_images(self, data, tiny, tmp_path_factory):
        arrays = tiny.arrays(tiny.GREY)
        file = tiny.write_npz(tmp_path_factory.mktemp("npz") / "a.npz", arrays)
        content = bytearray(file.read_bytes())
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] ^= data.draw(st.integers(1, 255))
        file.write_bytes(content[: data.draw(st.sampled_from([len(content), place]))])
        try:
            read = read_npz([file], tiny.GREY)
        except DataError:
            return  # the rest, such as a flipped time stamp, changes no value
        for one, other in zip(read[:4], arrays[:4], strict=True):
            np.testing.assert_array_equal(one, other)

    @settings(max_examples=60, deadline=None)
    @given(content=st.binary(max_size=200) | HEADERS)
    def test_any_bytes_in_place_of_an_array_are_a_data_error(self, content, tiny, tmp_path_factory):
        path = tmp_path_factory.mktemp("npz") / "a.npz"
        with pytest.raises(DataError):
            read_npz([with_array(path, tiny.arrays(tiny.GREY), "x_train", content)], tiny.GREY)


class TestIdx:
    @settings(max_examples=60, deadline=None)
    @given(
        array=npst.arrays(np.uint8, npst.array_shapes(min_dims=3, max_dims=3, min_side=0, max_side=6)),
        compress=st.booleans(),
    )
    def test_what_is_written_is_read(self, array, compress, tiny, tmp_path_factory):
        content = tiny.idx_bytes(array)
        path = tmp_path_factory.mktemp("idx") / "images"
        path.write_bytes(gzip.compress(content) if compress else content)
        np.testing.assert_array_equal(read_idx(path, 3), array, strict=True)

    @pytest.mark.parametrize("compress", [False, True])
    def test_four_files_are_a_set(self, tmp_path, tiny, assert_same, compress):
        arrays = tiny.arrays(tiny.GREY)
        files = tiny.write_idx(tmp_path, arrays, compress=compress)
        assert_same(read_idx_files(files, tiny.GREY), arrays)

    @pytest.mark.parametrize("compress", [False, True])
    @settings(max_examples=60, deadline=None)
    @given(data=st.data())
    def test_a_shortened_file_is_an_error(self, compress, data, tiny, tmp_path_factory):
        content = tiny.idx_bytes(np.arange(60, dtype=np.uint8).reshape(3, 5, 4))
        content = gzip.compress(content) if compress else content
        path = tmp_path_factory.mktemp("idx") / "images"
        path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
        with pytest.raises(DataError):
            read_idx(path, 3)

    @settings(max_examples=100, deadline=None)
    @given(data=st.data())
    def test_a_flipped_bit_in_a_compressed_file_never_gives_other_values(self, data, tiny, tmp_path_factory):
        array = np.arange(60, dtype=np.uint8).reshape(3, 5, 4)
        content = bytearray(gzip.compress(tiny.idx_bytes(array)))
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        path = tmp_path_factory.mktemp("idx") / "images"
        path.write_bytes(content)
        with contextlib.suppress(DataError):
            np.testing.assert_array_equal(read_idx(path, 3), array)

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (
                struct.pack(">HBBI", 0, 8, 1, 3) + b"abc",
                "begins with the bytes 00 00 08 01 instead of 00 00 08 03",
            ),
            (struct.pack(">HBB3I", 0, 13, 3, 1, 1, 1) + b"abcd", "00 00 0d 03"),
            (struct.pack(">HBB3I", 0, 8, 3, 1, 2, 2) + b"abcde", "more than the 4 bytes"),
            (struct.pack(">HBB3I", 0, 8, 3, 1, 2, 2) + b"abc", "4 bytes should follow, 3 do"),
            (struct.pack(">HBB2I", 0, 8, 3, 1, 2), "16 bytes should follow, 12 do"),
            (
                struct.pack(">HBB3I", 0, 8, 3, 2**31, 2**31, 2**31),
                "would need 9903520314283042199192993792 bytes",
            ),
            (b"", "begins with the bytes  instead"),
            (gzip.compress(b"", mtime=0) + b"rubbish", "cannot be read"),
        ],
    )
    def test_a_damaged_file_says_what_is_wrong(self, tmp_path, content, message):
        (tmp_path / "images").write_bytes(content)
        with pytest.raises(DataError, match=message) as caught:
            read_idx(tmp_path / "images", 3)
        assert str(caught.value).startswith(str(tmp_path / "images"))

    def test_a_compressed_file_that_grows_without_end_stops_at_its_promise(self, tmp_path, tiny):
        bomb = gzip.compress(struct.pack(">HBB3I", 0, 8, 3, 1, 5, 4) + bytes(5_000_000))
        (tmp_path / "images").write_bytes(bomb)
        with pytest.raises(DataError, match="more than the 20 bytes"):
            read_idx(tmp_path / "images", 3)


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_DEFLATED])
def test_a_damaged_member_is_damage_however_it_is_compressed(tmp_path, tiny, method):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", method) as archive:
        for name in ("x_train", "y_train", "x_test", "y_test"):
            archive.writestr(f"{name}.npy", bytes(range(256)) * 400)
    content = bytearray(path.read_bytes())
    content[50:200] = b"\xff" * 150
    path.write_bytes(content)
    with pytest.raises(DataError):
        read_npz([path], tiny.GREY)
