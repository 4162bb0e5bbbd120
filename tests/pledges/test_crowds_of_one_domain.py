"""Many signatures of one domain within an hour: staff see a number, look, and set them aside or back by one button."""

import pytest
from django.test import Client
from django.utils import timezone

from pledges import counting, crowds, pledging
from pledges.models import Pledge, Signature, SignatureEvent
from supporters import supporters
from tests.narrowing import not_none
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db
CATCH_ALL = "catch-all.example"
LIST = "/admin/signatures/crowds/"


@pytest.fixture
def pledge() -> Pledge:
    pledge = Pledge.objects.create(slug="main", title="A promise", is_main=True)
    pledge.texts.create(version=1, text="Words.")
    return pledge


def signed(pledge: Pledge, email: str) -> Signature:
    """Confirmed, and counted."""
    number, known = counting.next_number(pledge.pk), supporters.get_or_create_supporter(email)
    signature = Signature.objects.create(
        pledge=pledge, text=not_none(pledge.newest_text), name="N", email=email, canonical=email, letter_to=email,
        age=16, state=Signature.State.CONFIRMED, number=number, confirmed_at=timezone.now(), supporter=known,
    )  # fmt: skip
    counting.count(signature, +1, SignatureEvent.Why.CONFIRMED, pledging.SIGNER)
    return signature


@pytest.fixture
def crowd(pledge) -> Pledge:
    """One person with a domain of their own, somebody honest, and many whose mailbox is where everybody has one."""
    for number in range(crowds.MANY):
        signed(pledge, f"n{number}@{CATCH_ALL}")
        signed(pledge, f"n{number}@gmail.com")
    signed(pledge, "ada@example.org")
    return pledge


def test_it_notices_many_signatures_of_one_domain_in_an_hour(crowd):
    (found,) = crowds.found()
    assert (found.domain, found.counting, found.aside) == (CATCH_ALL, crowds.MANY, 0)


def test_it_shows_staff_a_number_a_list_and_the_signatures(crowd):
    staff = signed_in("Donor care")
    assert "Crowds of one domain" in staff.get("/admin/").content.decode()
    assert crowds.waiting() == 1
    assert CATCH_ALL in staff.get(LIST).content.decode()
    listed = staff.get(f"/admin/signature/?domain={CATCH_ALL}").context["object_list"]
    assert {row.email.partition("@")[2] for row in listed} == {CATCH_ALL} and len(listed) == crowds.MANY


def test_it_sets_a_crowd_aside_by_one_button_and_back_by_another(crowd):
    staff = signed_in("Donor care")
    alone = Signature.objects.get(email=f"n0@{CATCH_ALL}")
    pledging.set_aside(alone, "care@example.org", "looked at")
    for _ in range(2):
        assert staff.post(LIST, {"domain": CATCH_ALL, "act": "aside"}).status_code == 302
    assert counting.confirmed(crowd) == crowds.MANY + 1
    assert crowds.waiting() == 0
    for _ in range(2):
        staff.post(LIST, {"domain": CATCH_ALL, "act": "back"})
    assert counting.confirmed(crowd) == 2 * crowds.MANY  # not the one that was set aside by itself
    assert counting.proof(crowd).holds
    pledging.put_back(alone, "care@example.org", "")
    assert counting.confirmed(crowd) == 2 * crowds.MANY + 1 and counting.proof(crowd).holds


def test_it_lets_nobody_set_aside_who_may_only_read(crowd):
    assert signed_in("Editor").get(LIST).status_code in (302, 403)
    assert Client().post(LIST, {"domain": CATCH_ALL, "act": "aside"}).status_code == 302
    assert signed_in("Donor care").post(LIST, {"domain": "example.org", "act": "aside"}).status_code == 404
    assert counting.confirmed(crowd) == 2 * crowds.MANY + 1


def test_it_puts_a_signature_that_waited_back_to_waiting(pledge):
    waits = signed(pledge, "ada@example.org")
    waiting = Signature.objects.create(
        pledge=pledge, text=not_none(pledge.newest_text), name="N", email="b@example.org", canonical="b@example.org",
        letter_to="b@example.org", age=16,
    )  # fmt: skip
    pledging.set_aside(waiting, "care@example.org", "")
    assert pledging.put_back(waiting, "care@example.org", "")
    assert not pledging.put_back(waits, "care@example.org", "")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.ended_at) == (Signature.State.STARTED, None) and counting.proof(pledge).holds
