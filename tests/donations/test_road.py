"""A supporter's own road: their real days, in their order, at their distances."""

from datetime import date, timedelta

import pytest
from django.template import Context, Template

from donations.my import road

START = date(2022, 3, 5)


def test_it_stands_at_its_beginning_for_a_first_gift_and_is_open_before_it():
    first = road.of([START])
    assert (first.stones, first.years, first.since, first.until) == ([0.0], [], START, None)
    assert road.of([]) is None


def test_it_keeps_gifts_of_one_week_together():
    stones = road.of([START, START, START + timedelta(days=7)]).stones
    assert len(stones) == 2 and stones[1] < 0.02


@pytest.mark.parametrize("days", [400, 4000])
def test_it_keeps_the_distances_of_many_years(days):
    dates = [START + timedelta(days=step * days // 40) for step in range(41)]
    drawn = road.of(dates[::-1])
    assert drawn.stones == sorted(drawn.stones) and (drawn.stones[0], drawn.stones[-1]) == (0, 1)
    assert all(abs(stone - step / 40) < 0.01 for step, stone in enumerate(drawn.stones))
    assert len(drawn.years) == dates[-1].year - START.year and drawn.until == dates[-1]


@pytest.mark.parametrize("number", [1, 3, 40, 500])
def test_it_is_drawn_inside_of_its_frame_between_the_coil_and_the_sun(number):
    drawn = road.of([START + timedelta(days=30 * step) for step in range(number)])
    text = "{% load drawing %}{% own_road stones years words %}"
    svg = Template(text).render(Context({"stones": drawn.stones, "years": drawn.years, "words": "<7> gifts"}))
    assert svg.count("<circle") == number and 'aria-label="&lt;7&gt; gifts"' in svg
    places = [float(part.split('"')[0]) for part in svg.split('cx="')[1:]]
    assert 102 <= min(places) <= max(places) <= 514, "before the sun, after the coil"
