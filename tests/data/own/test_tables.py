"""Tables as people have them: exported, dated, coded, with holes; each works or says what to do."""

import re
from datetime import date

import numpy as np
import pandas as pd
import pytest

import paribus as pb
from paribus.data.own.load import load
from paribus.errors import DataError
from paribus.study.source import Source

ROWS = 40


@pytest.fixture
def table():
    draw = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "area": draw.normal(100, 20, ROWS).round(2),
            "rooms": draw.integers(1, 6, ROWS),
            "town": draw.choice(["Huế", "Đà Nẵng"], ROWS),
            "price": draw.normal(200.5, 50, ROWS).round(1),
        }
    )


@pytest.fixture
def read(tmp_path):
    def read(content, **options):
        path = tmp_path / "houses.csv"
        if isinstance(content, pd.DataFrame):
            content.to_csv(path, index=False)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, encoding="utf-8")
        given = {"name": "houses", "target": ("price",), **options}
        return load(Source(way="csv", place=str(path), **given))

    return read


@pytest.fixture
def refusal(read):
    def refusal(content, **options):
        with pytest.raises(DataError) as caught:
            read(content, **options)
        return str(caught.value)

    return refusal


def test_numbers_stay_and_categories_become_zeros_and_ones(table, read):
    dataset, facts = read(table)
    assert facts.features == ("area", "rooms", "town=Huế", "town=Đà Nẵng")
    assert facts.numeric == 2
    assert (dataset.x_train[:, 2:].sum(axis=1) == 1).all()
    assert (facts.task, facts.train, facts.test) == ("regression", 32, 8)


def test_the_rows_are_those_of_the_file(table, read):
    dataset, _ = read(table)
    both = np.concatenate([dataset.x_train, dataset.x_test])
    assert sorted(both[:, 0]) == sorted(table["area"].astype(np.float32))


def test_semicolons_and_decimal_commas_are_found_out(table, read):
    text = table.to_csv(index=False, sep=";", decimal=",")
    dataset, facts = read(text)
    assert facts.features[:2] == ("area", "rooms")
    assert dataset.x_train[:, 0].max() < 1_000


def test_the_same_table_written_in_two_ways_holds_the_same_numbers(table, read):
    ours, theirs = read(table)[0], read(table.to_csv(index=False, sep=";", decimal=","))[0]
    assert np.array_equal(ours.x_train, theirs.x_train)
    assert np.array_equal(ours.y_train, theirs.y_train)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_read_in_its_encoding(table, read, encoding):
    assert "town=Huế" in read(table.to_csv(index=False).encode(encoding))[1].features


