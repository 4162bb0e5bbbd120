"""Many at once, on both databases: one mailbox, one signature, one step of the count."""

import random
from typing import Any

import pytest
from django.test import Client

from foundation.jobs.queue import run_due
from foundation.letters.models import Letter
from pledges import counting, pledging, starter
from pledges.dashboard import SignaturesPanel
from pledges.models import Pledge, Signature, SignatureEvent
from supporters import supporters
from supporters.models import ConsentEvent, Supporter
from tests.foundation.crowd import together
from tests.narrowing import not_none
from tests.pledges import driver
from tests.pledges.test_crowds_of_one_domain import signed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.finding]


def spelling(number: int) -> str:
    """The same Gmail mailbox in another spelling each time."""
    dots = "".join(char + ("." if number >> at & 1 else "") for at, char in enumerate("abolish"))
    return f"{dots.strip('.')}+{number}@{'googlemail' if number % 2 else 'gmail'}.com"


def test_it_makes_one_signature_of_fifty_that_sign_at_once() -> None:
    starter.load()
    data = {**driver.hidden_fields(Client()), **driver.ADA}
    answers = together(50, lambda number: Client().post("/pledge/", {**data, "email": spelling(number)}))
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, "/pledge/sent/")}
    assert Signature.objects.count() == 1
    run_due()
    assert 1 <= Letter.objects.count() <= 3


def test_it_counts_once_when_the_button_is_pressed_twenty_times_at_once() -> None:
    starter.load()
    driver.sign(Client(), letters="on")
    address = driver.link(driver.letters()[0])
    answers = together(20, lambda number: Client().post(address))
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, address)}
    assert counting.proof(Pledge.objects.get()) == counting.Proof(total=1, steps=1, rows=1)
    assert (SignatureEvent.objects.count(), ConsentEvent.objects.count(), Supporter.objects.count()) == (1, 1, 1)


def test_it_numbers_a_crowd_without_gap_or_double() -> None:
    starter.load()
    emails = [f"n{number}@example.org" for number in range(20)]
    for email in emails:
        driver.sign(Client(), email=email)
    run_due()
    addresses = [driver.link(Letter.objects.get(to=email)) for email in emails]
    together(20, lambda number: Client().post(addresses[number]))
    assert sorted(map(not_none, Signature.objects.values_list("number", flat=True))) == list(range(1, 21))
    totals = list(SignatureEvent.objects.order_by("id").values_list("total", flat=True))
    assert totals == list(range(1, 21))


def test_it_counts_right_while_people_sign_confirm_and_withdraw_at_random() -> None:
    """Whatever the order: what is shown, the steps, and the rows tell one number."""
    starter.load()
    pledge = Pledge.objects.get()

    def live(number: int) -> None:
        chance = random.Random(number)
        for _ in range(6):
            email = f"n{chance.randrange(4)}@example.org"
            driver.sign(Client(), email=email)
            run_due()
            letter = Letter.objects.filter(to=email, template="pledge_confirm").order_by("-id").first()
            if letter and chance.random() < 0.8:
                Client().post(driver.link(letter))
            signature = Signature.objects.filter(canonical=email).order_by("-id").first()
            if signature and chance.random() < 0.4:
                pledging.withdraw(signature)

    together(6, live)
    proof = counting.proof(pledge)
    assert proof.holds, proof
    assert SignatureEvent.objects.exists()
    numbers = [number for number in Signature.objects.values_list("number", flat=True) if number]
    assert len(numbers) == len(set(numbers))


def test_it_shows_staff_at_once_that_somebody_signed_or_withdrew() -> None:
    """The first page keeps what it counts in weeks of signatures until the next step of a count."""
    pledge = Pledge.objects.create(slug="main", title="A promise", is_main=True)
    pledge.texts.create(version=1, text="Words.")

    def new() -> Any:
        (_title, linked), *_others = SignaturesPanel().get_context_data({})["pledges"]
        return linked[1][0]

    assert (new(), new()) == (0, 0)
    row = signed(pledge, "ada@example.org")
    assert (new(), new()) == (1, 1)
    pledging.withdraw(row)
    assert new() == 0


def test_it_takes_a_signature_whose_forerunner_is_withdrawn_at_that_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As PostgreSQL may order it: the row that stands keeps the new one out, and is gone when that is looked for."""
    starter.load()
    driver.sign(Client())
    stood = Signature.objects.get()
    insert = Signature.objects.bulk_create

    def insert_and_withdraw(*args: Any, **options: Any) -> list[Signature]:
        made = insert(*args, **options)
        pledging.withdraw(stood)
        return made

    monkeypatch.setattr(Signature.objects, "bulk_create", insert_and_withdraw)
    assert driver.sign(Client(), name="Ada Again").status_code == 302
    assert list(Signature.objects.standing().values_list("name", "state")) == [("Ada Again", Signature.State.STARTED)]


def test_it_meets_one_person_when_many_ask_at_once() -> None:
    met = together(30, lambda number: supporters.get_or_create_supporter(spelling(number), f"Name {number}").pk)
    assert len(set(met)) == 1
    assert Supporter.objects.count() == 1
