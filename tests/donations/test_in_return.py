"""Staff say of a gift that has its receipt what was given in return: a dinner whose seats were paid through Stripe."""

import pytest
from django.core import mail

from donations.books import audit
from donations.giving import offline
from donations.letters import statements
from donations.models import Gift, Receipt
from foundation.letters.models import Letter
from foundation.organisation.models import Organisation
from tests.donations.test_offline import entry, thing
from tests.donations.test_offline_roads import of_a_fund, of_shares
from tests.donations.truth import disagreements_with_stripe
from tests.drawing import reading
from tests.staff.users import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.once]
DINNER = {"benefit": "Two seats at the dinner of 3 May", "benefit_value": "80"}
SAID = "you received: Two seats at the dinner of 3 May. In good faith we estimate that this is worth $80.00 USD."
NOTHING = "No goods or services were provided in exchange for this gift."


def address(gift: Gift) -> str:
    return f"/admin/gift/inspect/{gift.pk}/in-return/"


@pytest.fixture
def seats(donor, till) -> Gift:
    donor.pay(donor.give("once", "250"), name="Ada King")
    till.tell()
    return Gift.objects.get()


@pytest.mark.both
def test_it_says_on_a_gift_through_stripe_what_was_given_in_return_by_a_receipt_that_names_the_first(seats, till):
    first, staff = Receipt.objects.get(), signed_in("Finance")
    assert address(seats) in staff.get(f"/admin/gift/inspect/{seats.pk}/").content.decode()
    for _ in range(2):  # a double click
        assert staff.post(address(seats), DINNER).status_code == 302
    second = Receipt.objects.exclude(pk=first.pk).get()
    assert (second.replaces, second.total, second.number, second.goods) == (first, 25000, first.number + 1, "described")
    assert SAID in second.goods_statement and Receipt.objects.get(pk=first.pk).goods_statement == NOTHING
    assert (second.way, second.brand, second.last_four) == (first.way, first.brand, first.last_four) and first.last_four
    letter = Letter.objects.get(template="receipt_corrected")
    assert SAID in letter.text and f"Takes the place of: {first.label}" in letter.text
    assert 'value="80"' in staff.get(address(seats)).content.decode()
    till.refund(seats.payment_intent_id, amount=5000)
    till.tell()
    third = seats.receipts.get(replaced_by=None)
    assert (third.replaces, third.total) == (second, 20000) and SAID in third.goods_statement
    words = reading.text(mail.outbox[-1].attachments[0][1])
    assert reading.squeezed(f"Takes the place of {first.label}, {second.label}") in words
    assert reading.squeezed(SAID) in words and reading.squeezed(NOTHING) not in words
    (part,) = statements.of(seats.supporter_id, Organisation.load().today().year).parts
    assert part.sentences == [f"{third.label}: {third.goods_statement}"]
    assert [wrong for check in audit.CHECKS for wrong in check()] == [] == disagreements_with_stripe(till)


def test_it_takes_back_what_was_said_and_says_then_that_nothing_was_given(charity):
    gift, staff = offline.record(entry(amount=25000)), signed_in("Donor care")
    for said in (DINNER, {"benefit": "", "benefit_value": ""}):
        assert staff.post(address(gift), said).status_code == 302
    documents = list(gift.receipts.order_by("pk"))
    assert [document.goods for document in documents] == ["none", "described", "none"]
    assert documents[-1].goods_statement == NOTHING and documents[-1].replaces == documents[1]


def test_it_tells_whoever_is_written_in_spanish_so(charity):
    gift = offline.record(entry(amount=25000))
    gift.supporter.language = "es"
    gift.supporter.save()
    assert signed_in("Finance").post(address(gift), DINNER).status_code == 302
    assert "Two seats" in gift.receipts.get(replaced_by=None).goods_statement
    assert "buena fe" in Letter.objects.get(template="receipt_corrected").text


def test_it_refuses_one_without_the_other_and_a_sale(charity):
    gift, staff = offline.record(entry(amount=25000)), signed_in("Finance")
    for wrong in ({"benefit_value": ""}, {"benefit": ""}, {"benefit_value": "250"}, {"benefit_value": "much"}):
        assert staff.post(address(gift), DINNER | wrong).status_code == 422, wrong
    assert Receipt.objects.count() == 1 and Gift.objects.get().benefit == ""


def test_it_says_it_of_no_thing_of_nothing_that_went_back_and_by_nobody_else(charity):
    chairs, back = offline.record(thing()), offline.record(entry("second", amount=25000))
    recommended, shares = offline.record(of_a_fund()), offline.record(of_shares())
    offline.take_back(back)
    gift = offline.record(entry("third", amount=25000))
    before = Receipt.objects.count()
    for other in (chairs, back, recommended, shares):
        page = signed_in("Finance").get(f"/admin/gift/inspect/{other.pk}/").content.decode()
        assert address(other) not in page
        signed_in("Finance").post(address(other), DINNER)
    signed_in("Editor").post(address(gift), DINNER)
    assert Receipt.objects.count() == before
