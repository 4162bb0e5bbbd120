"""The house rules inside `donations`: rooms that import only what stands below them."""

import re

from tests.rooms import ROOT, arrows_up, circle, graph_of, room_graph

DONATIONS = "donations"
# From bottom to top. docs/architecture.md says what is in each.
FLOORS = (
    ("models", "money", "typed_amount"),
    ("stripe", "letters", "campaigns", "gift_aid"),
    ("books", "monthly", "card_testing"),
    ("sync",),
    ("webhooks", "reconcile", "giving", "my"),
    ("panel", "privacy", "templatetags", "management", "urls", "apps", "wagtail_hooks"),
)
BESIDE = {
    ("models", "money"),  # rows count in sums of money
    ("money", "typed_amount"),
    ("letters", "gift_aid"),  # a statement says what is declared by now
    ("wagtail_hooks", "panel"),  # Wagtail finds it by its name; it registers what stands in there
}
MOST_FLOORS = 7


def test_each_room_imports_only_rooms_below_it() -> None:
    assert arrows_up(DONATIONS, FLOORS, beside=BESIDE) == []


def test_no_module_and_no_room_imports_itself_by_way_of_others() -> None:
    modules = graph_of(DONATIONS)
    assert circle(room_graph(modules)) == []
    assert circle({name: seen - {"donations.models"} for name, seen in modules.items()}) == []


def test_it_has_seven_floors_at_most() -> None:
    assert len(FLOORS) <= MOST_FLOORS


def test_the_table_names_every_room_once_and_no_other() -> None:
    assert sorted(room for row in FLOORS for room in row) == sorted(room_graph(graph_of(DONATIONS)))


def test_no_exception_is_left_over() -> None:
    rooms = room_graph(graph_of(DONATIONS))
    assert [pair for pair in BESIDE if pair[1] not in rooms[pair[0]]] == []


def test_each_room_says_what_is_inside() -> None:
    rooms = [path for path in (ROOT / DONATIONS).iterdir() if (path / "__init__.py").exists()]
    found = {path.name for path in rooms if not (path / "__init__.py").read_text().startswith('"""')}
    assert found <= {"management", "migrations", "templatetags"}, "these are Django's own names"


def test_the_page_shows_the_same_floors() -> None:
    page = (ROOT / "docs/architecture.md").read_text()
    rows = re.findall(r"^\| (\d) \| ([^|]+) \|", page, re.M)
    shown = {int(number): set(re.findall(r"`(\w+)`", rooms)) for number, rooms in rows}
    assert shown == {number: set(row) for number, row in enumerate(FLOORS, 1)}
