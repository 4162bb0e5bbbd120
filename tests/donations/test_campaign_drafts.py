"""Drafts of a campaign, and one that is taken off the site: what gifts made of it meanwhile is kept."""

import pytest

from donations.campaigns import progress
from donations.models import Campaign, Currency, Gift
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


def test_it_leads_who_left_stripe_to_the_giving_page_once_the_campaign_is_off_the_site(donor, till):
    campaign = appeal.make()
    fields = {"frequency": "once", "amount_once": "other", "other": "25", "email": "ada@donor.example"}
    answer = donor.client.post("/give/house/", {**donor.form("/give/house/"), **fields})
    gift = Gift.objects.get()
    Campaign.objects.update(live=False)
    back = donor.client.get(f"/give/house/?back={gift.reference}", follow=True)
    assert back.status_code == 200 and back.redirect_chain == [(f"/give/?back={gift.reference}", 302)]
    assert "Nothing was charged" in back.content.decode()
    donor.pay(answer)  # in another tab
    till.tell()
    assert progress.of(campaign).raised == 2500, "what was given for it stays its"
    assert donor.client.get("/give/house/").status_code == 404
