"""Gift Aid as donors and staff meet it: the box on the giving form, and what staff took on paper or heard."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from donations import privacy
from donations.gift_aid import declarations
from donations.giving import offline
from donations.models import Gift, GiftAidDeclaration
from supporters.supporters import get_or_create_supporter
from tests.donations.test_offline import entry
from tests.donations.test_offline_roads import of_a_fund, of_shares
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db
HOME = {"aid_first_name": "Ada", "aid_last_name": "Lovelace", "aid_home": "12", "aid_postcode": "s192bd"}
AID = {"gift_aid": "on", "aid_scope": "future", "aid_title": "Mrs.", **HOME}
POUNDS = {"code": "GBP", "name": "Ada Lovelace"}


@pytest.fixture
def british(charity):
    charity.country, charity.hmrc_reference, charity.time_zone = "GB", "AB12345", "Europe/London"
    charity.save()
    return charity


def only() -> GiftAidDeclaration:
    return GiftAidDeclaration.objects.get()


def test_it_keeps_what_was_declared_with_the_gift_and_says_so_on_the_receipt(donor, british):
    donor.gave(**POUNDS, **AID)
    gift, row = Gift.objects.get(), only()
    assert (row.gift, row.supporter, row.way, row.scope, row.language) == (gift, None, "form", "future", "en")
    assert (row.declarant(), row.home_text()) == ("Mrs Ada Lovelace", "12, S19 2BD")
    assert "The Road Out Inc. from now on" in row.text and "it is my responsibility to pay any difference" in row.text
    assert abs(row.declared_at - timezone.now()) < timedelta(minutes=5)
    assert "You told us that we can claim Gift Aid" in gift.receipts.get().gift_aid_statement
    assert declarations.covering(gift) == row


def test_it_asks_only_for_pounds_of_a_british_charity_that_the_tax_office_knows(client, british):
    page = client.get("/give/?currency=GBP").content.decode()
    assert 'name="gift_aid"' in page and "checked" not in page[page.index('name="gift_aid"') :][:120]
    optional = re.findall(r'<label for="id_aid_(\w+)">[^<]+ <span class="optional">', page)
    assert optional == ["title"], "whoever ticks the box must fill in the others"
    assert "I am a UK taxpayer" not in client.get("/give/?currency=USD").content.decode()
    british.hmrc_reference = ""
    british.save()
    assert "gift_aid" not in client.get("/give/?currency=GBP").content.decode()


def test_it_keeps_every_word_while_the_form_is_shown_in_another_currency(client, donor, british):
    sent = donor.wish(**POUNDS, **AID) | {"into": "USD", "step": "currency"}
    page = donor.send(sent).content.decode()
    assert "I am a UK taxpayer" not in page
    for value in ("Lovelace", "s192bd", "future"):
        assert f'value="{value}"' in page
    back = {**sent, "currency": "USD", "into": "GBP"}
    page = donor.send(back).content.decode()
    assert 'value="Lovelace"' in page and "I am a UK taxpayer" in page


def test_it_declares_nothing_with_another_currency_or_without_the_tick(donor, british):
    donor.give(**{**AID, "aid_postcode": "nonsense"}, code="USD")
    donor.give(amount="30", **POUNDS, **HOME, aid_title="Professor")
    assert Gift.objects.count() == 2 and not GiftAidDeclaration.objects.exists()


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"aid_last_name": ""}, "aid_last_name", "Please write your last name."),
        ({"aid_first_name": ""}, "aid_first_name", "Please write your first name"),
        ({"aid_home": ""}, "aid_home", "Please write the name or number of your house."),
        ({"aid_postcode": ""}, "aid_postcode", "Please write your postcode"),
        ({"aid_postcode": "90210"}, "aid_postcode", "This is no postcode of the United Kingdom."),
        ({"aid_postcode": "S19 2"}, "aid_postcode", "This is no postcode of the United Kingdom."),
        ({"aid_abroad": "on"}, "aid_postcode", "Please empty this"),
        ({"aid_scope": ""}, "aid_scope", "Please choose for which gifts."),
        ({"aid_title": "Professor"}, "aid_title", "at most 4 characters"),
        ({"company": "Engines Ltd"}, "company", "Only a person can declare Gift Aid"),
        ({"aid_home": "4242 4242 4242 4242"}, "aid_home", "This looks like the number of a card."),
    ],
)
def test_it_says_what_is_missing_and_loses_nothing(donor, british, typed, field, words):
    answer = donor.send(donor.wish(**POUNDS, **{**AID, **typed}))
    page = answer.content.decode()
    assert list(answer.context["form"].errors) == [field] and words in page and f'href="#id_{field}"' in page
    kept = {**AID, **typed}
    assert all(f'value="{kept[name]}"' in page for name in ("aid_first_name",) if kept[name])
    assert not Gift.objects.exists()


def test_it_takes_a_home_outside_of_the_country_without_a_postcode(donor, british):
    donor.give(**POUNDS, **{**AID, "aid_postcode": "", "aid_abroad": "on", "aid_home": "1 Rue de Road, Paris"})
    assert (only().home, only().postcode) == ("1 Rue de Road, Paris", "")


def test_it_is_one_gift_when_sent_twice_and_another_wish_when_it_is_declared_otherwise(donor, british):
    wish = donor.wish(**POUNDS, **AID)
    donor.send(wish)
    donor.send(wish)
    assert (Gift.objects.count(), GiftAidDeclaration.objects.count()) == (1, 1)
    donor.send({**wish, "aid_home": "14"})
    assert [row.gift.current for row in GiftAidDeclaration.objects.order_by("pk") if row.gift] == [False, True]


def test_it_is_still_there_when_the_donor_comes_back_from_stripe(donor, british):
    donor.give(**POUNDS, **AID)
    form = donor.client.get("/give/").context["form"]
    assert form["gift_aid"].value() is True
    assert (form["aid_scope"].value(), form["aid_last_name"].value()) == ("future", "Lovelace")
    assert form["aid_postcode"].value() == "S19 2BD" and form["aid_abroad"].value() is False


def test_it_speaks_the_language_of_the_page(donor, british):
    fields = donor.wish(**POUNDS, **AID)
    donor.client.post("/es/give/", fields)
    assert only().language == "es" and "Gift Aid" in only().text and "I am a UK taxpayer" not in only().text


def cheque(**fields) -> Gift:
    return offline.record(entry(**{"currency": "GBP", "name": "Ada Lovelace", **fields}))


def written(staff, gift: Gift, **typed: str):
    there = f"/admin/gift/inspect/{gift.pk}/gift-aid/"
    day = timezone.now().date().isoformat()
    return staff.post(there, {**AID, "way": "paper", "declared_on": day, **typed})


@pytest.mark.parametrize("role", ["Donor care", "Finance"])
def test_it_lets_staff_enter_what_was_signed_on_paper_at_the_gift_it_came_with(british, role):
    gift = cheque()
    staff = signed_in(role)
    assert "Enter a Gift Aid declaration" in staff.get(f"/admin/gift/inspect/{gift.pk}/").content.decode()
    assert written(staff, gift).status_code == 302
    row = only()
    assert (row.way, row.supporter, row.gift) == ("paper", gift.supporter, gift) and row.taken_by is not None
    assert declarations.covering(gift) == row


def test_it_takes_a_spoken_one_only_with_the_day_of_its_written_record(british):
    gift, staff = cheque(), signed_in("Donor care")
    answer = written(staff, gift, way="oral")
    assert answer.status_code == 422 and "counts once its written record was sent" in answer.content.decode()
    tomorrow = (timezone.now() + timedelta(days=2)).date().isoformat()
    assert written(staff, gift, way="oral", record_on=tomorrow).status_code == 422
    assert written(staff, gift, way="oral", record_on=timezone.now().date().isoformat()).status_code == 302
    assert only().record_on is not None


def test_it_offers_staff_none_for_a_company_another_currency_or_another_country(british):
    staff = signed_in("Donor care")
    others = [cheque(attempt="a", company="Engines Ltd"), cheque(attempt="b", currency="USD")]
    others += [offline.record(of_a_fund(currency="GBP")), offline.record(of_shares(currency="GBP"))]
    for gift in others:
        assert "/gift-aid/" not in staff.get(f"/admin/gift/inspect/{gift.pk}/").content.decode()
    british.country, british.hmrc_reference = "US", ""
    british.save()
    assert "/gift-aid/" not in staff.get(f"/admin/gift/inspect/{cheque().pk}/").content.decode()


def test_it_lets_staff_cancel_one_once_asked(british):
    staff = signed_in("Donor care")
    written(staff, cheque())
    there = f"/admin/giftaiddeclaration/inspect/{only().pk}/cancel/"
    assert staff.post(there, {}).status_code == 200 and only().cancelled_at is None
    staff.post(there, {"sure": "on"})
    assert only().cancelled_at is not None


def test_it_forgets_what_was_declared_with_a_gift_that_never_came(donor, british, settings):
    donor.give(**POUNDS, **AID)
    Gift.objects.update(created_at=timezone.now() - timedelta(days=22))
    assert privacy.unpaid() == 1 and not GiftAidDeclaration.objects.exists()


def test_it_forgets_who_declared_six_years_after_what_covers_no_gift_to_come(british):
    long_ago = timezone.now() - timedelta(days=2200)
    ada = get_or_create_supporter("ada@donor.example")
    for scope in ("gift", "past"):
        said = declarations.Declared(scope, "Mrs", "Ada", "Lovelace", "12", "S19 2BD", "I want to.", "en")
        declarations.write(said, "paper", supporter=ada, declared_at=long_ago)
    assert declarations.forget(dry=True) == 1 and declarations.forget() == 1 and declarations.forget() == 0
    assert dict(GiftAidDeclaration.objects.values_list("scope", "last_name")) == {"gift": "", "past": "Lovelace"}
    declarations.cancel(ada)
    assert declarations.forget() == 1
