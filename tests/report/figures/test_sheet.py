from __future__ import annotations

from itertools import combinations

import matplotlib as mpl
import pytest
from PIL import Image

from paribus.report.curves import curve_info
from paribus.report.figures import sheet
from paribus.report.figures.figures import draw_variant


def figure(made):
    return draw_variant(curve_info(made.runs(2), variant="2", changes="L2 0.01 on weights"))


def test_the_same_figure_is_the_same_bytes_whatever_theme_is_set(made, tmp_path):
    first = sheet.save(figure(made), tmp_path / "a" / "first")
    with mpl.rc_context({"font.size": 20, "axes.grid": False, "svg.hashsalt": None, "lines.linewidth": 9}):
        second = sheet.save(figure(made), tmp_path / "b" / "second")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_the_users_own_theme_is_as_it_was(made, tmp_path):
    with mpl.rc_context({"font.size": 20}):
        sheet.save(figure(made), tmp_path / "figure")
        assert mpl.rcParams["font.size"] == 20


def test_saving_makes_the_folder_and_leaves_only_the_two_files(made, tmp_path):
    png, svg = sheet.save(figure(made), tmp_path / "new" / "4b.l2")
    assert (png.name, svg.name) == ("4b.l2.png", "4b.l2.svg")
    assert sorted(path.name for path in png.parent.iterdir()) == ["4b.l2.png", "4b.l2.svg"]
    assert Image.open(png).size[0] > 1000
    assert svg.read_text(encoding="utf-8").rstrip().endswith("</svg>")
    assert b"<dc:date>" not in svg.read_bytes()


def test_drawing_touches_no_interactive_state(made):
    import sys

    figure(made)
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()


def luminance(colour):
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_lines_are_told_apart_by_more_than_colour():
    assert len({stroke.dashes for stroke in sheet.STROKES}) == len(sheet.STROKES)
    assert all(
        a.dashes != b.dashes for a, b in combinations((sheet.TRAIN, sheet.VALIDATION, sheet.PENALTY), 2)
    )


@pytest.mark.parametrize("colour", [sheet.INK, sheet.SOFT])
def test_words_are_legible_on_white(colour):
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5  # WCAG 2.2, 1.4.3


@pytest.mark.parametrize("stroke", [sheet.TRAIN, sheet.VALIDATION, sheet.PENALTY])
def test_a_variants_lines_stand_out_from_white(stroke):
    assert 1.05 / (luminance(stroke.colour) + 0.05) >= 3.0  # WCAG 2.2, 1.4.11
