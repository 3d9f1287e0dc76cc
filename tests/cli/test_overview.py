"""The first screen: the answer on top, a line a question, a line a variant, at every width."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console
from tests.report.page import pages

from paribus import texts
from paribus.cli.overview import show_overview
from paribus.record.run import Status

WIDTHS = (60, 80, 100, 200)


def seen(material, width=100, *, encoding="utf-8", requested=0):
    """What the first screen shows of a study on a terminal so wide."""
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="replace")
    show_overview(Console(file=file, width=width, highlight=False), material, requested)
    file.flush()
    return file.buffer.getvalue().decode(encoding)


def many(made, count, seeds=3, **fields):
    """A study of a plain variant and so many others, each compared with it."""
    names = ["plain", *(f"v{place}" for place in range(count))]
    questions = [{"treatment": name, "reference": "plain"} for name in names[1:]]
    study = made.study(names, questions=questions, **fields)
    records = {
        (name, seed): made.run(
            made.history(4, seed=seed), seed=seed, test=0.9 + 0.002 * place + 0.0011 * seed * (place % 3)
        )
        for place, name in enumerate(names)
        for seed in range(seeds)
    }
    return pages.material(study, records)


@pytest.fixture
def ordinary(made, tmp_path):
    return pages.ordinary(made, tmp_path)


def test_the_first_line_says_what_has_run_and_the_next_what_is_decided(ordinary):
    lines = seen(ordinary, requested=9).splitlines()
    assert lines[0] == "mine · 6/9 runs · 2 variants × 3 seeds"
    assert lines[2].startswith("1 of 1 questions decided; 1 not run")


def test_a_question_has_verdict_title_pair_difference_interval_and_p(ordinary):
    row = next(line for line in seen(ordinary).splitlines() if "▲" in line)
    (comparison,) = [each for each in ordinary.comparisons if each.is_answered]
    low, high = (f"{100 * end:+.1f}" for end in comparison.interval)
    words = ["▲ better", "l2−plain", f"{100 * comparison.difference:+.1f}", f"[{low}, {high}]"]
    assert [word for word in words if word not in row] == []
    assert row.index("better") < row.index("l2−plain") < row.index("[")


def test_variants_stand_with_the_best_on_top_and_those_not_run_below(ordinary):
    told = seen(ordinary)
    assert told.index("l2 · ") < told.index("plain · base")
    assert "Not run: later · base." in told


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_no_row_of_a_table_is_wider_than_the_screen(made, width, language):
    with texts.language(language):
        told = seen(many(made, 9), width)
    rows = [line for line in told.splitlines() if "[" in line or "±" in line]
    assert rows
    assert max(map(cell_len, rows)) <= width


def test_where_there_is_little_room_whole_columns_go_and_the_difference_stays(ordinary):
    told = {width: seen(ordinary, width) for width in (100, 48)}
    assert "adj. p" in told[100]
    assert "adj. p" not in told[48]
    assert "Δ, pp" in told[48]


@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_long_label_wraps_and_takes_no_number_from_its_row(made, width):
    material = many(made, 2)
    long = "raw pixels from 0 to 255, without any scaling at all, as the lab has them"
    variants = {**material.study.variants}
    variants["v0"] = variants["v0"].model_copy(update={"label": long})
    told = seen(replace(material, study=material.study.model_copy(update={"variants": variants})), width)
    named = told.split("test %")[1]
    assert "as the lab has them" in " ".join(named.replace("▁▄▆█", "").split())
    assert all(word in named for word in ("v0 · raw pixels", "plain", "v1", "±0.", "val %"))
    asked = told.split("test %")[0]
    assert all(word in asked for word in ("Raw pixels", "Δ, pp", "95% CI"))
    rows = asked.partition("Δ is")[0].splitlines() + named.partition("Warning")[0].splitlines()
    assert max(map(cell_len, rows)) <= width


def test_one_cause_of_several_seeds_is_told_once(made):
    study = made.study(["plain", "l2"])
    records = {
        ("l2", seed): made.run(made.history(2, seed=seed), seed=seed, status=Status.DIVERGED)
        for seed in range(3)
    }
    told = " ".join(seen(pages.material(study, records)).split())
    assert told.count("l2 · L2 0.01, seeds 0, 1 and 2: The loss was NaN or infinite after epoch 2.") == 1


@pytest.mark.parametrize("width", [80, 100])
def test_a_long_question_wraps_between_words_and_keeps_its_difference(made, width):
    material = many(made, 1)
    title = "A title of many words that has no room beside all the numbers of its row"
    asked = material.comparisons[0].question.model_copy(update={"title": title})
    told = seen(replace(material, comparisons=[replace(material.comparisons[0], question=asked)]), width)
    heading, *rows = told.split("\n\n")[1].split("Δ is")[0].splitlines()
    assert "95% CI" in heading
    assert [row for row in rows if cell_len(row) > width] == []
    words = " ".join(rows).split()
    assert [word for word in title.split() if word not in words] == []


def test_a_variant_that_failed_says_in_how_many_runs_in_place_of_a_test(made):
    study = made.study(["plain", "l2"], questions=[{"treatment": "l2", "reference": "plain"}])
    records = {("plain", seed): made.run(made.history(5, seed=seed), seed=seed) for seed in range(3)}
    records |= {
        ("l2", seed): made.run(made.history(2, seed=seed), seed=seed, status=Status.DIVERGED)
        for seed in range(3)
    }
    told = seen(pages.material(study, records))
    assert "▼ fails" in told
    assert "in 3 of 3 runs" in told
    assert "(failed 3/3)" in told


def test_more_rows_than_a_screen_has_are_counted(made):
    told = seen(many(made, 40))
    assert told.count("−plain") == 16
    assert "  + 24 more" in told
    assert "  + 25 more" in told


def test_labels_of_wide_characters_keep_the_columns_below_each_other(made):
    material = many(made, 2)
    variants = dict(material.study.variants)
    variants["v0"] = variants["v0"].model_copy(update={"label": "学習率 0.1"})
    study = material.study.model_copy(update={"variants": variants})
    rows = [line for line in seen(replace(material, study=study)).splitlines() if "−plain" in line]
    places = {cell_len(line[: line.index("−plain")]) for line in rows}
    assert len(rows) == 2
    assert len(places) == 1


def test_a_label_cannot_steer_the_terminal(made):
    material = many(made, 1)
    variants = dict(material.study.variants)
    variants["v0"] = variants["v0"].model_copy(update={"label": "red \x1b[31m alert"})
    study = material.study.model_copy(update={"variants": variants})
    assert "\x1b" not in seen(replace(material, study=study))


def test_a_terminal_without_bars_shows_none(ordinary):
    assert "val by epoch" not in seen(ordinary, encoding="ascii")
    assert "val by epoch" in seen(ordinary)


def test_before_any_run_has_ended_it_says_so(made):
    going = {("plain", 0): made.run(made.history(2), status=Status.RUNNING)}
    told = seen(pages.material(made.study(questions=[{"treatment": "l2", "reference": "plain"}]), going))
    assert "No run has finished yet." in told
    assert "The question is not decided yet." in told


def test_what_went_wrong_is_told_with_its_cause(made):
    told = seen(pages.troubled(made))
    assert "1 failed" in told.splitlines()[0]
    assert "1 diverged" in told.splitlines()[0]
    assert "the worker was killed <9>" in told


@pytest.mark.parametrize(
    ("failing", "words"),
    [(("plain",), "▲ reference fails"), (("plain", "l2"), "▼ both fail")],
)
def test_whose_runs_failed_is_said_where_it_is_not_the_treatment_alone(made, failing, words):
    study = made.study(["plain", "l2"], questions=[{"treatment": "l2", "reference": "plain"}])
    records = {
        (name, seed): made.run(
            made.history(3, seed=seed),
            seed=seed,
            status=Status.DIVERGED if name in failing else Status.FINISHED,
        )
        for name in ("plain", "l2")
        for seed in range(3)
    }
    assert words in seen(pages.material(study, records))
