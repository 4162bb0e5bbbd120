"""No donor sees or changes what is another's, and nobody sees any of it: every address under /my/, from the URLs."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, transaction
from django.db.models import AutoField, ForeignKey
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils import translation

from donations.books import receipts
from donations.giving import offline
from donations.models import Plan
from donations.my import acts
from donations.stripe import client as stripe_client
from pledges import starter
from supporters import consent, privacy_registry
from supporters.data_export import every_row
from supporters.models import Supporter
from supporters.visits import COOKIE
from tests.donations.donor import Donor
from tests.donations.test_books import gift
from tests.donations.test_offline import entry
from tests.narrowing import not_none
from tests.pledges import driver
from tests.supporters.visitor import come_in

if TYPE_CHECKING:
    from tests.answers import Answer

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ADA, GRACE = "ada@donor.example", "grace@other.example"
APART = 700_000  # so far are the numbers of their rows apart, of every table
NOTHING: dict[str, list[Any]] = {"int": [999_999_999], "str": ["nothing"], "slug": ["nothing"]}
ID = re.compile(r"[\w-]{4,64}")
# All that a form under /my/ may send, and what it might be talked into: whose row is meant, of whose address.
FIELDS = {"sure": "yes", "wanted": "yes", "purpose": "letters", "name": "Mallory", "total": "99"}


@dataclass
class Victim:
    """One of the two, with a browser of their own; `secrets`, what nobody else may read; `year`, in which they alone
    gave.
    """

    person: Supporter
    client: Client
    secrets: list[str]
    year: int


@pytest.fixture
def two(donor, till) -> list[Victim]:
    """Ada and Grace, each with all that a donor can have, of no sum, year or number that is the other's."""
    starter.load()
    ada = outfit(donor, ADA, "Ada Lovelace", "31", 2019)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s", [APART])
    return [ada, outfit(Donor(Client(), till), GRACE, "Grace Hopper", "47", 2021)]


def outfit(donor: Donor, email: str, name: str, amount: str, year: int) -> Victim:
    donor.pay(donor.give("monthly", amount, email=email, name=name))
    donor.till.tell()
    person = Supporter.objects.get(email=email)
    company = f"{name.split()[1]} Engines"
    receipts.issue(gift(supporter=person, email=email, company=company, paid_at=datetime(year, 5, 5, tzinfo=UTC)))
    offline.record(entry(f"cheque-{year}", email=email, amount=9900))
    consent.record(person, "letters", True, "Yes.", "/my/")
    driver.sign(Client(), name=name, email=email)
    driver.confirm(Client(), to=email)
    labels = [row["label"] for row in kept(person)["donations"]["receipts"]]
    assert len(labels) == 3
    return Victim(person, come_in(email), [email, name, company, f"${amount}.00", *labels], year)


def routes(patterns: Any = None, prefix: str = "", start: str = "") -> Iterator[str]:
    """Every address under /my/ in the language of now, as its route."""
    start = start or reverse("supporters:my").lstrip("/")
    for each in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(each.pattern)
        if isinstance(each, URLPattern):
            if path.startswith(start):
                yield path
        elif not path.startswith(("admin/", "accounts/")):
            yield from routes(each.url_patterns, path, start)


def filled(route: str, values: dict[str, list[Any]]) -> Iterator[str]:
    """The addresses of a route with each of these values in the place of each argument."""
    places = re.findall(r"<(\w+):(\w+)>", route)
    choices = [["pdf", "csv"] if name == "kind" else values[kind] for kind, name in places]
    for chosen in itertools.product(*choices):
        path = route
        for value in chosen:
            path = re.sub(r"<\w+:\w+>", str(value), path, count=1)
        yield "/" + path


def theirs(victim: Victim) -> dict[str, list[Any]]:
    """What an address could name something of theirs by: of each kind of row its newest number and whatever else is its
    alone, a label or an id; and a year of their giving.
    """
    rows = {type(row): row for row in every_row(privacy_registry.export(victim.person))}.values()
    assert len({row.pk > APART for row in rows}) == 1
    unique = {
        str(field.value_from_object(row))
        for row in rows
        for field in row._meta.concrete_fields
        if field.unique and not isinstance(field, AutoField | ForeignKey)
    }
    words = sorted(word for word in unique if ID.fullmatch(word))
    return {"int": sorted({*(row.pk for row in rows), victim.year}), "str": words, "slug": words}


def shape(answer: "Answer") -> tuple[Any, ...]:
    """All that a stranger could tell two answers apart by; tokens are different each time."""
    body = re.sub(rb'value="[^"]{20,}"', b"", answer.content)
    return answer.status_code, answer.get("Location"), answer.get("Content-Type"), body


def asked(client: Client, path: str, email: str) -> "list[Answer]":
    return [client.get(path), client.post(path, {**FIELDS, "email": email, "does": "stop"})]


def kept(person: Supporter) -> dict[str, Any]:
    """All of theirs; but anybody may have a letter sent to them that asks whether it was they."""
    told = privacy_registry.export(person)
    told["supporters"].pop("letters")
    return told


def at_stripe(plan: Plan) -> Any:
    return stripe_client.get(stripe_client.v1().subscriptions.retrieve, plan.subscription_id)


@pytest.mark.parametrize("language", ["en", "es"])
def test_it_shows_and_changes_nothing_of_another_donors_at_any_address(two, language):
    """Each of the two at the other's, and somebody who is nobody at those of the one."""
    with translation.override(language):
        walked = list(routes())
    assert len(walked) >= 16 and {path.startswith("es/") for path in walked} == {language == "es"}
    for other, victim in itertools.permutations(two):
        plan = not_none(victim.person.plans.get())
        before, stripe, values = kept(victim.person), at_stripe(plan), theirs(victim)
        assert victim.secrets[-1] in values["slug"] and plan.pk in values["int"]
        session = other.client.cookies[COOKIE].value
        nobody = [Client()] if victim is two[1] else []
        for client, route in itertools.product([other.client, *nobody], walked):
            if client is other.client:
                client.cookies[COOKIE] = session  # one of them closes the page
            with transaction.atomic():
                email = victim.person.email
                nothing = [shape(each) for path in filled(route, NOTHING) for each in asked(client, path, email)]
                for path in filled(route, values):
                    answers = asked(client, path, email)
                    assert "<" not in route or [shape(each) for each in answers] == nothing[:2], path
                    looked, sent = [each.content.decode(errors="replace") for each in answers]
                    assert [word for word in victim.secrets if word in looked] == [], path
                    assert [word for word in victim.secrets if word in sent and word != email] == [], path
                assert kept(victim.person) == before, route
                transaction.set_rollback(True)
        other.client.cookies[COOKIE] = session
        assert other.person.email in other.client.get("/my/").content.decode(), "the session was open all the time"
        assert at_stripe(plan) == stripe


def test_it_does_none_of_the_acts_on_another_donors_gift(two):
    for (other, victim), prefix in itertools.product(itertools.permutations(two), ("/my", "/es/my")):
        plan = victim.person.plans.get()
        shown = shape(other.client.post(f"{prefix}/gifts/999999999/", {"does": "stop"}))
        for does in acts.ACTS:
            answer = other.client.post(f"{prefix}/gifts/{plan.pk}/", {**FIELDS, "does": does})
            assert shape(answer) == shown and answer.status_code == 404, does
        assert Plan.objects.get(pk=plan.pk).__dict__.items() >= {
            (name, value)
            for name, value in plan.__dict__.items()
            if name not in ("_state", "_prefetched_objects_cache")
        }