def test_a_file_in_the_encoding_of_old_windows_is_read(table, read):
    table["town"] = ["Köln", "Málaga"] * (ROWS // 2)
    assert "town=Köln" in read(table.to_csv(index=False).encode("cp1252"))[1].features


def test_a_spreadsheets_line_that_names_the_separator_is_passed_over(table, read):
    text = "sep=;\n" + table.to_csv(index=False, sep=";")
    assert read(text)[1].features[0] == "area"


def test_tabs_separate_columns(table, read):
    assert read(table.to_csv(index=False, sep="\t"))[1].features[0] == "area"


def test_missing_numbers_are_kept_as_missing_until_a_run_fills_them(table, read):
    table.loc[::5, "area"] = np.nan
    dataset, _ = read(table)
    both = np.concatenate([dataset.x_train, dataset.x_test])
    assert np.isnan(both[:, 0]).sum() == ROWS / 5


@pytest.mark.parametrize("mark", ["?", "NA", "", "-"])
def test_common_marks_for_nothing_are_missing_numbers(table, read, mark):
    table["area"] = table["area"].astype(object)
    table.loc[0, "area"] = mark
    dataset, facts = read(table)
    assert facts.features[0] == "area"
    assert np.isnan(np.concatenate([dataset.x_train, dataset.x_test])[:, 0]).sum() == 1


def test_missing_categories_are_a_category(table, read):
    table.loc[0, "town"] = None
    assert "town=missing" in read(table)[1].features


def test_truth_values_are_numbers(table, read):
    table["garden"] = table["area"] > 100
    assert "garden" in read(table)[1].features


def test_yes_and_no_are_two_classes(table, read):
    table["sold"] = np.where(table["price"] > 200, "yes", "no")
    facts = read(table, target=("sold",))[1]
    assert (facts.task, facts.classes) == ("classification", ("no", "yes"))


def test_columns_can_be_left_out_and_codes_declared_categories(table, read):
    facts = read(table, drop=("town",), categorical=("rooms",))[1]
    assert all(name == "area" or name.startswith("rooms=") for name in facts.features)


def test_two_targets_are_predicted_together(table, read):
    dataset, facts = read(table, target=("price", "area"))
    assert (facts.targets, dataset.y_train.shape) == (2, (32, 2))


def test_a_group_stays_on_one_side_of_the_split(table, read):
    table["owner"] = np.arange(ROWS) // 4
    dataset, facts = read(table, group="owner")
    assert "owner" not in facts.features
    of_train, of_test = np.split(dataset.groups, [facts.train])
    assert not set(of_train) & set(of_test)
    assert (len(set(of_train)), len(set(of_test))) == (facts.groups, facts.test_groups) == (8, 2)
    assert facts.test % 4 == 0


def test_each_class_has_its_share_in_the_test_data(table, read):
    table["sold"] = ["yes"] * 30 + ["no"] * 10
    dataset, _ = read(table, target=("sold",))
    assert np.bincount(dataset.y_test).tolist() == [2, 6]


def test_a_column_of_text_becomes_numbers_of_its_words(table, read):
    table["note"] = ["bright and quiet", "dark but cheap"] * (ROWS // 2)
    dataset, facts = read(table, text="note", length=4)
    assert (facts.values, facts.vocabulary, facts.words) == ("tokens", 8, 8)
    assert dataset.x_train.shape == (32, 4)
    assert set(map(tuple, dataset.x_train)) == {(3, 2, 7, 0), (6, 4, 5, 0)}  # by the alphabet


def test_a_vocabulary_is_no_larger_than_what_the_texts_have(table, read):
    table["note"] = ["bright and quiet", "dark but cheap"] * (ROWS // 2)
    assert read(table, text="note", length=4, vocabulary=5)[1].vocabulary == 5
    assert read(table, text="note", length=4, vocabulary=500)[1].vocabulary == 8


def test_the_test_data_of_ordered_rows_are_the_last(table, read):
    dataset, facts = read(table, ordered=True, test=0.3)
    rows = table[["area", "rooms"]].to_numpy(np.float32)
    np.testing.assert_array_equal(dataset.x_train[:, :2], rows[:28])
    np.testing.assert_array_equal(dataset.x_test[:, :2], rows[28:])
    assert facts.ordered


def test_rows_are_ordered_or_of_groups(table, refusal):
    table["owner"] = np.arange(ROWS) // 4
    assert "keep one of ordered and group" in refusal(table, group="owner", ordered=True)


def test_a_changed_file_is_another_data_set(table, read):
    before = read(table)[0].sha256
    table.loc[0, "area"] += 1
    assert read(table)[0].sha256 != before


def test_a_renamed_column_is_another_data_set(table, read):
    before = read(table)[0].sha256
    assert read(table.rename(columns={"area": "surface"}))[0].sha256 != before


def test_the_test_rows_are_the_same_whenever_they_are_drawn(table, read):
    assert np.array_equal(read(table)[0].x_test, read(table, name="other")[0].x_test)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"target": ()}, "target: NAME"),
        ({"target": ("prize",)}, "no column 'prize'"),
        ({"target": ("price",), "drop": ("area", "rooms", "town")}, "No column is left"),
        ({"target": ("price", "town")}, "'town' is not"),
        ({"target": ("town",), "task": "regression"}, "'Huế'"),
        ({"target": ("price",), "group": "price"}, "group: 'price' is the column that is predicted"),
        ({"target": ("price",), "weight": "price"}, "weight: 'price' is the column that is predicted"),
    ],
)
def test_a_wrong_column_is_named(table, refusal, options, told):
    table.loc[0, "town"] = "Huế"
    assert told in refusal(table, **options)


def test_dates_are_refused_with_what_to_do(table, refusal):
    table["day"] = pd.date_range("2025-01-01", periods=ROWS).strftime("%Y-%m-%d")
    assert "drop: [day]" in refusal(table)


