"""What staff type becomes text and HTML; what readers are called never becomes a link or a tag."""

import pytest
from django.conf import settings

from foundation.letters.words import WordsError
from supporters.newsletter import prose

BASE = settings.BASE_URL


@pytest.mark.parametrize(
    ("typed", "text", "html"),
    [
        ("# News\n\nOne\ntwo.", "News\n====\n\nOne\ntwo.", "<h1>News</h1>\n<p>One<br>two.</p>"),
        ("## News", "News\n----", "<h2>News</h2>"),
        ("- One\n- **Two**", "- One\n- Two", "<ul><li>One</li><li><strong>Two</strong></li></ul>"),
        ("See [us](/about/)!", f"See us ({BASE}/about/)!", f'<p>See <a href="{BASE}/about/">us</a>!</p>'),
        ("[Go](https://a.example/?b=1&c=2)", "Go:\nhttps://a.example/?b=1&c=2", None),
        ("Dear {name},", "Dear Ada,", "<p>Dear <bdi>Ada</bdi>,</p>"),
        ("<b>5 < 6</b>", "<b>5 < 6</b>", "<p>&lt;b&gt;5 &lt; 6&lt;/b&gt;</p>"),
    ],
)
def test_it_says_the_same_in_both_parts(typed: str, text: str, html: str | None) -> None:
    prose.check(typed)
    assert prose.as_text(typed, {"name": "Ada"}) == text
    assert html is None or prose.as_html(typed, {"name": "Ada"}) == html


def test_it_makes_a_button_of_a_link_that_stands_alone_and_changes_no_address() -> None:
    html = prose.as_html("[Go](https://a.example/?b=1&c=2)", {})
    assert html == '<p><a class="button" href="https://a.example/?b=1&amp;c=2">Go</a></p>'


def test_it_leaves_out_a_greeting_for_whoever_told_no_name() -> None:
    assert prose.as_text("Dear {name},\n\nBread.", {"name": ""}) == "Bread."


@pytest.mark.parametrize("name", ["[x](https://evil.example)", "<a href=x>", "**Ada**", "# Ada"])
def test_it_reads_nothing_in_a_name(name: str) -> None:
    html = prose.as_html("Dear {name},\n\n**{name}**", {"name": name})
    assert "<a" not in html and "<h1" not in html and html.count("<strong>") == 1
    assert prose.as_text("Dear {name},", {"name": name}) == f"Dear {name},"


@pytest.mark.parametrize(
    "typed",
    ["[x](javascript:alert)", "[x](//a.example)", "[x](a.example)", "[x](two words)", "[x]({name})", "{nmae}"],
)
def test_it_refuses_what_would_lead_nowhere(typed: str) -> None:
    with pytest.raises(WordsError):
        prose.check(typed)
