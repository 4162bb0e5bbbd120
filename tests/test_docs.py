"""The pages for developers against the code: decisions by their numbers, states by the models, names that are gone."""

import re

import pytest
from django.db.models import TextChoices

from donations.models import Gift, Plan
from foundation.jobs.models import Job
from foundation.letters.models import Letter
from tests.running import ROOT, files_of_the_project

PAGE = (ROOT / "docs/architecture.md").read_text()
DECISIONS = (ROOT / "docs/decisions.md").read_text()
STATES: dict[str, type[TextChoices]]
STATES = {"Gift": Gift.Status, "Plan": Plan.Status, "Letter": Letter.State, "Job": Job.State}
CODE = [
    ROOT / name
    for name in files_of_the_project("*.py", "*.html", "*.js", "*.css", "*.toml", "*.yml")
    if name != "tests/test_docs.py"
]


def rows() -> list[list[str]]:
    lines = [line for line in DECISIONS.splitlines() if line.startswith("| D-")]
    return [line.strip("| ").split(" | ") for line in lines]


def test_each_decision_has_a_number_a_date_a_status_and_a_reason() -> None:
    assert [row[0] for row in rows()] == [f"D-{number:03}" for number in range(1, len(rows()) + 1)]
    for number, date, status, decision, *reason in rows():
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", date), number
        assert re.fullmatch(r"accepted|replaced by D-\d{3}|withdrawn", status), number
        assert decision and reason, number


def test_each_decision_that_is_cited_stands_there() -> None:
    known = {row[0] for row in rows()}
    pages = [path for path in (ROOT / "docs").glob("*.md") if path.name != "decisions.md"]
    texts = [path.read_text() for path in [*CODE, *pages, ROOT / "CONTRIBUTING.md"]]
    cited = {number for text in texts for number in re.findall(r"\bD-\d{3}\b", text)}
    assert {"D-009", "D-010"} <= cited, "nobody cites one any more"
    assert cited <= known


@pytest.mark.parametrize("name", STATES)
def test_the_page_draws_every_state_of_a(name: str) -> None:
    part = re.search(rf"^### {name}\b.*?```\n(.*?)```", PAGE, re.M | re.S)
    assert part, name
    states = STATES[name]
    assert set(states.values) <= set(re.findall(r"\w+", part[1]))


def test_the_page_is_short_enough_to_be_read() -> None:
    assert len(PAGE.splitlines()) < 300


def test_no_old_name_is_left_in_the_code() -> None:
    """docs/names.md has them until the next release."""
    table = (ROOT / "docs/names.md").read_text()
    modules = re.findall(r"^\| `([a-z_.]+)` \| `[a-z_.]+` \|$", table.partition("## Classes")[0], re.M)
    new = set(re.findall(r"^\| `[^|]*` \| `([a-z_.]+)` \|$", table.partition("## Classes")[0], re.M))
    assert len(modules) > 40
    there = {str(path.relative_to(ROOT))[:-3].replace("/", ".") for path in CODE if path.suffix == ".py"}
    assert [name for name in modules if name in there - new] == []
    words = re.compile(
        r"\b(GrowsOnly|NotAtHomeError|Objection|CheckoutPage|MailDesk|held_since|keepsake|knock(s|ed|er)?)\b"
    )
    assert [str(path) for path in CODE if words.search(path.read_text())] == []
