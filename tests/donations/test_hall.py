"""A church: two hundred people behind one address give, and sign, within ten minutes. Nobody is told to wait.

By HTTP through all of our middlewares, at a clock that is moved by hand: one every three seconds, each pays a minute
and a half later, one in ten never. Every twenty-fifth is led to Stripe and, where it is asked for, does the
calculation; for those between, the same functions are called that the page calls. `script/drill burst` does all of it
with real processes. That it finds a limit which is too narrow, the last test shows.
"""

from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.utils import timezone

from donations.card_testing import breaker, challenge_policy, limits, tries
from donations.giving import gifts
from donations.models import CardTry, Gift
from donations.stripe import objects
from foundation.access import proof_of_work, ratelimit
from pledges import starter, views
from tests.donations.donor import Donor, opened_before
from tests.donations.test_card_testing import again, challenge
from tests.pledges import driver as pledge

pytestmark = [pytest.mark.django_db, pytest.mark.once]
PEOPLE, WITHIN, PAYS_AFTER = 200, timedelta(minutes=10), 30  # the last: places in the queue, a minute and a half
HALL, ELSEWHERE = "198.51.100.7", "203.0.113.9"


@pytest.fixture
def hall(donor, till, monkeypatch):
    monkeypatch.setattr(proof_of_work, "COST", proof_of_work.COST // 100)
    return Hall(till)


class Hall:
    def __init__(self, till) -> None:
        self.till = till
        self.seen: Counter[int] = Counter()
        self.begun: list[str] = []

    def give(self, people: int = PEOPLE) -> Counter[int]:
        """How many were led on, asked for a proof, or told to wait."""
        with time_machine.travel(timezone.now(), tick=False) as clock:
            for number in range(people):
                by_http = number % 25 == 24
                self.begun.append(self._by_http(number) if by_http else self._by_call(number))
                if number >= PAYS_AFTER and number % 10:
                    self._pay(number - PAYS_AFTER)
                clock.shift(WITHIN / PEOPLE)
        return self.seen

    def _by_http(self, number: int) -> str:
        person = Donor(Client(REMOTE_ADDR=HALL), self.till)
        answer = person.give("once", "25", email=f"hall{number}@donor.example")
        self.seen[answer.status_code] += 1
        if answer.status_code == 403:
            fields = {**again(answer), "opened": opened_before()}
            answer = person.send({**fields, "proof": proof_of_work.solve(challenge(answer))})
        assert answer.status_code == 303 and "/c/pay/" in answer["Location"], number
        return f"hall{number}@donor.example"

    def _by_call(self, number: int) -> str:
        """What page._begin does, without its page and without Stripe's."""
        email = f"hall{number}@donor.example"
        request = gifts.GiftRequest(gifts.new_attempt(), "once", "USD", 2500, 0, email, "")
        for proved in (False, True):
            try:
                with transaction.atomic():
                    vouched = proved or challenge_policy.has_proof("", request.attempt, request.sender(HALL, ()))
                    gifts.begin(request, HALL, vouched=vouched)
                break
            except challenge_policy.ProofRequiredError as doubt:
                assert not proved
                self.seen[403] += 1
                if doubt.reason:
                    breaker.trip(doubt.reason)
        return email

    def _pay(self, number: int) -> None:
        gift = Gift.objects.get(email=self.begun[number])
        now = timezone.now()
        Gift.objects.filter(pk=gift.pk).update(
            status=Gift.Status.PAID, paid_at=now, session_expires_at=now + timedelta(minutes=30)
        )
        refused = number % 15 == 0  # a card that is refused, then another
        for card in [f"{number} worn"] * refused + [str(number)]:
            tries.note(gift.reference, _charge(card, declined=card.endswith("worn")))


def _charge(card: str, declined: bool) -> objects.Charge:
    now, paid = timezone.now(), not declined
    return objects.Charge(f"ch_{card}", paid, 2500, "USD", now, "pi", "", False, None, declined=declined, card=card)


def test_it_lets_a_church_of_two_hundred_give_within_ten_minutes(hall):
    """Most without any step more; the breaker stays shut, so that nobody elsewhere is asked for one."""
    seen = hall.give()
    assert Gift.objects.count() == PEOPLE and Gift.objects.paid().count() > 100 and CardTry.objects.count() > 100
    assert not seen[429] and seen[403] < PEOPLE / 2, seen
    assert not breaker.is_open()
    assert Donor(Client(REMOTE_ADDR=ELSEWHERE), hall.till).give("once", "25").status_code == 303


def test_it_lets_a_church_of_two_hundred_sign_within_ten_minutes(charity):
    """Every tenth by a POST of their own; the others take their place in the limit that the page asks."""
    starter.load()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        form = pledge.hidden_fields(Client())
        for number in range(PEOPLE):
            if number % 10 == 9:
                sent = {**form, **pledge.ADA, "email": f"hall{number}@friend.example"}
                answer = Client(REMOTE_ADDR=HALL).post("/pledge/", sent)
                assert (answer.status_code, answer["Location"]) == (302, "/pledge/sent/"), number
            else:
                assert ratelimit.allow("pledge", HALL, views.SIGNERS, views.SECONDS), number
            clock.shift(WITHIN / PEOPLE)
    assert views.Signature.objects.count() == PEOPLE / 10


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [
        (gifts.LIMITS, "address", (10, 3600)),
        (gifts.LIMITS, "network", (10, 3600)),
        (limits, "PAGES", (10, 600)),
    ],
    ids=["an address", "a network", "the breaker"],
)
def test_the_church_finds_a_limit_that_is_too_narrow(hall, monkeypatch, where, name, value):
    (monkeypatch.setitem if isinstance(where, dict) else monkeypatch.setattr)(where, name, value)
    try:
        hall.give(15)
    except gifts.TooOftenError:
        return
    assert breaker.is_open(), "nobody was told to wait, and the breaker is shut"
