"""A person can see all that we know of them, be forgotten as far as the law lets us, and be joined."""

import re
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from wagtail.models import ModelLogEntry

from awareness.messages import Message
from donations import privacy
from donations.giving import offline
from donations.letters.papers import attachment
from donations.letters.year_end import address_now
from donations.models import Dedication, Gift, LedgerEntry, Plan, Receipt, StripeEvent
from donations.models.gifts import Method
from donations.monthly import changes
from foundation.access import tokens
from foundation.jobs.queue import run_due
from foundation.letters import outbox, retention
from foundation.letters.models import Letter
from foundation.organisation import retention_periods
from pledges import counting, pledging, starter
from pledges.letters import CONFIRM
from pledges.models import Pledge, Signature
from supporters import consent, mailbox, moving, news, privacy_registry, supporters
from supporters.models import ConsentEvent, Supporter
from tests.donations.conftest import charity, donor, till  # noqa: F401 - fixtures
from tests.donations.donor import Donor, Till
from tests.donations.kept import keep
from tests.narrowing import not_none
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db

NAME, EMAIL = "Adelheid Quintessa", "adelheid@donor.example"
# Where a name must stay, and the law that asks for it (docs/privacy.md).
KEPT = {("donations_receipt", "name")}


def where(*words: str) -> set[tuple[str, str]]:
    """Every table and column of the whole database that holds one of these words, in whatever case."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    if any(word.lower() in str(value).lower() for word in words):
                        found.add((table, name))
    return found


def signature() -> Signature:
    starter.load()
    pledge = Pledge.objects.get(is_main=True)
    pledging.sign(
        not_none(pledge.newest_text),
        name=NAME,
        email=EMAIL,
        country="US",
        age=16,
        letters_wording="Yes.",
        page="/pledge/",
    )
    run_due()
    letter = Letter.objects.filter(to=EMAIL, text__contains="/pledge/confirm/").get()
    token = re.search(r"/pledge/confirm/([^/\s]+)", letter.text).group(1)
    assert pledging.confirm(not_none(tokens.find(token, CONFIRM)))
    return Signature.objects.get()


@pytest.fixture
def known(donor, till) -> Supporter:  # noqa: F811
    """Somebody who gave, gave every month, began twice, signed, asked for letters; and of whom staff spoke."""
    keep("somebody known", donor, lambda: _become_known(donor, till))
    return Supporter.objects.get()


def _become_known(donor: Donor, till: Till) -> None:  # noqa: F811
    donor.pay(donor.give("once", "25", email=EMAIL, name=NAME), name=NAME)
    donor.pay(donor.give("monthly", "30", email=EMAIL.upper(), name=NAME), name=NAME)
    donor.give("once", "70", email=EMAIL, name=NAME)
    till.refund(till.objects("payment_intent")[0]["id"], amount=500)
    till.tell()
    signed = signature()
    assert signed.supporter == Supporter.objects.get()
    client = signed_in("Administrator")
    ModelLogEntry.objects.log_action(signed, "staff.action", data={"action": "send-again", "label": "Send again"})
    ModelLogEntry.objects.log_action(signed.supporter, "staff.action", data={"action": "look", "label": "Look"})
    assert client.get("/admin/").status_code == 200


FIRM = "Quintessential Engines Ltd"
HONOREE, FRIEND = "Grandmother Ottoline", "ottoline@friend.example"


@pytest.fixture
def generous(known) -> Supporter:
    """Somebody who also dedicated a gift with a card, wrote to us, and brought a cheque and some chairs."""
    gift = Gift.objects.paid().filter(plan=None).get()
    Dedication.objects.create(
        gift=gift, kind="honour", name=HONOREE, card_to=FRIEND, card_from=NAME, message=f"For you, {HONOREE}"
    )
    Message.objects.create(reason="other", name=NAME, email=EMAIL, text=f"This is {NAME}.")
    day = timezone.now().date()
    cheque = offline.Entry("form-1", Method.CHEQUE, day, 12_500, "USD", name=NAME, company=FIRM, email=EMAIL)
    chairs = offline.Entry("form-2", Method.IN_KIND, day, description="Chairs", name=NAME, email=EMAIL)
    assert {offline.record(entry).supporter for entry in (cheque, chairs)} == {known}
    return known


def test_it_tells_and_forgets_dedications_messages_and_what_came_without_stripe(generous):
    told = privacy_registry.export(generous)
    assert told["awareness"]["messages"][0]["text"] == f"This is {NAME}."
    (dedication,) = [gift["dedication"] for gift in told["donations"]["gifts"] if gift["dedication"]]
    assert dedication["name"] == HONOREE and dedication["card to"] == FRIEND and dedication["message"]
    assert [gift["company"] for gift in told["donations"]["gifts"]].count(FIRM) == 1
    assert len(told["donations"]["gifts"]) == 5
    assert where(HONOREE, FRIEND)
    erase(ended(generous))
    assert where(NAME, EMAIL) == where(FIRM) == KEPT and where(HONOREE, FRIEND) == set()


def test_it_is_done_in_the_panel_by_who_may_and_after_a_question(known):
    address = f"/admin/supporter/inspect/{known.pk}/erase/"
    assert signed_in("Donor care").post(address).status_code in (302, 403) and not where_erased(known)
    client = signed_in("Administrator", "boss@example.org")
    question = client.get(address).content.decode()
    assert "There is no way back" in question and "tax law" in question and not where_erased(known)
    assert "There is no way back" in client.post(address).content.decode() and not where_erased(known)
    sure = {"sure": "yes"}
    assert "A monthly or yearly gift still runs" in client.post(address, sure, follow=True).content.decode()
    ended(known)
    assert client.post(address, sure, follow=True).status_code == 200
    run_due()
    assert where_erased(known) and where(NAME, EMAIL) == KEPT
    (line,) = [each for each in ModelLogEntry.objects.all() if "Erased." in str(each.data)]
    assert line.user.email == "boss@example.org" and NAME not in line.label
    page = client.get(f"/admin/supporter/inspect/{known.pk}/").content.decode()
    assert address not in page and "boss@example.org: Erase this person: Erased." in page


def erase(supporter: Supporter) -> None:
    """Erases, and the last letter leaves: until then its address waits with it."""
    privacy_registry.erase(supporter)
    run_due()


def where_erased(supporter: Supporter) -> bool:
    return Supporter.objects.get(pk=supporter.pk).erased_at is not None


def ended(supporter: Supporter) -> Supporter:
    changes.end(Plan.objects.get())
    return supporter


def test_it_leaves_nothing_of_an_erased_person_but_what_the_law_keeps(known):
    before = where(NAME, EMAIL)
    assert {table for table, _ in before} >= {
        *["supporters_supporter", "donations_gift", "donations_stripeevent", "donations_receipt", "letters_letter"],
        *["pledges_signature", "wagtailcore_modellogentry"],
    }
    ledger = LedgerEntry.objects.count()
    erase(ended(known))
    assert where(NAME, EMAIL) == KEPT
    assert LedgerEntry.objects.count() == ledger and Receipt.objects.count() == 3
    assert known.erased_at and known.name_or_email() == "(erased)"


def test_it_keeps_the_count_true(known):
    pledge = Pledge.objects.get(is_main=True)
    assert counting.confirmed(pledge) == 1
    privacy_registry.erase(ended(known))
    assert counting.confirmed(pledge) == 0 and Signature.objects.get().state == "withdrawn"


def test_it_does_not_bring_an_erased_person_back_when_stripe_speaks_again(known, till):  # noqa: F811
    privacy_registry.erase(ended(known))
    assert set(StripeEvent.objects.exclude(payload__startswith='{"reduced": true').values_list("type", flat=True)) <= {
        *["product.created", "price.created"]  # these never named anybody
    }
    till.refund(till.objects("payment_intent")[1]["id"], amount=500)
    events = [event for event in till.events() if not StripeEvent.objects.filter(event_id=event["id"]).exists()]
    till.tell(events)
    before = StripeEvent.objects.count()
    assert privacy.old_events(dry=True) == privacy.old_events() > 0, "the daily forgetting takes what was told since"
    assert where(NAME, EMAIL) == KEPT and StripeEvent.objects.count() == before
    assert privacy.old_events() == 0
    assert Supporter.objects.count() == 1 and not Letter.objects.exclude(to="").filter(template="refund").exists()


def test_it_leaves_what_stripe_tells_of_others_when_somebody_is_erased(known, donor, till):  # noqa: F811
    privacy_registry.erase(ended(known))
    donor.pay(donor.give("once", "41", email="grace@other.example", name="Grace Hopper"), name="Grace Hopper")
    till.tell()
    told = StripeEvent.objects.filter(payload__contains="grace@other.example").count()
    privacy.old_events()
    assert told and StripeEvent.objects.filter(payload__contains="grace@other.example").count() == told


def test_it_closes_the_payment_page_that_somebody_left_open_and_was_erased(known, till):  # noqa: F811
    """Else it could be paid, and nobody would get the receipt."""
    (begun,) = Gift.objects.filter(status="started")
    privacy_registry.erase(ended(known))
    run_due()
    begun.refresh_from_db()
    assert begun.status == "expired"
    assert [page["status"] for page in till.objects("checkout.session") if page["id"] == begun.session_id] == [
        "expired"
    ]


def test_it_erases_nobody_while_a_monthly_gift_runs(known):
    before = where(NAME, EMAIL)
    with pytest.raises(privacy_registry.CannotEraseError):
        privacy_registry.erase(known)
    assert where(NAME, EMAIL) == before


def test_it_erases_nobody_while_a_bank_payment_is_on_its_way(known):
    ended(known)
    Gift.objects.filter(status="started").update(status="pending")
    with pytest.raises(privacy_registry.CannotEraseError):
        privacy_registry.erase(known)
    assert EMAIL in Supporter.objects.get().email.lower()


def test_it_erases_twice_as_once_and_meets_the_person_anew(known):
    privacy_registry.erase(ended(known))
    privacy_registry.erase(known)
    anew = supporters.get_or_create_supporter(EMAIL, NAME)
    assert anew.pk != known.pk and not anew.gifts.exists()


def test_it_tells_a_person_all_that_we_know(known):
    told = privacy_registry.export(known)
    assert set(told) == {"awareness", "supporters", "donations", "pledges"}
    assert told["supporters"]["consent"][0]["wording"] == "Yes."
    assert [gift["sum"] for gift in told["donations"]["gifts"]] == ["$25.00 USD", "$30.00 USD", "$70.00 USD"]
    assert told["pledges"]["signatures"][0]["number"] == 1


def test_it_joins_two_rows_of_one_person(known):
    other = supporters.get_or_create_supporter("second@donor.example")
    consent.record(other, "letters", False, "No more", "/my/")
    privacy_registry.merge(known, other)
    assert Supporter.objects.get() == other
    assert other.gifts.count() == 2 and other.plans.count() == 1 and other.signatures.count() == 1
    assert ConsentEvent.objects.filter(supporter=other).count() == 2


def test_it_knows_a_merged_person_by_every_old_link_letter_and_log(known):
    other = supporters.get_or_create_supporter("second@donor.example")
    mailbox.complained(EMAIL)
    known.refresh_from_db()
    stop = news.address(known, "letters").rstrip("/").rpartition("/")[2]
    year = timezone.localdate().year
    outbox.queue("late", "statement", EMAIL, {"year": str(year)}, document=f"statement:{year}:{known.pk}")
    number = known.pk
    privacy_registry.merge(known, other)
    other.refresh_from_db()
    assert news.whose(stop) == (other, "letters")
    assert (other.name, other.complained_at is None) == (NAME, False)
    assert not ModelLogEntry.objects.filter(object_id=str(number), content_type__model="supporter").exists()
    papers = attachment(f"statement:{year}:{number}")
    assert papers and papers[1].startswith(b"%PDF")
    assert address_now(Letter.objects.get(key="late")) == other.email
    assert privacy_registry.export(other)["supporters"]["former addresses"] == [EMAIL]
    erase(ended(other))
    assert where(NAME, EMAIL, "second@donor.example") == KEPT
    assert news.whose(stop) == (other, "letters"), "the link still says who wanted no letters"


def test_it_forgets_an_address_from_before_and_one_that_was_never_confirmed(client):
    person = supporters.get_or_create_supporter(EMAIL, NAME)
    outbox.queue("early", "subscribe_confirm", EMAIL, {"address": "https://x.example/", "days": 7})
    Letter.objects.update(state="sent")
    moving.move(person, "now@donor.example", proved=True)
    outbox.queue(f"address:{person.pk}:x", "address_confirm", "typed@donor.example", {"link": "/", "hours": "24"})
    outbox.queue("hers", "subscribe_confirm", "typed@donor.example", {"address": "https://x.example/", "days": 7})
    person.refresh_from_db()
    erase(person)
    assert where(NAME, EMAIL, "now@donor.example") == set()
    assert Letter.objects.filter(to="typed@donor.example").get().key == "hers"


def test_it_hears_of_every_app_that_points_at_a_person():
    """An app whose rows name a supporter, and that registers nothing, would keep them for ever."""
    pointing = {
        relation.related_model._meta.app_label for relation in Supporter._meta.related_objects if relation.related_model
    }
    assert pointing <= set(privacy_registry.APPS) <= {config.label for config in apps.get_app_configs()}


def test_it_erases_by_command_only_when_told_to(known):
    ended(known)
    out = StringIO()
    call_command("erase_supporter", EMAIL, stdout=out)
    assert "Nothing was changed" in out.getvalue() and not Supporter.objects.get().erased_at
    call_command("erase_supporter", EMAIL, "--yes", stdout=out)
    assert Supporter.objects.get().erased_at
    with pytest.raises(CommandError):
        call_command("erase_supporter", EMAIL, "--yes", stdout=out)


def test_it_says_by_command_why_somebody_cannot_be_erased(known):
    with pytest.raises(CommandError, match="monthly or yearly gift"):
        call_command("erase_supporter", EMAIL, "--yes", stdout=StringIO())


def test_it_never_sends_a_letter_to_somebody_erased(known, mailoutbox):
    letter = outbox.queue("late", "receipt", EMAIL, _receipt_context())
    privacy_registry.erase(ended(known))
    mailoutbox.clear()
    run_due()
    letter.refresh_from_db()
    assert (letter.state, letter.to, letter.text, letter.html) == ("forgotten", "", "", "")
    assert [mail.subject for mail in mailoutbox] == ["You are forgotten here"]


def test_it_empties_letters_some_weeks_after_they_were_sent(known):
    run_due()
    sent = Letter.objects.filter(state="sent")
    assert sent.count() and retention.old_words() == 0
    sent.update(sent_at=retention_periods.end("letters"), created_at=retention_periods.end("letters"))
    waiting = outbox.queue("waits", "receipt", EMAIL, _receipt_context())
    assert retention.old_words() == sent.count() and retention.old_words() == 0
    assert not sent.exclude(text="", html="").exists() and sent.exclude(to="").exists()
    waiting.refresh_from_db()
    assert waiting.text
    first = sent.first()
    assert outbox.queue(first.key, first.template, EMAIL, {}) == first  # never written a second time


def _receipt_context() -> dict:
    document = Receipt.objects.first()
    return {"receipt": document, "gift": document.gift, "total": "$1", "amount": "$1"}
