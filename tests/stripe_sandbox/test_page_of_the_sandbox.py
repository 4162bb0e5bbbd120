"""docs/stripe-sandbox.md, line by line: each has a test (shown.py), and the page names all that there is."""

import ast
import re
from pathlib import Path

import pytest

from stripe_sandbox.control import calls, dashboard
from stripe_sandbox.faults import KINDS, Switches
from stripe_sandbox.store import truths
from tests.running import ROOT
from tests.stripe_sandbox import shown

PAGE = (ROOT / "docs/stripe-sandbox.md").read_text()
HERE = Path(__file__).parent
MAPS: dict[str, dict[str, str]]
MAPS = {name: value for name, value in vars(shown).items() if isinstance(value, dict) and not name.startswith("_")}


def cells(head: str) -> list[str]:
    """The first cells of the table with that head."""
    rows = PAGE.partition(f"| {head} ")[2].partition("\n\n")[0].splitlines()[2:]
    return [row.split("|")[1].strip().replace("`", "") for row in rows]


def between(before: str, after: str) -> str:
    return PAGE.partition(before)[2].partition(after)[0]


def sentences() -> list[str]:
    """Each sentence of the known differences."""
    text = between("## Known differences from Stripe\n", "\n## ").replace("Different:\n", "")
    parts = [" ".join(part.split()).removeprefix("- ") for part in re.split(r"\n(?:- |\n)", text)]
    return [each for part in parts for each in re.split(r"(?<=[A-Za-z)`0-9~]\.) (?=[A-Z`])", part) if each]


def names(head: str) -> list[str]:
    """Every name in the first cells of the table with that head, which may hold several."""
    return [name.strip() for cell in cells(head) for name in cell.partition("?")[0].split(",")]


def quoted(before: str, after: str) -> list[str]:
    """What stands there in backticks, outside of parentheses."""
    return re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", between(before, after)))


LINES = {
    "OPTIONS": [cell.split(",")[0] for cell in cells("option")],
    "CARDS": cells("card"),
    "ACCOUNTS": cells("account"),
    "CALLS": names("call | does"),
    "OUTSIDE": names("call | body"),
    "FAULTS": quoted("API faults: ", "With `count`"),
    "SWITCHES": quoted("Webhook switches, ", "\n\n"),
    "TRUTHS": cells("switch"),
    "DIFFERENCES": sentences(),
}
BY_BEGINNING = ("CARDS", "ACCOUNTS", "DIFFERENCES")


@pytest.mark.parametrize("part", MAPS)
def test_each_line_of_the_page_has_a_test_and_each_test_a_line(part: str) -> None:
    lines, known = LINES[part], MAPS[part]
    fits = str.startswith if part in BY_BEGINNING else str.__eq__
    begins = [[key for key in known if fits(line, key)] for line in lines]
    assert [line for line, keys in zip(lines, begins, strict=True) if len(keys) != 1] == []
    assert sorted(keys[0] for keys in begins) == sorted(known), "a line went, or is there twice"


def test_each_test_that_shows_a_line_is_there() -> None:
    named = {test for part in MAPS.values() for test in part.values()}
    there = {
        f"{path.name}::{node.name}"
        for path in HERE.glob("test_*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
    }
    assert named - there == set()


def test_the_page_names_every_call_fault_and_switch_that_there_is() -> None:
    assert set(LINES["CALLS"]) == {f"{method} {name}" for method, name in calls.HANDLERS}
    assert set(LINES["OUTSIDE"]) == set(dashboard.WORK)
    assert set(LINES["FAULTS"]) == set(KINDS)
    assert set(LINES["SWITCHES"]) == set(Switches.__dataclass_fields__)
    assert set(LINES["TRUTHS"]) == set(truths.TRUTHS)
    for name, answers in truths.TRUTHS.items():
        row = next(row for row in PAGE.splitlines() if row.startswith(f"| `{name}`"))
        assert set(answers) <= set(re.findall(r"`(\w+)`", row)), name
    assert "from memory" not in PAGE.partition("## Known differences")[2], "what is from memory is a switch"
