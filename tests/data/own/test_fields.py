"""The lines of CSV files as people have them: each has the header's fields, or the message names it."""

import numpy as np
import pytest

from paribus.data.own.fields import check_widths, found_separator
from paribus.data.own.load import load
from paribus.errors import DataError
from paribus.study.source import Source

NAMES = [f"c{number}" for number in range(10)]


def lines(separator, decimal="."):
    draw = np.random.default_rng(0)
    rows = [[f"{value:.2f}".replace(".", decimal) for value in draw.normal(size=11)] for _ in range(40)]
    return [separator.join(row) for row in [[*NAMES, "price"], *rows]]


def read(path, written, **options):
    path.write_text("\n".join(written) + "\n", encoding="utf-8")
    return load(Source(way="csv", place=str(path), name="mine", **{"target": ("price",), **options}))


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize(("separator", "decimal"), [(",", "."), (";", ","), ("\t", ","), ("|", ".")])
@pytest.mark.parametrize(("change", "fields"), [("more", 12), ("fewer", 10)])
def test_a_line_of_other_length_is_named(tmp_path, separator, decimal, change, fields):
    written = lines(separator, decimal)
    written[4] = written[4] + separator + "7" if change == "more" else written[4].rpartition(separator)[0]
    with pytest.raises(DataError, match=f"Line 5 has {fields} fields, and the header has 11"):
        read(tmp_path / "a.csv", written)


def test_lines_that_all_end_in_a_separator_are_not_shifted(tmp_path):
    written = [lines(",")[0], *(line + "," for line in lines(",")[1:])]
    with pytest.raises(DataError, match=r"11 fields: 40 \(line 2 has 12, line 3"):
        read(tmp_path / "a.csv", written)


@pytest.mark.parametrize(("separator", "decimal"), [(" ", "."), (",", "."), (";", ","), ("\t", ".")])
def test_a_field_more_in_every_line_names_the_rows_as_r_writes_them(tmp_path, separator, decimal):
    plain = lines(separator, decimal)
    named = [plain[0], *(f'"case {place}"{separator}{line}' for place, line in enumerate(plain[1:]))]
    dataset, facts = read(tmp_path / "a.csv", named)
    without, _ = read(tmp_path / "b.csv", plain)
    assert facts.features == tuple(NAMES)
    assert np.array_equal(dataset.x_train, without.x_train)
    assert dataset.reading.row_names
    assert not without.reading.row_names
    assert dataset.names.ids == tuple(f"case {row - 1}" for row in dataset.names.rows)


def test_a_first_column_without_a_name_is_an_index_that_was_saved(tmp_path):
    plain = lines(",")
    named = ["," + plain[0], *(f"{place},{line}" for place, line in enumerate(plain[1:]))]
    dataset, facts = read(tmp_path / "a.csv", named)
    assert facts.features == tuple(NAMES)
    assert dataset.reading.row_names
    again, _ = read(tmp_path / "a.csv", named)
    assert again.reading.row_names


def test_a_first_column_without_a_name_that_repeats_itself_is_a_column(tmp_path):
    plain = lines(",")
    named = ["," + plain[0], *(f"{place % 3},{line}" for place, line in enumerate(plain[1:]))]
    dataset, facts = read(tmp_path / "a.csv", named)
    assert len(facts.features) == len(NAMES) + 1
    assert not dataset.reading.row_names


def test_all_lines_of_other_length_are_told_at_once(tmp_path):
    written = lines(",")
    for place in (4, 9, 11):
        written[place] += ",7"
    written[20] = "1,2"
    with pytest.raises(DataError, match=r"11 fields: 4 \(line 5 has 12, line 10 has 12, .*line 21 has 2\)"):
        read(tmp_path / "a.csv", written)


