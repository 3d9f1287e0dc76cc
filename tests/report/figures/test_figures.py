"""What figures show and say; how they look was looked at."""

from __future__ import annotations

import warnings
from itertools import pairwise
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg

from paribus.record.records import Records
from paribus.record.run import Status
from paribus.report.axis import whole_ticks
from paribus.report.curves import curve_info
from paribus.report.figures import figures, panels
from paribus.texts import language


def words(figure):
    import matplotlib.text

    return "\n".join(each.get_text() for each in figure.findobj(matplotlib.text.Text))


def variant(made, runs, **named):
    return figures.draw_variant(curve_info(runs, variant="2", **named))


def test_a_variant_has_its_accuracy_and_its_loss_side_by_side(made):
    figure = variant(made, made.runs(3), changes="L2 0.01")
    assert [axes.get_title("left") for axes in figure.axes] == ["Accuracy", "Loss"]
    assert "Variant 2 – L2 0.01" in words(figure)


def test_where_there_is_a_penalty_the_data_and_the_whole_loss_are_told_apart(made):
    history = made.history(30, penalty=(11.0, 0.1))
    figure = variant(made, [made.run(history)])
    accuracy, data, whole = figure.axes
    assert [line.get_ydata()[0] for line in data.lines] == [
        history[0]["data_loss"],
        history[0]["val_data_loss"],
    ]
    assert [line.get_ydata()[0] for line in whole.lines] == [
        history[0]["loss"],
        history[0]["val_loss"],
        history[0]["penalty"],
    ]
    assert "penalty only" in words(figure)
    assert len(accuracy.lines) == 2


def test_accuracies_are_drawn_in_percent(made):
    history = made.history(5)
    figure = variant(made, [made.run(history)])
    line = figure.axes[0].lines[0]
    np.testing.assert_allclose(line.get_ydata(), [100 * row["accuracy"] for row in history])
    assert list(line.get_xdata()) == [1, 2, 3, 4, 5]


def test_words_and_numbers_are_those_of_the_language(made):
    with language("vi"):
        figure = variant(made, [made.run(made.history(30))])
    figure.draw_without_rendering()
    ticks = [tick.get_text() for axes in figure.axes for tick in axes.get_yticklabels()]
    assert figure.axes[0].get_title("left") == "Độ chính xác"
    assert any("," in tick for tick in ticks)
    assert not any("." in tick for tick in ticks)


def test_the_legend_says_how_many_runs_and_the_title_how_they_tested(made):
    runs = [made.run(made.history(5, seed=s), seed=s, test=t) for s, t in enumerate((0.95, 0.96, 0.97))]
    told = words(variant(made, runs))
    assert "train (n = 3)" in told
    assert "test accuracy 96.00%, mean of 3 runs (95.00 to 97.00)" in told


def test_every_variants_figure_says_how_training_values_are_means(made):
    assert "while the weights change" in words(variant(made, made.runs(1)))


def test_where_fewer_runs_are_alive_the_line_is_paler_and_the_caption_says_since_when(made):
    runs = [
        made.run(made.history(e, seed=s), seed=s, status=Status.EARLY_STOPPED) for s, e in enumerate((10, 14))
    ]
    figure = variant(made, runs)
    strong, pale = figure.axes[0].lines[:2]
    assert (strong.get_xdata()[-1], pale.get_xdata()[0], pale.get_xdata()[-1]) == (10, 10, 14)
    assert pale.get_alpha() < strong.get_alpha()
    assert "n = 2 to epoch 10, n = 1 to epoch 14" in words(figure)


def test_many_different_ends_are_told_in_short(made):
    runs = [made.run(made.history(10 + s, seed=s), seed=s, status=Status.EARLY_STOPPED) for s in range(9)]
    assert "n falls from 9 (to epoch 10) to 1 (to epoch 18)" in words(variant(made, runs))


