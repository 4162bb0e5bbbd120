"""Reads who imports whom inside a package, and finds arrows up, circles and the number of floors.

Relative imports count, and so do those under TYPE_CHECKING and inside functions: whoever reads has to follow them all.
A room is a folder of the package, or a module that stands at its top. The package's own `__init__` is no room: it is
the ground, which everybody may stand on and which imports nothing.
"""

import ast
from collections.abc import Collection, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GROUND = "__init__"
Graph = dict[str, set[str]]
# From bottom to top: the rooms of a floor import from the floors below it, and not from one another.
Rooms = Sequence[Sequence[str]]


def modules_of(package: str, root: Path = ROOT) -> dict[str, Path]:
    """Where each module is, by its dotted name; a folder's name stands for its `__init__`. Without migrations."""
    found = {}
    for path in sorted((root / package).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if "migrations" not in parts:
            found[".".join(parts).removesuffix(f".{GROUND}")] = path
    return found


def graph_of(package: str, root: Path = ROOT) -> Graph:
    """Each module, and the modules of the same package that it imports."""
    modules = modules_of(package, root)
    graph: Graph = {}
    for name, path in modules.items():
        here = name if path.stem == GROUND else name.rpartition(".")[0]
        asked = {_nearest(word, modules) for word in _imported(path, here)}
        graph[name] = {target for target in asked if target and target != name}
    return graph


def _imported(path: Path, here: str) -> Iterator[str]:
    """Every name that a module imports, in full; `here` is the package that its relative imports begin from."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = here.split(".")
            above = parts[: len(parts) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _nearest(word: str, modules: dict[str, Path]) -> str | None:
    """The module that a name is, or stands in; None when it is another package's."""
    while word and word not in modules:
        word = word.rpartition(".")[0]
    return word or None


def room_of(module: str) -> str:
    """The folder or module at the top of the package, without the package's name."""
    return [*module.split("."), GROUND][1]


def room_graph(graph: Graph) -> Graph:
    """Each room, and the rooms that its modules import."""
    rooms: Graph = {}
    for module, targets in graph.items():
        seen = rooms.setdefault(room_of(module), set())
        seen |= {room_of(target) for target in targets} - {room_of(module), GROUND}
    rooms.pop(GROUND, None)
    return rooms


def arrows_up(
    package: str, rooms: Rooms, root: Path = ROOT, beside: Collection[tuple[str, str]] = frozenset()
) -> list[str]:
    """One sentence for each import of a room that is not below, and for each module in no room of the table.

    `beside`: the first of a pair may import the second, though both stand on one floor.
    """
    floor = {GROUND: 0} | {room: number for number, row in enumerate(rooms, 1) for room in row}
    paths = modules_of(package, root)
    wrong = []
    for module, targets in graph_of(package, root).items():
        here, path = room_of(module), paths[module].relative_to(root)
        if here not in floor:
            wrong.append(f"{path} stands in no room of the table")
            continue
        for target in sorted(targets):
            there = room_of(target)
            if there == here or (here, there) in beside:
                continue
            if floor.get(there, floor[here]) >= floor[here]:
                wrong.append(f"{path} imports {target.removeprefix(f'{package}.')}: up")
    return wrong


def circle(graph: Graph) -> list[str]:
    """The modules, or rooms, that import each other in a circle, the first once more at the end; [] without any."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def floors(graph: Graph) -> int:
    """How many modules, or rooms, the longest chain of imports goes through. Raises CycleError."""
    height: dict[str, int] = {}
    for name in TopologicalSorter(graph).static_order():
        height[name] = 1 + max((height[below] for below in graph.get(name, ())), default=0)
    return max(height.values(), default=0)