def test_lines_without_the_name_of_their_row_are_told(tmp_path):
    written = lines(",")
    written = [written[0], *(f"r{place},{line}" for place, line in enumerate(written[1:]))]
    written[7] = written[7].partition(",")[2]
    with pytest.raises(DataError, match=r"12 fields: 1 \(line 8 has 11\)"):
        read(tmp_path / "a.csv", written)


def test_a_header_that_ends_in_a_separator_names_no_column(tmp_path):
    written = [lines(",")[0] + ",", *lines(",")[1:]]
    assert read(tmp_path / "a.csv", written)[1].features == tuple(NAMES)


def test_a_stated_separator_and_quoted_lines_are_counted(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('sep=;\na;b\n"x\ny; z";1\n\n1;2;3\n')
    with pytest.raises(DataError, match="Line 6 has 3 fields"):
        check_widths(path, "utf-8", ";", skipped=1)


def test_the_header_decides_between_separators():
    assert found_separator("a;b\n1,5;2,5\n") == ";"
    assert found_separator('"a, b";c\n1,5;2,5\n') == ";"
    assert found_separator("a\n1\n") == ","


@pytest.mark.parametrize(
    "date", ["26.08.2024", "26.08.24", "26.08.2024 14:30", "2024-08-26", "6.8.2024", "26.08.2024, 14:30"]
)
def test_dates_are_no_numbers_beside_decimal_commas(tmp_path, date):
    written = [f"{line};{date if row else 'sold'}" for row, line in enumerate(lines(";", ","))]
    with pytest.raises(DataError, match="Column 'sold' holds dates"):
        read(tmp_path / "a.csv", written)


def test_groups_of_three_digits_are_numbers(tmp_path):
    areas = ["1.234,5", "12.345.678,25", "-1.000", "999", "0,5", "", "?", "+7"] * 5
    written = [f"{line};{area}" for line, area in zip(lines(";", ","), ["area", *areas], strict=True)]
    dataset, facts = read(tmp_path / "a.csv", written)
    both = np.concatenate([dataset.x_train, dataset.x_test])[:, facts.features.index("area")]
    expected = {1234.5, 12345678.25, -1000.0, 999.0, 0.5, 7.0}
    assert set(both[~np.isnan(both)].tolist()) == {float(np.float32(each)) for each in expected}
    assert np.isnan(both).sum() == 10


@pytest.mark.parametrize("wrong", ["1.23", "1234.567", "1.2345", "1.234.56", ".500"])
def test_other_groups_are_no_thousands(tmp_path, wrong):
    areas = ["1.234,5", wrong] * 20
    written = [f"{line};{area}" for line, area in zip(lines(";", ","), ["area", *areas], strict=True)]
    assert {"area=1.234,5", f"area={wrong}"} <= set(read(tmp_path / "a.csv", written)[1].features)


def test_a_column_with_decimal_points_keeps_them_beside_decimal_commas(tmp_path):
    areas = ["1.234", "1.23"] * 20
    written = [f"{line};{area}" for line, area in zip(lines(";", ","), ["area", *areas], strict=True)]
    dataset, facts = read(tmp_path / "a.csv", written)
    assert set(dataset.x_train[:, facts.features.index("area")].tolist()) == set(
        np.array([1.234, 1.23], np.float32).tolist()
    )


@pytest.mark.parametrize("target", ["price", "c3"])
def test_decimal_commas_that_are_read_as_text_are_told(tmp_path, target):
    written = lines(";", ",")
    with pytest.raises(DataError, match=r"look like numbers with a decimal comma, such as .* decimal: ','"):
        read(tmp_path / "a.csv", written, target=(target,), decimal=".")


def test_quoted_thousands_are_not_taken_for_decimal_commas(tmp_path):
    areas = [f'"{number},000"' for number in range(1, 41)]
    written = [f"{line};{area}" for line, area in zip(lines(";"), ["area", *areas], strict=True)]
    with pytest.raises(DataError, match="Column 'area' has 40 different values in 40 rows"):
        read(tmp_path / "a.csv", written, decimal=".")