def test_the_kept_epoch_is_marked_where_training_went_on(made):
    run = made.run(made.history(14), status=Status.EARLY_STOPPED, kept_epoch=9)
    figure = variant(made, [run])
    assert panels.kept_epochs(curve_info([run])) == (9,)
    assert "weights kept: epoch 9, stopped: 14" in words(figure)
    triangles = [line for axes in figure.axes for line in axes.lines if line.get_marker() == "^"]
    assert [line.get_xdata() for line in triangles] == [[9], [9]]


def test_a_run_that_went_to_its_end_needs_no_mark(made):
    assert panels.kept_epochs(curve_info(made.runs(3))) == ()


def test_a_run_of_one_epoch_is_shown_by_markers(made):
    figure = variant(made, [made.run(made.history(1))])
    assert all(line.get_marker() not in (None, "None", "") for axes in figure.axes for line in axes.lines)
    assert [list(axes.get_xticks()) for axes in figure.axes] == [[1], [1]]


def test_a_run_without_an_epoch_is_an_empty_figure_that_says_so(made):
    told = words(variant(made, [made.run([], status=Status.RUNNING)]))
    assert told.count("no epoch yet") == 2
    assert "no test accuracy" in told


@pytest.mark.parametrize("last", [nan, inf, -inf])
def test_a_diverged_run_is_drawn_as_far_as_it_came_and_marked(made, last):
    history = made.history(4)
    history[-1] = {name: last if "loss" in name else value for name, value in history[-1].items()}
    for runs in (
        [made.run(history, status=Status.DIVERGED)],
        [made.run(history, status=Status.DIVERGED), made.runs(2)[1]],
    ):
        figure = variant(made, runs)
        crosses = [line for axes in figure.axes for line in axes.lines if line.get_marker() == "X"]
        assert [line.get_xdata() for line in crosses] == [[4], [4]]
        assert f"1 of {len(runs)} runs diverged: its loss became NaN or infinite after epoch 4" in words(
            figure
        )


def test_a_history_with_no_finite_loss_at_all_can_be_drawn(made):
    row = {
        "epoch": 1,
        "loss": nan,
        "accuracy": 0.1,
        "data_loss": nan,
        "penalty": nan,
        "val_loss": nan,
        "val_accuracy": 0.1,
    }
    assert "diverged" in words(variant(made, [made.run([row], status=Status.DIVERGED)]))


def test_without_held_out_images_only_training_is_drawn(made):
    history = [{k: v for k, v in row.items() if not k.startswith("val_")} for row in made.history(5)]
    figure = variant(made, [made.run(history)])
    assert [len(axes.lines) for axes in figure.axes] == [1, 1]
    assert "validation" not in words(figure).split("Train:")[0]


def test_a_loss_that_spans_more_than_a_linear_axis_can_show_has_a_logarithmic_one(made):
    history = made.history(5)
    assert variant(made, [made.run(history)]).axes[1].get_yscale() == "linear"
    history[0] = {**history[0], "loss": 5e7}
    assert variant(made, [made.run(history)]).axes[1].get_yscale() == "log"


def test_an_accuracy_axis_does_not_blow_up_noise_and_stays_within_0_and_100(made):
    flat = [{**row, "accuracy": 0.1115, "val_accuracy": 0.1135} for row in made.history(5)]
    low, high = variant(made, [made.run(flat)]).axes[0].get_ylim()
    assert high - low >= 5
    for level in (0.0, 1.0):
        same = [{**row, "accuracy": level, "val_accuracy": level} for row in made.history(5)]
        low, high = variant(made, [made.run(same)]).axes[0].get_ylim()
        assert -1 <= low <= 100 * level <= high <= 101


