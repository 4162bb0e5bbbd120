"""An address put right: by staff, and on My page by a mailed link. Later letters follow, and both are told."""

import re

import pytest
from django.db.models import Q
from django.test import Client
from wagtail.models import ModelLogEntry

from donations.giving import addresses, offline
from donations.letters import year_end
from donations.models import AddressChange, Gift, Plan
from foundation.jobs.models import Job
from foundation.jobs.queue import run_due
from foundation.letters import outbox, resending
from foundation.letters.models import Letter
from supporters import consent, moving, news
from supporters.models import Supporter
from supporters.supporters import get_or_create_supporter
from tests.donations.test_offline import entry
from tests.narrowing import not_none
from tests.staff.users import signed_in
from tests.supporters.visitor import come_in

pytestmark = pytest.mark.django_db
OLD, NEW = "ada@donor.example", "ada@right.example"
CHECKED = {"email": NEW, "check_made": "Called back on the number in our files"}


def monthly(donor, till) -> Gift:
    donor.gave("monthly", "30")
    run_due()
    return Gift.objects.get()


def told(to: str) -> list[str]:
    return [letter.text for letter in Letter.objects.filter(template="address_changed", to=to)]


def next_month(till) -> Letter:
    till.advance(32 * 86400)
    till.tell()
    run_due()
    return Letter.objects.filter(template="receipt_monthly").latest("pk")


@pytest.mark.parametrize("row", ["gift", "supporter"])
def test_it_follows_a_correction_by_staff_in_every_later_letter_and_at_stripe(donor, till, row):
    gift = monthly(donor, till)
    pk = gift.pk if row == "gift" else gift.supporter_id
    staff = signed_in("Donor care")
    assert staff.post(f"/admin/{row}/inspect/{pk}/address/", CHECKED).status_code == 302
    run_due()
    gift.refresh_from_db()
    assert (gift.email, gift.supporter.email, gift.plan.supporter) == (NEW, NEW, gift.supporter)
    (customer,) = till.objects("customer")
    assert customer["email"] == NEW
    change = AddressChange.objects.get()
    assert (change.before, change.after, change.check_made) == (OLD, NEW, CHECKED["check_made"]) and change.changed_by
    ((old,), (new,)) = told(OLD), told(NEW)
    assert "a…@right.example" in old and NEW not in old and "a…@donor.example" in new
    assert next_month(till).to == NEW
    assert Letter.objects.filter(to=OLD).latest("pk").template == "address_changed"


def test_it_never_gives_one_person_the_rows_of_another(donor, till):
    gift = monthly(donor, till)
    bob = get_or_create_supporter(NEW, "Bob")
    page = signed_in("Donor care").post(f"/admin/supporter/inspect/{gift.supporter_id}/address/", CHECKED, follow=True)
    assert f"This address is another supporter’s, number {bob.pk}." in page.content.decode()
    (line,) = ModelLogEntry.objects.filter(action="staff.action")
    assert "Nothing was changed" in line.data["sentence"] and NEW not in str(line.data)
    gift.refresh_from_db()
    assert gift.email == OLD and Supporter.objects.filter(pk=bob.pk, name="Bob").exists()


def asks(visitor: Client, email: str) -> str:
    page = visitor.get("/my/address/")
    opened = page.context["form"]["opened"].value()
    assert "on its way" in visitor.post("/my/address/", {"email": email, "opened": opened}).content.decode()
    run_due()
    letter = Letter.objects.filter(template="address_confirm", to=email).latest("pk")
    return re.search(r"/my/address/[^/\s]+/", letter.text).group()


def test_it_keeps_no_row_of_a_mailbox_that_was_only_mistyped(donor, till):
    """Whoever owns it would find the donor's name there, and an erasure would not."""
    gift = monthly(donor, till)
    consent.record(get_or_create_supporter("hers@right.example", "Hers"), "letters", True, "Yes.", "/subscribe/")
    for email in ("hers@right.example", NEW):
        addresses.correct(gift, email)
        gift.refresh_from_db()
    assert set(Supporter.objects.values_list("email", "name")) == {("hers@right.example", "Hers"), (NEW, gift.name)}


@pytest.mark.both
def test_it_lets_a_donor_move_on_my_page_by_a_link_to_the_new_mailbox(donor, till):
    monthly(donor, till)
    visitor = come_in(OLD)
    get_or_create_supporter(NEW)  # known already, by another gift: the same person, as the link proves
    link = asks(visitor, NEW)
    stranger = Client()
    assert stranger.get(link).status_code == 200 and Supporter.objects.filter(email=OLD).exists()
    assert stranger.post(link).status_code == 302
    run_due()
    assert Supporter.objects.get().email == NEW == Gift.objects.get().email
    assert Plan.objects.get().supporter == Supporter.objects.get()
    assert till.objects("customer")[0]["email"] == NEW
    assert len(told(OLD)) == len(told(NEW)) == 1
    assert stranger.post(link).status_code == stranger.get(link).status_code == 404
    assert next_month(till).to == NEW


@pytest.mark.parametrize("token", ["x", "a:b:c", "é", "x" * 400])
def test_it_opens_nothing_with_a_made_up_link(client, token):
    assert client.get(f"/my/address/{token}/").status_code == 404 == client.post(f"/my/address/{token}/").status_code


def test_it_asks_who_comes_without_a_visit_to_come_in_first(client):
    assert client.get("/my/address/").status_code == 302 == client.post("/my/address/", {"email": NEW}).status_code


# Send again


