"""What shows itself: the same blocks as HTML and as text."""

from paribus.texts.printable import Code, Grid, Heading, Lines, Paragraph, Printable, as_html, as_text

BLOCKS = [
    Heading("Two < three"),
    Paragraph("It is.", about="Rule"),
    Lines(["first", "second"]),
    Paragraph("", about="alone"),
    Grid(["run", "test"], [["plain", "96.4"]]),
    Code("a: 1\n"),
]


class Shown(Printable):
    def blocks(self):
        return BLOCKS


def test_a_list_follows_its_paragraph_and_other_blocks_stand_apart():
    assert as_text(BLOCKS[:4]) == "Two < three\n\nRule\nIt is.\n- first\n- second\n\nalone"


def test_html_escapes_every_text():
    assert as_html(BLOCKS[:4]) == (
        "<h4>Two &lt; three</h4><p><strong>Rule</strong><br>It is.</p>"
        "<ul><li>first</li><li>second</li></ul><p><strong>alone</strong></p>"
    )


def test_printed_and_in_a_notebook_an_object_shows_its_blocks():
    assert str(Shown()) == as_text(BLOCKS)
    assert Shown()._repr_html_() == as_html(BLOCKS)