def test_images_that_are_not_the_official_ones_are_named_on_the_figure(made):
    images = made.MNIST.model_copy(update={"verified": False, "stand_in": True})
    runs = [made.run(made.history(5), data=images)]
    assert "mnist (stand-in)" in words(variant(made, runs))
    assert "mnist (stand-in)" in words(figures.draw_overlay([curve_info(runs)], "asked"))
    assert "mnist (stand-in)" in words(figures.draw_overview([curve_info(runs)], "study"))
    assert "mnist" not in words(variant(made, made.runs(1)))


def test_an_overlay_draws_validation_and_names_each_line(made):
    infos = [curve_info(made.runs(2), variant="1"), curve_info(made.runs(3, top=(0.99, 0.98)), variant="2")]
    figure = figures.draw_overlay(infos, "Does it help?")
    accuracy, loss = figure.axes
    np.testing.assert_allclose(accuracy.lines[0].get_ydata(), 100 * infos[0].bands["val_accuracy"].mean)
    np.testing.assert_allclose(loss.lines[-1].get_ydata(), infos[1].bands["val_data_loss"].mean)
    told = words(figure)
    assert "1 (n = 2)" in told
    assert "2 (n = 3)" in told
    assert [text.get_text() for text in accuracy.texts] == ["1", "2"]
    styles = [
        (line.get_color(), line.get_linestyle())
        for line in accuracy.lines[::1]
        if len(line.get_xdata()) == 30
    ]
    assert len(set(styles)) == len(styles) == 2


def test_an_overlay_names_a_line_that_ends_early_where_it_ends(made):
    short = made.run(made.history(13), status=Status.EARLY_STOPPED)
    infos = [curve_info(made.runs(1), variant="5"), curve_info([short], variant="6")]
    figure = figures.draw_overlay(infos, "asked")
    for axes in figure.axes:
        places = {text.get_text(): text.xy[0] for text in axes.texts}
        assert places["5"] == 1
        shown = axes.transLimits.inverted().transform((places["6"], 0))[0]
        assert shown == pytest.approx(13)


def test_an_overlay_falls_back_on_training_where_a_variant_holds_nothing_out(made):
    history = [{k: v for k, v in row.items() if not k.startswith("val_")} for row in made.history(5)]
    infos = [curve_info(made.runs(1), variant="1"), curve_info([made.run(history)], variant="2")]
    told = words(figures.draw_overlay(infos, "asked"))
    assert "Training accuracy" in told
    assert "No examples were held out" in told


def test_an_overlay_takes_more_variants_than_there_are_colours(made):
    infos = [curve_info(made.runs(1), variant=f"variant-{number}") for number in range(9)]
    assert len(figures.draw_overlay(infos, "asked").axes[0].texts) == 9


def test_an_overview_has_a_panel_for_each_variant_with_its_test_accuracy(made):
    infos = [
        curve_info([made.run(made.history(5), test=t)], variant=n) for n, t in (("1", 0.96), ("3a", 0.1135))
    ]
    figure = figures.draw_overview(infos, "lab2")
    assert [axes.get_title("left") for axes in figure.axes] == ["1", "3a"]
    assert [axes.get_title("right") for axes in figure.axes] == ["96.00%", "11.35%"]
    assert len({axes.get_ylim() for axes in figure.axes}) == 1


LONG = "7c · CIFAR-10, L2, batch 8, early stopping"


def test_no_title_of_an_overview_reaches_its_number_or_the_next_panel(made):
    runs = made.runs(2)
    infos = [curve_info(runs, variant=name, label=name) for name in ("4b-l2 · RMSprop, L2 0.01", LONG)]
    figure = figures.draw_overview(infos, "lab2")
    drawn = FigureCanvasAgg(figure).get_renderer()
    figure.draw(drawn)
    for axes in figure.axes:
        name, number = axes._left_title, axes._right_title
        assert name.get_window_extent(drawn).x1 <= axes.get_window_extent(drawn).x1 + 1
        last = name.get_text().split("\n")[-1]
        assert len(last) + len(number.get_text()) < 25
    assert " ".join(figure.axes[1].get_title("left").split()) == LONG


