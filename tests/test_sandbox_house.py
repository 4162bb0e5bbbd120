"""The house rules inside `stripe_sandbox`: rooms that import only what stands below them, and no circle."""

from itertools import pairwise
from pathlib import Path

from tests.rooms import ROOT, arrows_up, circle, floors, graph_of, room_graph

SANDBOX = "stripe_sandbox"
# From bottom to top. The rooms of a row do not know one another.
ROOMS = (
    ("http", "store", "shapes", "faults"),
    ("money", "webhooks"),
    ("billing",),
    ("agenda",),
    ("api", "control", "pages"),
    ("app",),
    ("__main__",),
)
MOST_FLOORS = 7


def test_each_room_imports_only_rooms_below_it() -> None:
    assert arrows_up(SANDBOX, ROOMS) == []


def test_no_module_and_no_room_imports_itself_by_way_of_others() -> None:
    modules = graph_of(SANDBOX)
    assert circle(modules) == []
    assert circle(room_graph(modules)) == []


def test_it_has_seven_floors_at_most_and_none_for_show() -> None:
    assert floors(room_graph(graph_of(SANDBOX))) == len(ROOMS) <= MOST_FLOORS


def test_the_table_names_every_room_once_and_no_other() -> None:
    assert sorted(room for row in ROOMS for room in row) == sorted(room_graph(graph_of(SANDBOX)))


def test_each_room_says_what_is_inside() -> None:
    silent = [str(path) for path in (ROOT / SANDBOX).rglob("__init__.py") if not path.read_text().startswith('"""')]
    assert silent == []


# The reader of imports itself, on a house made up for it.


def build(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / "house" / f"{name.replace('__in__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_it_names_the_module_and_what_it_imports_from_above(tmp_path: Path) -> None:
    build(
        tmp_path,
        __init__="NAME = 1",
        billing__in__x="from .. import NAME\nfrom ..pages import y, z\nfrom .w import thing",
        billing__in__w="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house.pages.y import form",
        pages__in__y="def late():\n    import house.top",
        pages__in__z="from ..billing import x",
        top="from . import pages",
        pages__in____init__="",
        lost="",
    )
    assert arrows_up("house", [["billing"], ["pages"], ["top"]], tmp_path) == [
        "house/billing/w.py imports pages.y: up",
        "house/billing/x.py imports pages.y: up",
        "house/billing/x.py imports pages.z: up",
        "house/lost.py stands in no room of the table",
        "house/pages/y.py imports top: up",
    ]


def test_it_lets_nobody_import_the_room_next_door_or_the_ground_anything(tmp_path: Path) -> None:
    build(tmp_path, __init__="from .left import a", left="from .right import b", right="import os")
    assert arrows_up("house", [["left", "right"]], tmp_path) == [
        "house/__init__.py imports left: up",
        "house/left.py imports right: up",
    ]


def test_it_finds_a_circle_inside_a_room_and_counts_floors(tmp_path: Path) -> None:
    build(
        tmp_path,
        __init__="",
        a__in__one="if TYPE_CHECKING:\n    from .two import thing",
        a__in__two="from . import three",
        a__in__three="",
        b="from .a.one import thing",
        c="import house.b",
    )
    modules = graph_of("house", tmp_path)
    assert circle(modules) == []
    assert (floors(modules), floors(room_graph(modules))) == (5, 3)
    build(tmp_path, a__in__three="from .one import other")
    modules = graph_of("house", tmp_path)
    around = circle(modules)
    assert around[0] == around[-1]
    assert set(around) == {"house.a.one", "house.a.two", "house.a.three"}
    assert all(after in modules[before] for before, after in pairwise(around))
