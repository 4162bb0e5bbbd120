"""What each role may press is what docs/staff.md says: every button of the panel has a row, and each cell is tried."""

import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from wagtail import hooks
from wagtail.admin.viewsets import viewsets

from tests.running import ROOT
from tests.staff.users import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ROLES = ("Editor", "Donor care", "Finance", "Administrator")
NOBODY = 0  # the number of no row: who may press gets "not found", and nothing happens


def table() -> dict[str, list[str]]:
    """The cells of the page's table, by act."""
    (part,) = re.findall(r"^### What each role may press\n(.*?)^## ", (ROOT / "docs/staff.md").read_text(), re.M | re.S)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in part.splitlines() if line.startswith("| `")]
    assert f"| {' | '.join(ROLES)} |" in part and all(len(row) == 2 + len(ROLES) for row in rows)
    return {row[0].strip("`"): row[1:] for row in rows}


def buttons() -> dict[str, str]:
    """Every button of every detail page, with its words."""
    reverse("wagtailadmin_home")  # the panel registers its lists when its addresses are first asked for
    found: dict[str, str] = {}
    for each in viewsets.viewsets:
        found |= {f"{each.model_name}/{action.name}": str(action.label) for action in getattr(each, "actions", ())}
    return found


def may_see(user: Any, apps: dict[str, str], act: str) -> bool:
    """Whether somebody may look at the rows that have this button."""
    model = act.partition("/")[0]
    return bool(user.has_perm(f"{apps[model]}.view_{model}"))


def pages() -> set[str]:
    """The pages of giving in the panel that stand by themselves."""
    ours = [hook for hook in hooks.get_hooks("register_admin_urls") if hook.__module__ == "donations.wagtail_hooks"]
    return {str(each.pattern) for hook in ours for each in hook() if "<" not in str(each.pattern)}


def test_the_page_has_a_row_for_each_button_and_each_page_of_giving_and_no_other():
    rows = table()
    assert len(buttons()) > 30
    assert set(rows) == set(buttons()) | pages()
    assert {act: rows[act][0] for act in buttons()} == buttons(), "in the words of the buttons"


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_press_what_the_page_says_and_nothing_else(role):
    staff, may = signed_in(role), {}
    for act in table():
        if act.endswith("/"):
            answer = staff.get(f"/admin/{act}")
            assert answer.status_code in (200, 302), act
            may[act] = "yes" if answer.status_code == 200 else ""
            continue
        model, name = act.split("/")
        answer = staff.post(f"/admin/{model}/inspect/{NOBODY}/{name}/", {"sure": "yes"})
        assert answer.status_code in (302, 404), act
        may[act] = "yes" if answer.status_code == 404 else ""
    user = get_user_model().objects.get()
    models = {each.model_name: each.model._meta.app_label for each in viewsets.viewsets if hasattr(each, "actions")}
    unseen = [act for act, word in may.items() if word and not act.endswith("/") and not may_see(user, models, act)]
    assert unseen == [], "a button is reached from its row"
    assert may == {act: row[1 + ROLES.index(role)] for act, row in table().items()}