def test_an_overview_reaches_as_high_as_its_best_variant_needs(made):
    good, poor = made.runs(1), [made.run(made.history(5, top=(0.8, 0.75)))]
    high, low = (
        figures.draw_overview([curve_info(runs)], "study").axes[0].get_ylim()[1] for runs in (good, poor)
    )
    assert high > 99.9
    assert 80 < low < 95


def test_a_long_name_beside_a_panel_takes_several_lines(made):
    infos = [curve_info(made.runs(2), variant=name, label=name) for name in ("7a", LONG)]
    beside = [each.get_text() for each in figures.draw_overlay(infos, "study").axes[0].texts]
    assert max(map(len, beside)) <= 18
    assert " ".join(reversed([words for words in beside if words != "7a"])) == LONG


def test_an_overview_of_nothing_is_an_empty_page(made):
    assert "lab2" in words(figures.draw_overview([], "lab2"))


def test_the_figures_of_a_study_are_made_from_its_records(made):
    study = made.study(["plain", "l2"])
    records = Records({("plain", 0): made.runs(1)[0], ("l2", 0): made.runs(1)[0], ("l2", 1): made.runs(2)[1]})
    assert "Variant plain" in words(figures.variant_figure(study, "plain", [records["plain", 0]]))
    assert "l2 · L2 0.01 (n = 2)" in words(figures.overlay_figure(study, ("plain", "l2"), records))
    assert len(figures.overview_figure(study, records).axes) == 2


def every_kind(made):
    broken = made.history(4)
    broken[-1] = {**broken[-1], "loss": nan, "val_loss": inf, "data_loss": nan, "val_data_loss": inf}
    infos = [
        curve_info(made.runs(3), variant="1", changes="nothing at all " * 20),
        curve_info(
            [made.run(made.history(9, penalty=(9.0, 0.01)), status=Status.EARLY_STOPPED)], variant="2"
        ),
        curve_info([made.run(broken, status=Status.DIVERGED), *made.runs(3)[1:]], variant="3"),
        curve_info([made.run(made.history(1))], variant="4"),
        curve_info([], variant="5"),
    ]
    yield from map(figures.draw_variant, infos)
    yield figures.draw_overlay(infos, "asked")
    yield figures.draw_overview(infos, "study", columns=2)
    yield figures.draw_overview([], "study")


def test_every_kind_of_figure_is_laid_out_without_a_warning_and_within_its_paper(made):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for figure in every_kind(made):
            canvas = FigureCanvasAgg(figure)
            canvas.draw()
            width, height = canvas.get_width_height()
            for text in figure.texts:
                box = text.get_window_extent(canvas.get_renderer())
                assert box.x0 >= 0
                assert box.x1 <= width
                assert box.y0 >= 0
                assert box.y1 <= height


@given(st.integers(0, 100_000))
def test_epochs_on_the_axis_are_few_whole_numbers_from_the_first_to_the_last(longest):
    ticks = whole_ticks(1, longest)
    assert len(ticks) <= 8
    assert list(ticks) == sorted(set(ticks))
    assert all(1 <= tick <= longest for tick in ticks)
    assert longest == 0 or ticks[0] == 1


@pytest.mark.parametrize(
    ("variants", "columns"), [(0, 1), (1, 1), (5, 5), (6, 3), (8, 4), (11, 4), (12, 4), (14, 5)]
)
def test_an_overview_leaves_few_places_empty(variants, columns):
    assert figures._columns(variants, 5) == columns


@given(st.lists(st.floats(0, 1), max_size=12).map(sorted))
def test_names_at_the_lines_ends_never_overlap_and_keep_their_order(heights):
    placed = panels.move_apart(heights, gap=0.05)
    assert len(placed) == len(heights)
    assert all(b - a >= 0.05 - 1e-9 for a, b in pairwise(placed))
    assert sum(placed) == pytest.approx(sum(heights), abs=1e-6)