def test_it_sends_one_letter_again_from_the_panel(donor, till):
    donor.gave()
    run_due()
    letter, staff = Letter.objects.get(), signed_in("Donor care")
    for _press in range(2):
        assert staff.post(f"/admin/letter/inspect/{letter.pk}/again/").status_code == 302
    run_due()
    first, copy = Letter.objects.order_by("pk")
    assert (copy.text, copy.to, copy.document, copy.state) == (first.text, first.to, first.document, "sent")


def test_it_sends_what_did_not_arrive_to_the_address_put_right_and_nothing_more_to_the_old_one(donor, till):
    """Refused at the old address: the receipt goes to the new one at once. What the old one got goes there again."""
    gift = monthly(donor, till)
    receipt = Letter.objects.get(key=f"receipt:{gift.reference}")
    Letter.objects.filter(pk=receipt.pk).update(state="failed")
    gift.refresh_from_db()
    thanks = outbox.queue(f"sent:{gift.reference}", "address_changed", OLD, {"before": "a", "after": "b"})
    run_due()
    staff = signed_in("Donor care")
    staff.post(f"/admin/gift/inspect/{gift.pk}/address/", CHECKED)
    staff.post(f"/admin/letter/inspect/{thanks.pk}/again/")
    run_due()
    receipt.refresh_from_db()
    assert (receipt.to, receipt.state) == (NEW, "sent")
    assert not Letter.objects.filter(key__startswith="receipt-again").exists()
    assert Letter.objects.get(key__startswith=f"sent:{gift.reference}:again").to == NEW


def test_it_sends_a_statement_and_news_again_to_where_their_reader_is_now(charity):
    """No gift names them: the one names its reader by its paper, the other by the way to stop it."""
    reader = not_none(offline.record(entry("cheque", email=OLD)).supporter)
    year_end.write(2026)
    consent.record(reader, "letters", True, "words", "/subscribe/")
    facts = {"name": "Ada", "my_page": "x", "total": "1", "given": "1", "payments": 1, "next_on": ""}
    news.write("news:1", "yearly_reminder", reader, "letters", facts)
    run_due()
    sent = Letter.objects.filter(Q(template="statement") | Q(key="news:1"), to=OLD, state="sent")
    first = list(sent)
    moving.move(reader, NEW)
    for letter in first:
        resending.resend(letter)
    assert len(first) == 2 and Letter.objects.filter(key__contains=":again:", to=NEW).count() == 2


def test_it_sends_all_that_a_list_shows_again(donor, till, monkeypatch):
    """By the search and the filters of the list; asked first, pressed twice is once, and never for too many."""
    for amount in ("25", "30"):
        donor.pay(donor.give("once", amount))
    till.tell()
    run_due()
    gift = Gift.objects.first()
    letters = Letter.objects.count()
    for role, row, action, query in (
        ("Donor care", "letter", "again", "state=sent&template=receipt&sent_at__date_from=2001-01-01"),
        ("Finance", "receipt", "send", f"q={gift.receipts.get().label}"),
    ):
        many, staff = f"/admin/{row}/all/{action}/?{query}", signed_in(role)
        assert many.replace("&", "&amp;") in staff.get(f"/admin/{row}/?{query}").content.decode()
        assert "that the list shows by its search" in staff.get(many).content.decode()
        assert Letter.objects.count() == letters
        for _press in range(2):
            assert staff.post(many).status_code == 302
            run_due()  # the list shows the copies too now
        letters += 2 if row == "letter" else 1
        assert Letter.objects.count() == letters
        assert signed_in("Editor").post(many).status_code in (302, 403) and Letter.objects.count() == letters
    monkeypatch.setattr("staff.many_views.MOST", 1)
    signed_in("Donor care").post("/admin/letter/all/again/?state=sent")
    assert Letter.objects.count() == letters


def test_it_sends_a_letter_again_whose_job_was_given_up(charity):
    letter = outbox.queue("one", "address_changed", OLD, {"before": "a", "after": "b"})
    assert not resending.may_go(letter)
    Job.objects.update(state=Job.State.DEAD)
    staff = signed_in("Donor care")
    assert "Send all of them again" in staff.get("/admin/letters-again/").content.decode()
    for _press in range(2):
        staff.post("/admin/letters-again/", {"state": "waiting", "template": "address_changed"})
    run_due()
    letter.refresh_from_db()
    assert letter.state == "sent" and Job.objects.filter(args__letter=letter.pk).count() == 1


@pytest.mark.parametrize("state", ["failed", "unsure"])
def test_it_sends_many_again_by_one_button_for_each_kind(charity, state):
    places = {"before": "a", "after": "b"}
    for number in range(3):
        outbox.queue(f"one:{number}", "address_changed", OLD, places)
    outbox.queue("other", "my_link", OLD, {"name": "", "link": "x", "minutes": "30"})
    Letter.objects.update(state=state)
    staff = signed_in("Donor care")
    assert staff.get("/admin/letters-again/").content.decode().count("Send all of them again") == 2
    for _press in range(2):
        staff.post("/admin/letters-again/", {"state": state, "template": "address_changed"})
    run_due()
    assert Letter.objects.filter(state="sent").count() == 3 and Letter.objects.get(key="other").state == state


def test_it_sends_no_second_link_that_opens_a_door(charity):
    letter = outbox.queue("other", "my_link", OLD, {"name": "", "link": "x", "minutes": "30"})
    run_due()
    letter.refresh_from_db()
    assert letter.state == "sent" and not resending.may_go(letter)
    assert signed_in("Finance").post(f"/admin/letter/inspect/{letter.pk}/again/").status_code in (302, 403)
    assert Letter.objects.count() == 1
