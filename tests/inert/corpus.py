"""Names that mean harm, one kind a line, and what is harm in each format."""

from __future__ import annotations

HIDDEN = "\x1b\x07\x08\x9b\x85\u202e\u2066\u200f\u200b\u2028\u2029\U000e0041"

CORPUS = (
    "<script>window.hacked = 1</script>",
    "</script><script>window.hacked = 1</script><!--",
    '"><img src=x onerror="window.hacked = 1">',
    "' onfocus='window.hacked = 1' autofocus='",
    "javascript:window.hacked=1",
    "[a](javascript:hacked) ![b](http://example.org/x.png) <http://example.org>",
    "# *heading* | cell | ``` `code` ~~~ \\",
    "$x_$ and $\\frac{1$",
    '"""; import os; os.mkdir("hacked"); """',
    "'); __import__('os').mkdir('hacked'); ('",
    "{__import__('os').mkdir('hacked')} {0} %s %(name)s {{ 7 * 7 }} {% x %}",
    "line\nos.mkdir('hacked')\r\nos.mkdir('hacked')",
    "---\nlibrary_name: hacked\n---",
    "\\input{/etc/passwd} \\write18{touch hacked} %",
    '=HYPERLINK("http://example.org";"x")',
    "a;=1+1;@SUM(A1)",
    "+1", "-1+cmd|' /C calc'!A0", "@x", "\t=1", "＝1",
    "title\x1b]0;hacked\x07 clip\x1b]52;c;aGFja2Vk\x07 \x1b[2J\x1b[31m red \x9b31m",
    "right\u202eot\u2066tfel\u200f none\u200bwidth tag\U000e0041",
    "nul\x00 del\x7f back\x08\x08 nel\x85 ls\u2028ps\u2029",
    "[bold red]markup[/] [link=http://example.org]x[/link]",
    "../../../etc/passwd", "CON", "-rf", "--help", "~", "%00", "a" * 300,
    "עברית and العربية stay as they are", "🎓 e\u0301 ﷽",
)  # fmt: skip

NAMES = tuple(" ".join(each for each in CORPUS[place::4] if len(each) < 100) for place in range(4))
"""Fewer names with all that there is, for what takes a second or more a name."""


def hidden(words: str, keep: str = "\n") -> set[str]:
    """The characters of some words that cannot be seen."""
    return {each for each in words if not each.isprintable() and each not in keep}
