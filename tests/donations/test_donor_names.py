"""First names on a campaign's page: only by choice, only of gifts that came and stayed, and off again when asked."""

import pytest
from django.test import Client
from django.utils import timezone

from donations import privacy
from donations.campaigns import donor_names
from donations.models import Campaign, Gift
from supporters import names, privacy_registry
from supporters.supporters import get_or_create_supporter
from tests.donations import appeal
from tests.staff.users import signed_in
from tests.supporters.visitor import come_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(charity) -> Campaign:
    return appeal.make()


def named(campaign: Campaign, name: str, **fields) -> Gift:
    """A gift that came, whose donor chose to be named."""
    gift = appeal.begun(campaign, name=name, name_public=True, **fields)
    appeal.arrived(gift)
    return gift


def page() -> str:
    return " ".join(Client().get("/give/house/").content.decode().split())


def test_it_shows_nobody_who_did_not_choose_it_and_only_the_first_name(campaign):
    named(campaign, "Ada Lovelace")
    appeal.arrived(appeal.begun(campaign, name="Benedikta Quill"))
    assert "<bdi>Ada</bdi>" in page() and "Lovelace" not in page() and "Benedikta" not in page()


def test_it_asks_quietly_on_the_form_and_takes_no_for_granted(campaign, donor):
    fields = {"frequency": "once", "amount_once": "other", "other": "25", "email": "ada@donor.example", "name": "Ada L"}
    form = donor.form("/give/house/")
    assert "name_public" not in form, "it is not ticked"
    assert "My first name may stand on this page" in page()
    donor.client.post("/give/house/", {**form, **fields})
    donor.client.post("/give/house/", {**donor.form("/give/house/"), **fields, "other": "30", "name_public": "on"})
    assert list(Gift.objects.order_by("pk").values_list("amount", "name_public")) == [(2500, False), (3000, True)]
    assert donor_names.of(campaign) == [], "nothing has come yet"


@pytest.mark.both
def test_it_shows_a_name_from_the_day_the_gift_came_until_all_of_it_went_back(campaign):
    gift = appeal.begun(campaign, name="Ada", name_public=True)
    assert donor_names.of(campaign) == []
    appeal.arrived(gift)
    appeal.book(gift, "refund", -2400)
    assert donor_names.of(campaign) == ["Ada"]
    appeal.book(gift, "refund", -100)
    assert donor_names.of(campaign) == [] and "Among those who gave" not in page()


def test_it_shows_the_newest_first_each_once_and_no_more_than_a_page_holds(campaign, django_assert_num_queries):
    letters = [f"{one}{two}" for one in "BCDFG" for two in "aeiou"]
    for name in ["Zora", *letters, "zora Neale", "Ba"]:
        named(campaign, name)
    with django_assert_num_queries(1):
        shown = donor_names.of(campaign)
    assert shown[:3] == ["Ba", "zora", "Gu"] and len(shown) == donor_names.MOST


def test_it_shows_none_of_another_campaign_of_a_rehearsal_or_where_staff_switched_it_off(campaign, settings):
    named(appeal.make(slug="other"), "Ada")
    Gift.objects.filter(pk=named(campaign, "Ben").pk).update(livemode=True)
    named(campaign, "Chidi")
    assert donor_names.of(campaign) == ["Chidi"]
    Campaign.objects.update(shows_names=False)
    assert "Chidi" not in page() and "My first name may stand on this page" not in page()


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Ada", "Ada"), ("  Ada   Lovelace ", "Ada"), ("O’Brien", "O’Brien"), ("Jean-Luc Picard", "Jean-Luc"),
        ("\u041d\u0438\u043d\u0430 \u041f", "\u041d\u0438\u043d\u0430"), ("محمد علي", "محمد"),
        ("Mr Lovelace", ""), ("Dr", ""), ("A. Lovelace", ""), ("Ada and Ben Lovelace", ""), ("Ada & Ben", ""),
        ("山田太郎", ""), ("Ada😀😀", ""), ("😀", ""), ("Ada1815", ""), ("cheap.pills", ""), ("www.pills.com now", ""),
        ("https://pills.example", ""), ("Buy@pills", ""), ("A" * 21, ""), ("Ada" + "\u0301" * 5, ""),
        ("\u202eada", "ada"),
        ("<b>Ada</b>", ""), ("", ""),
    ],
)  # fmt: skip
def test_it_takes_nothing_for_a_first_name_that_may_be_something_else(typed, shown):
    assert names.first_name(typed) == shown


def test_it_takes_a_name_off_when_its_donor_asks(campaign):
    ada = get_or_create_supporter("ada@donor.example")
    for name in ("Ada Lovelace", "Augusta"):
        named(campaign, name, supporter=ada)
    named(campaign, "Ben", supporter=get_or_create_supporter("ben@donor.example"))
    mine = come_in("ada@donor.example")
    text = mine.get("/my/").content.decode()
    assert "Your first name may stand here:" in text and 'action="/my/names/"' in text
    assert mine.get("/my/names/").status_code == 405 and len(donor_names.of(campaign)) == 3
    answer = mine.post("/my/names/", follow=True).content.decode()
    assert "Your name is shown nowhere any more." in answer and "Your first name may stand here:" not in answer
    assert donor_names.of(campaign) == ["Ben"]
    assert Client().post("/my/names/")["Location"] == "/my/" and donor_names.of(campaign) == ["Ben"]


def test_it_takes_a_name_off_when_staff_say_so_and_writes_that_down(campaign):
    gift = named(campaign, "Rudeword")
    address = f"/admin/gift/inspect/{gift.pk}/"
    assert signed_in("Finance").post(f"{address}unname/").status_code in (302, 403)
    assert donor_names.of(campaign) == ["Rudeword"]
    care = signed_in("Donor care")
    assert "Show no name with this gift" in care.get(address).content.decode()
    assert "stands on no page any more" in care.post(f"{address}unname/", follow=True).content.decode()
    after = care.get(address).content.decode()
    assert donor_names.of(campaign) == [] and f"{address}unname/" not in after and "Show no name" in after


def test_it_takes_a_name_off_with_later_payments_of_the_same_plan(campaign, donor, till):
    donor.gave("monthly", "30", name="Ada")
    first = Gift.objects.get()
    Gift.objects.filter(pk=first.pk).update(campaign=campaign, name_public=True)
    later = appeal.begun(campaign, name="Ada", name_public=True, plan=first.plan)
    Gift.objects.filter(pk=later.pk).update(status="paid", paid_at=timezone.now())
    assert donor_names.hide(later) == 2 and donor_names.of(campaign) == []


def test_it_is_told_to_its_donor_and_forgotten_with_them(campaign):
    ada = get_or_create_supporter("ada@donor.example")
    named(campaign, "Ada", supporter=ada)
    assert privacy.export(ada)["gifts"][0]["name public"] is True
    privacy_registry.erase(ada)
    assert donor_names.of(campaign) == [] and not Gift.objects.filter(name_public=True).exists()
