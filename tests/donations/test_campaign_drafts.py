"""Drafts of a campaign: what is published later is checked against what gifts made of the campaign meanwhile."""

import pytest

from donations.models import Campaign, Currency
from tests.donations import appeal
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def charity_(charity):
    pass


def draft(**fields: str) -> dict[str, str]:
    written = appeal.written(**fields)
    del written["action-publish"]
    return written


def test_it_publishes_no_draft_with_another_currency_once_gifts_came():
    campaign, editor = appeal.make(), signed_in("Editor")
    address, euro = appeal.edit_address(campaign), str(Currency.objects.get(code="EUR").pk)
    fields = {"currency": euro, "goal_sum": "25000"}
    assert editor.post(address, draft(**fields)).status_code == 302
    appeal.arrived(appeal.begun(campaign))
    assert "currency stays" in editor.post(address, appeal.written(**fields)).content.decode()
    campaign.refresh_from_db()
    assert campaign.currency.code == "USD"
    assert editor.post(address, appeal.written()).status_code == 302, "back to what it is"


def test_it_keeps_no_draft_without_a_goal_of_which_no_preview_could_say_how_far_it_is():
    editor, empty = signed_in("Editor"), draft(goal_sum="")
    answer = editor.post("/admin/snippets/donations/campaign/add/", empty)
    assert "above zero" in answer.content.decode() and not Campaign.objects.exists()
    address = appeal.edit_address(appeal.make())
    preview = address.replace("/edit/", "/preview/")
    assert not editor.post(preview, empty).json()["is_valid"]
    assert editor.post(address, empty).status_code == editor.get(preview).status_code == 200
