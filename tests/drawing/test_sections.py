"""Each section has a drawing of the unbinding line of its own."""

import re

from foundation.drawing import sections
from foundation.drawing.templatetags.drawing import rule_line, section_art

BOX = (0, 560, 0, 240)


def test_it_draws_each_section_differently_and_every_one_leads_to_the_sun() -> None:
    drawn = {name: sections.shapes(name) for name in sections.DRAWINGS if name != "privacy"}
    assert len(set(drawn.values())) == len(drawn) >= 12
    for name, shapes in drawn.items():
        assert shapes.count('class="s"') == 1 and "style" not in shapes, name
        assert not [path for path in re.findall(r' d="([^"]*)"', shapes) if path.endswith("s")], name


def test_it_stays_inside_its_box() -> None:
    for name, draw in sections.DRAWINGS.items():
        for line in draw():
            for x, y in line:
                assert BOX[0] <= x <= BOX[1] and BOX[2] <= y <= BOX[3], (name, x, y)


def test_it_gives_a_page_its_own_drawing_then_its_sections_and_else_the_rule() -> None:
    assert section_art("/front-page/our-solution/changing-laws/") != section_art("/front-page/our-solution/")
    assert section_art("/front-page/the-problem/signs/") == section_art("/front-page-es/the-problem/")
    assert section_art("/front-page/something-new/") == rule_line() == section_art("/front-page/")
    assert 'aria-hidden="true"' in section_art("/front-page/films/")
    assert re.search(r'viewBox="0 0 560 240"', section_art("/front-page/films/"))
