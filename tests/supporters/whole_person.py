"""Somebody of whom we know all that can be known: one row at least of each kind that may be about a person."""

from types import SimpleNamespace

import pytest
from django.utils import timezone
from wagtail.models import ModelLogEntry

from awareness import correspondence
from awareness.messages import Message
from donations.gift_aid import declarations
from donations.gift_aid.declarations import Declared
from donations.giving import addresses as gift_addresses
from donations.giving import batches, offline
from donations.letters import dedications
from donations.models import Gift, GiftAidClaim, GiftAidLine, MatchReservation, RefundRequest, StripeEvent
from donations.models.gifts import Method
from donations.monthly import changes
from foundation.jobs.queue import run_due
from foundation.letters import outbox
from foundation.letters.models import Letter, LetterWording
from pledges import pledging
from staff.models import User
from supporters import consent, merging, moving, news, subscribing, supporters, visits
from supporters.models import StaffNote, Supporter
from supporters.newsletter.models import Delivery, Newsletter
from tests.donations import appeal
from tests.supporters.test_privacy import EMAIL, FIRM, FRIEND, HONOREE, NAME

MISTYPED = "adelhied@donor.example"
NOW, SECOND, NEXT = "adelheid.now@donor.example", "second@donor.example", "never-confirmed@donor.example"
STREET, WORDS = "17 Quillfeather Lane", "I was asked to carry marmalade"
NOTE = f"{NAME} asked by telephone"
STAFF = "office@charity.example"
# All that a search for this person looks for.
EVERY_WORD = (NAME, EMAIL, NOW, SECOND, MISTYPED, FIRM, HONOREE, FRIEND, STREET, WORDS)


def make_whole(person: Supporter, till) -> Supporter:
    """Of somebody generous (test_privacy.py): also a dispute, a match, a company's gift, a statement, an answer, a
    merged row, earlier addresses, notes of staff, and what Stripe wrote with a street in it.
    """
    gift = Gift.objects.paid().filter(plan=None, supporter=person).earliest("pk")
    till.dispute(till.objects("payment_intent")[1]["id"])
    till.tell()
    MatchReservation.objects.create(campaign=appeal.matched(), gift=gift, promised=2500, amount=2500)
    dedications.schedule(gift)
    gift_addresses.correct_by_staff(gift, MISTYPED, User.objects.get(), f"{NAME} rang us")
    run_due()
    gift_addresses.correct_by_staff(gift, EMAIL, User.objects.get(), f"{NAME} rang us")
    gift.refresh_from_db()
    body = f'{{"id": "evt_street", "object": "{gift.payment_intent_id}", "line1": "{STREET}"}}'
    about = {"type": "charge.updated", "object_id": gift.payment_intent_id, "created": timezone.now()}
    StripeEvent.objects.create(event_id="evt_street", payload=body, livemode=False, **about)

    day = timezone.now().date()
    portrait = offline.Entry("form-3", Method.IN_KIND, day, description=f"A portrait by {NAME}", name=NAME, email=EMAIL)
    offline.record(portrait)
    sponsor, called = "Community Fund", f"for {NAME}"
    of_a_fund = offline.Entry("form-4", Method.DAF, day, 70_000, "USD", "", NAME, "", EMAIL, called, sponsor)
    offline.record(of_a_fund)
    cheque = {"amount": "20", "name": NAME, "company": "", "email": EMAIL, "number": "7", "fund": "", "campaign": ""}
    batches.begin("batch-1", {"slip": {}, "rows": [cheque]}, None)
    reason = SimpleNamespace(label="Speaking", address=STAFF)
    message = correspondence.receive(reason, {"name": NAME, "email": EMAIL, "text": WORDS})
    correspondence.answer(message, f"You wrote: {WORDS}", STAFF)
    consent.record(person, "letters", True, "You may write to me.", "/give/")
    news.stop(person, "reminders", "/my/")
    subscribing.mail_confirmation(EMAIL, "Please write to me.")
    year = day.year
    outbox.queue(f"statement:{year}:{person.pk}", "statement", EMAIL, {"year": str(year)},
                 document=f"statement:{year}:{person.pk}")  # fmt: skip
    LetterWording.objects.create(key="my_link", language="en", subject="For {name}", body="{name}: {link}")
    visits.send_link({"supporter": person.pk})
    signature = person.signatures.get()
    pledging.set_aside(signature, STAFF, NOTE)
    pledging.put_back(signature, STAFF, NOTE)
    run_due()

    other = supporters.get_or_create_supporter(SECOND, NAME)
    consent.record(other, "letters", False, "Not there.", "/my/")
    merging.merge(other, person, User.objects.get(), f"{NAME} rang us")
    StaffNote.objects.create(supporter=person, text=NOTE, by=User.objects.get())
    RefundRequest.objects.create(gift=gift, key="asked-1", amount=100, reason="duplicate")
    letter = Letter.objects.filter(to=EMAIL).latest("pk")
    Delivery.objects.create(newsletter=Newsletter.objects.create(), supporter=person, language="en", letter=letter)
    declare(person, gift)
    moving.move(person, NOW, proved=True)
    outbox.queue(f"address:{person.pk}:x", "address_confirm", NEXT, {"link": "/", "hours": "24"})
    run_due()
    for row in (Letter.objects.filter(to=EMAIL).earliest("pk"), gift, Message.objects.earliest("pk")):
        ModelLogEntry.objects.log_action(row, "staff.action", data={"action": "look", "label": "Look"})
    person.refresh_from_db()
    changes.end(person.plans.get())
    run_due()
    return person


def declare(person: Supporter, gift: Gift) -> None:
    """Gift Aid twice: with the first a gift was claimed."""
    home = {"first_name": NAME, "last_name": NAME, "home": STREET, "postcode": "S19 2BD"}
    words = {"title": "Dr", "scope": "past", "text": "I want to.", "language": "en"}
    proof = declarations.write(Declared(**home, **words), "paper", supporter=person, taken_by=User.objects.get())
    claim = GiftAidClaim.objects.create(number=1, made_by=User.objects.get())
    GiftAidLine.objects.create(
        claim=claim, gift=gift, declaration=proof, kind="gift", amount=2500, day=timezone.now().date()
    )
    declarations.write(Declared(**home, **words), "form", gift=gift)


@pytest.fixture
def whole(generous, till) -> Supporter:
    return make_whole(generous, till)
