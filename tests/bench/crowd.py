"""Books of any size in which many people gave: names, addresses, letters, events and jobs for lists and searches."""

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from donations.models import Gift, LedgerEntry, Plan, Receipt, StripeEvent
from donations.stripe import client
from foundation.jobs.models import Job
from foundation.letters.models import Letter
from pledges.models import Pledge, PledgeText, Signature
from supporters.models import Supporter
from tests.bench import bulk

GIFTS_EACH = 16
FIRST = ["Ada", "Grace", "Özge", "Żaneta", "Łukasz", "Maren", "José", "Ngozi", "Ilse", "Tomás", "Åsa", "Yusuf", "Mei"]
BEGIN = [
    "Al",
    "Ber",
    "Cor",
    "Dun",
    "El",
    "Fair",
    "Gar",
    "Hol",
    "In",
    "Jar",
    "Kin",
    "Lan",
    "Mar",
    "Nor",
    "Os",
    "Pem",
    "Ros",
]
END = ["bridge", "combe", "dale", "field", "gate", "ham", "ington", "kirk", "ley", "man", "ner", "quist", "rup", "sson"]
WIDTH = 8


def _one_of(words: list[str], number: str) -> str:
    """SQL for one of these words, by a number: on either database, without a table of them."""
    packed = "".join(word.ljust(WIDTH) for word in words)
    return f"trim(substr('{packed}', 1 + ({number}) % {len(words)} * {WIDTH}, {WIDTH}))"


def name_of(number: str) -> str:
    """SQL for the name of the person of this number: three thousand names that many have, in two alphabets' letters."""
    family = f"{_one_of(BEGIN, f'{number} / 13')} || {_one_of(END, f'{number} / 221')}"
    return f"{_one_of(FIRST, number)} || ' ' || {family}"


def books(count: int, signatures: int | None = None) -> None:
    """Write so many gifts of so many people, monthly gifts, letters, events and jobs, and signatures (a quarter)."""
    people = max(count // GIFTS_EACH, 1)
    giver = Supporter.objects.create(email="first@donor.example", canonical="first@donor.example", name="First")
    mail = "'person' || n || '@donor.example'"
    names = {"email": mail, "canonical": mail, "name": name_of("n"), "created_at": bulk.seconds("t.created_at", -1)}
    bulk.copy(Supporter, giver, bulk.numbers(people), "TRUE", id=f"{giver.pk} + n", **names)
    bulk.renumber(Supporter)
    who = f"(1 + n % {people})"
    mail = f"'person' || {who} || '@donor.example'"
    begun = bulk.seconds("t.created_at", -30)
    bulk.gifts(count, created_at=begun, email=mail, name=name_of(who), supporter_id=f"{giver.pk} + {who}")
    _letters(count, mail)
    _signatures(count // 4 if signatures is None else signatures, giver)
    bulk.renumber(Gift, Plan, LedgerEntry, Receipt, Letter, StripeEvent, Job, Signature)


def _letters(count: int, mail: str) -> None:
    """And events, and jobs, as many."""
    now = timezone.now() - timedelta(days=365)
    letter = Letter.objects.create(
        key="letter", template="receipt", to="first@donor.example", subject="Your gift", text="", state="sent"
    )
    state = "CASE WHEN n % 5000 = 7 THEN 'failed' ELSE 'sent' END"
    moved = {"id": f"{letter.pk} + n", "key": "'letter' || n", "state": state}
    moved["created_at"] = bulk.seconds("t.created_at")
    bulk.copy(Letter, letter, bulk.numbers(count), "TRUE", to=mail, **moved)
    kind = {"type": "charge.succeeded", "payload": "{}", "state": "done", "api_version": client.version()}
    event = StripeEvent.objects.create(event_id="evt_0", object_id="ch_0", created=now, livemode=False, **kind)
    same = {"id": f"{event.pk} + n", "event_id": "'evt_' || n", "object_id": "'ch_' || n"}
    bulk.copy(StripeEvent, event, bulk.numbers(count), "TRUE", received_at=bulk.seconds("t.received_at", -30), **same)
    job = Job.objects.create(kind="stripe-event", key="stripe-event:evt_0", state="done", run_at=now, finished_at=now)
    payment = {"group": "'pi_bulk' || n / 4"}  # four events of a gift are told about one
    bulk.copy(Job, job, bulk.numbers(count), "TRUE", id=f"{job.pk} + n", key="'stripe-event:evt_' || n", **payment)


def _signatures(count: int, giver: Supporter) -> None:
    pledge = Pledge.objects.create(slug="crowd", title="Crowd")
    text = PledgeText.objects.create(pledge=pledge, version=1, text="Words")
    one = Signature.objects.create(
        pledge=pledge, text=text, name="First", email=giver.email, canonical=giver.email, age=16, supporter=giver,
        state="confirmed", number=1, confirmed_at=timezone.now(),
    )  # fmt: skip
    mail = "'person' || n || '@donor.example'"
    ident = "md5('signature' || n)::uuid" if _postgresql() else "lower(printf('%032x', n))"
    moved = {"id": f"{one.pk} + n", "public_id": ident, "number": "1 + n", "email": mail, "canonical": mail}
    moved["confirmed_at"] = bulk.seconds("t.confirmed_at", -120)  # as gifts, over a year: a quarter as many
    bulk.copy(Signature, one, bulk.numbers(count), "TRUE", name=name_of("n"), **moved)


def _postgresql() -> bool:
    return connection.vendor == "postgresql"