def test_a_column_that_names_the_rows_is_no_category(table, refusal):
    table["address"] = [f"{place} Main Street" for place in range(ROWS)]
    assert "id: address" in refusal(table)


def test_a_missing_target_is_refused_with_its_rows(table, refusal):
    table.loc[[2, 5], "price"] = np.nan
    assert "without a label: 2 (3, 6; counted from 1, without a header)" in refusal(table)


def test_three_rows_are_too_few(table, refusal):
    assert "only 3 examples" in refusal(table.head(3))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"  \n\n", "empty"),
        (b"PK\x03\x04" + bytes(50), "spreadsheet"),
        (b"area,price\n1,2\n1,2,3,4\n1,2", "Line 3 has 4 fields"),
    ],
)
def test_what_is_no_table_is_told(refusal, content, told):
    assert told in refusal(content)


def test_an_infinite_number_is_refused_with_its_row(table, refusal):
    table.loc[3, "area"] = np.inf
    assert "row" in refusal(table)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        load(Source(way="csv", place=str(tmp_path / "none.csv"), name="none", target=("y",)))


@pytest.mark.parametrize(
    "dates", [pd.date_range("2024-01-01", periods=30), [f"2024-01-{n % 28 + 1:02}" for n in range(30)]]
)
def test_dates_to_be_predicted_are_refused_with_what_to_do(dates):
    frame = pd.DataFrame({"x": np.arange(30.0), "day": dates})
    with pytest.raises(
        DataError, match=r"'day' is to be predicted and holds dates, such as 2024-01-01.*python: FILE"
    ):
        pb.Data.from_frame(frame, "day")
    assert pb.Data.from_frame(frame.assign(day=frame.index % 2), "day").facts.task == "classification"


@pytest.mark.parametrize(
    "labels",
    [
        np.arange("2024-01-01", "2024-01-31", dtype="datetime64[D]"),
        np.arange(30).astype("timedelta64[h]"),
        [date(2024, 1, 1 + n) for n in range(30)],
    ],
)
def test_dates_as_labels_are_refused(labels):
    with pytest.raises(DataError, match="labels are dates or durations"):
        pb.Data(np.arange(30.0), labels)


def test_dates_that_are_said_to_be_classes_are_classes():
    frame = pd.DataFrame({"x": np.arange(30.0), "day": ["2024-01-01", "2024-01-02"] * 15})
    assert pb.Data.from_frame(frame, "day", task="classification").facts.classes == (
        "2024-01-01",
        "2024-01-02",
    )


def test_a_column_without_any_value_holds_no_dates():
    frame = pd.DataFrame({"x": np.arange(30.0), "empty": ["?"] * 30, "y": [0, 1] * 15})
    assert "empty=?" in pb.Data.from_frame(frame, "y").facts.features


def test_what_is_wrong_with_several_columns_and_labels_is_one_message():
    frame = pd.DataFrame(
        {
            "name": [f"n{n}" for n in range(30)],
            "born": pd.date_range("2000-01-01", periods=30),
            "y": [0.5, np.nan, 1.5] * 10,
        }
    )
    with pytest.raises(DataError) as refused:
        pb.Data.from_frame(frame, "y")
    head, *lines = str(refused.value).splitlines()
    assert head == "paribus.Data: "
    assert [
        re.search(r"without a label: 10|'name' has 30|'born' holds dates", line)[0] for line in lines
    ] == [
        "without a label: 10",
        "'name' has 30",
        "'born' holds dates",
    ]


def test_all_columns_that_are_not_there_are_one_message():
    frame = pd.DataFrame({"x": np.arange(30.0), "y": [0, 1] * 15})
    with pytest.raises(DataError, match=r"There are no columns z, why. The columns are: x, y"):
        pb.Data.from_frame(frame, "z", drop=["why"])


def test_of_many_faulty_columns_the_last_are_counted():
    days = {f"day{n}": pd.date_range("2000-01-01", periods=30) for n in range(9)}
    frame = pd.DataFrame({"x": np.arange(30.0), "y": [0, 1] * 15, **days})
    with pytest.raises(DataError, match=r"(?s)'day0'.*'day5' holds dates.*and 3 more$"):
        pb.Data.from_frame(frame, "y")
