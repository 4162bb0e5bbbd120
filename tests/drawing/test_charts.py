"""Charts: a field holds exactly the dots it says, a bar is as long as its number, words stand beside both."""

import re

import pytest
from django.template import Context, Template

from foundation.drawing import charts


def rendered(source: str, **context: object) -> str:
    return Template("{% load drawing %}" + source).render(Context(context))


@pytest.mark.parametrize(("total", "part"), [(276, 63), (276, 0), (276, 276), (1, 1), (5, 2), (7, 6), (1000, 1)])
def test_it_counts_every_dot_once(total: int, part: int) -> None:
    field = charts.dot_field(total, part)

    def dots(blocks: list[charts.Block]) -> set[tuple[int, int]]:
        return {(b.column + x, b.row + y) for b in blocks for x in range(b.columns) for y in range(b.rows)}

    apart, rest = dots(field.part), dots(field.rest)
    assert (len(apart), len(rest)) == (part, total - part)
    assert sum(b.columns * b.rows for b in field.part + field.rest) == total
    assert not apart & rest
    assert all(x < field.columns and y < field.rows for x, y in apart | rest)


@pytest.mark.parametrize(("total", "part"), [(0, 0), (10, 11), (10, -1)])
def test_it_refuses_a_field_that_cannot_be(total: int, part: int) -> None:
    with pytest.raises(ValueError, match="cannot set"):
        charts.dot_field(total, part)


def test_it_says_in_words_what_a_field_shows() -> None:
    html = rendered("{% dot_field 12 5 sentence %}", sentence='Five of "twelve" & more')
    assert 'role="img"' in html
    assert 'aria-label="Five of &quot;twelve&quot; &amp; more"' in html
    assert sum(int(w) * int(h) for w, h in re.findall(r'width="(\d+)" height="(\d+)" fill', html)) == 12 * 18 * 18


def test_it_tells_two_fields_of_one_page_apart() -> None:
    html = rendered('{% dot_field 12 5 "a" key="x" %}{% dot_field 12 5 "b" key="y" %}')
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids)) == 4


def test_it_draws_bars_in_proportion_and_prints_the_words_given() -> None:
    rows = [
        {"label": "All <b>", "value": 40, "text": "40 of them"},
        {"label": "Half", "value": 20, "text": "20", "apart": True},
        {"label": "None", "value": 0, "text": "0"},
    ]
    html = rendered("{% bar_table rows 'What it shows' %}", rows=rows)
    assert re.findall(r'class="(k\d)" width="([\d.]+)"', html) == [
        ("k1", "100.0"),
        ("k2", "50.0"),
        ("k1", "0.0"),
    ]
    assert "All &lt;b&gt;" in html
    assert '<caption class="vh">What it shows</caption>' in html
    assert html.count('scope="row"') == 3


def test_it_has_no_bar_to_draw_when_all_is_zero() -> None:
    assert charts.bar_widths([0, 0]) == [0.0, 0.0]
    assert charts.bar_widths([]) == []


@pytest.mark.parametrize(("part", "whole", "x"), [(0, 100, "0"), (50, 100, "280"), (150, 100, "560"), (5, 0, "0")])
def test_it_fills_a_meter_as_far_as_the_goal_is_reached(part: int, whole: int, x: str) -> None:
    assert f'd="M0 34H{x}"' in rendered("{% meter part whole %}", part=part, whole=whole)


def test_it_draws_nothing_for_an_emblem_that_nobody_chose() -> None:
    assert rendered("{% emblem '' %}") == ""
    assert 'class="engrave"' in rendered("{% emblem 'lens' %}")


@pytest.mark.parametrize(
    "tag", ["hero_art", "rule_line", "mark", "road_steps 4", "emblem 'braid'", "seal 'RO-1'", "meter 1 2"]
)
def test_it_hides_decoration_from_screen_readers(tag: str) -> None:
    html = rendered("{% " + tag + " %}")
    assert html.startswith("<svg ")
    assert 'aria-hidden="true"' in html
    assert "style=" not in html
