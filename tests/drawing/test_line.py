"""The curves by numbers: every drawing is a path a browser can read, and rounding does not move its end."""

import re
from itertools import pairwise
from math import hypot

import pytest

from foundation.drawing import emblems, line
from foundation.drawing.seal import CENTRE, seal

TOKEN = re.compile(r"[a-zA-Z]|-?(?:\d+\.?\d*|\.\d+)")
TAKES = {"M": 2, "c": 6, "s": 4, "H": 1}


def ends(path: str) -> list[tuple[float, float]]:
    """The points a pen comes to, read as a browser reads them: an own reading, not the writer's."""
    tokens = TOKEN.findall(path)
    assert "".join(tokens).replace(" ", "") == path.replace(" ", ""), "something in the path is not a number"
    points: list[tuple[float, float]] = []
    numbers: list[float] = []
    command = ""
    for token in tokens:
        if token.isalpha():
            assert not numbers, f"{command} was left with {numbers}"
            command = token
            continue
        numbers.append(float(token))
        if len(numbers) == TAKES[command]:
            if command == "M":
                points.append((numbers[0], numbers[1]))
            elif command == "H":
                points.append((numbers[0], points[-1][1]))
            else:
                points.append((points[-1][0] + numbers[-2], points[-1][1] + numbers[-1]))
            numbers = []
    assert not numbers
    return points


def test_it_writes_numbers_as_short_as_svg_allows() -> None:
    assert [line.number(v) for v in (12.0, 0.5, -0.5, -0.04, 10.04, -10.56)] == [
        "12",
        ".5",
        "-.5",
        "0",
        "10",
        "-10.6",
    ]
    assert line.numbers((1, -2, 0.5, 3)) == "1-2 .5 3"


def test_it_passes_through_every_point_that_it_was_given() -> None:
    given = [(0, 0), (10.26, 5), (20.1, -5.55), (33.3, 0.04), (34, 90)]
    for (x, y), (was_x, was_y) in zip(ends(line.curve(given)), given, strict=True):
        assert abs(x - was_x) <= 0.051
        assert abs(y - was_y) <= 0.051


def test_it_does_not_add_up_rounding_over_a_thousand_points() -> None:
    given = [(i * 1.04, i * 0.26) for i in range(1000)]
    x, y = ends(line.curve(given))[-1]
    assert (x, y) == pytest.approx(given[-1], abs=0.051)


def test_it_brings_all_strands_of_the_hero_to_one_vanishing_point() -> None:
    road = line.Road()
    finals = [ends(path)[-1] for path in line.bundle(road)]
    assert len(finals) == 8
    assert all(final == pytest.approx((road.sun_x, road.sun_y), abs=0.051) for final in finals)


def test_it_begins_as_a_coil_and_ends_as_a_road() -> None:
    """Left of the middle the line runs back again and again; on the last stretch it only runs on."""
    xs = [x for x, _ in ends(line.bundle(line.Road())[0])]
    steps = [b - a for a, b in pairwise(xs)]
    assert sum(step < 0 for step in steps[: len(steps) // 2]) > 20
    assert all(step > 0 for step in steps[-12:])


@pytest.mark.parametrize("path", [line.divider(), line.mark(), line.still_bound(0.0), line.still_bound(0.66)])
def test_it_draws_rule_mark_and_meter_as_readable_paths(path: str) -> None:
    assert len(ends(path)) > 20


def test_it_leaves_nothing_bound_when_a_goal_is_reached() -> None:
    assert line.still_bound(1.0) == ""
    assert len(line.still_bound(0.2)) > len(line.still_bound(0.8))


@pytest.mark.parametrize("name", ["ripple", "lens", "braid"])
def test_it_draws_each_emblem_inside_its_box(name: str) -> None:
    drawing = emblems.emblem(name)
    left, top, width, height = map(float, drawing.box.split())
    paths = re.findall(r' d="([^"]+)"', drawing.shapes)
    points = [point for path in paths if "H" not in path for point in ends(path)]
    for cx, cy, r in re.findall(r'cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"', drawing.shapes):
        points += [(float(cx) - float(r), float(cy)), (float(cx) + float(r), float(cy))]
    assert points
    assert all(left <= x <= left + width and top <= y <= top + height for x, y in points)


def test_it_gives_each_id_a_seal_of_its_own_that_never_changes() -> None:
    ids = [f"RO-{i:05d}" for i in range(200)]
    drawn = {seal(public_id).path for public_id in ids}
    assert len(drawn) == 200
    seal.cache_clear()
    assert drawn == {seal(public_id).path for public_id in ids}
    # A certificate printed today must match for ever: this is how one begins, written down.
    assert seal("RO-00001").path.startswith("M173.7 110c-.3 .8 .7 3.6-1.6 4.9s-8 2.3-12 3-9.6 .6-11.9 1.3")


@pytest.mark.parametrize("public_id", ["RO-00001", "7f3c", "", "ü <script>"])
def test_it_keeps_a_seal_closed_and_inside_its_square(public_id: str) -> None:
    drawing = seal(public_id)
    points = ends(drawing.path)
    assert points[0] == pytest.approx(points[-1], abs=0.11)
    assert all(hypot(x - CENTRE, y - CENTRE) <= 101 for x, y in points)
    assert re.fullmatch(r"seal-[0-9a-f]{10}", drawing.name)
    assert all(0 < turn < 360 for turn in drawing.turns)
