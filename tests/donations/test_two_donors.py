"""No donor sees or changes what is another's, and nobody sees any of it: every address under /my/, from the URLs."""

import itertools
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, transaction
from django.db.models import AutoField, ForeignKey
from django.test import Client
from django.urls import URLPattern, get_resolver

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
SECRETS = (GRACE, "Grace Hopper", "$47.00", "Hopper Engines")
APART = 700_000  # so far are the numbers of their rows apart, of every table
NOTHING: dict[str, list[Any]] = {"int": [999_999_999], "str": ["nothing"], "slug": ["nothing"]}
ID = re.compile(r"[\w-]{4,64}")
# All that a form under /my/ may send, and what it might be talked into: whose row is meant.
FIELDS = {"sure": "yes", "wanted": "yes", "purpose": "letters", "name": "Mallory", "total": "99", "email": GRACE}


@pytest.fixture
def two(donor, till) -> tuple[Client, Supporter]:
    """Ada, at her page, and Grace, who has all that she has and in other years too."""
    donor.gave("monthly", "30", name="Ada Lovelace")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s", [APART])
    other = Donor(Client(), till)
    other.pay(other.give("monthly", "47", email=GRACE, name="Grace Hopper"))
    till.tell()
    grace = Supporter.objects.get(email=GRACE)
    receipts.issue(
        gift(supporter=grace, email=GRACE, company="Hopper Engines", paid_at=datetime(2021, 5, 5, tzinfo=UTC))
    )
    offline.record(entry("cheque", email=GRACE, amount=9900))
    consent.record(grace, "letters", True, "Yes.", "/my/")
    starter.load()
    driver.sign(Client(), name="Grace Hopper", email=GRACE)
    driver.confirm(Client(), to=GRACE)
    return come_in(ADA), grace


def routes(patterns: Any = None, prefix: str = "") -> Iterator[str]:
    for each in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(each.pattern)
        if isinstance(each, URLPattern):
            if path.startswith("my/"):
                yield path
        elif not path.startswith(("admin/", "accounts/")):
            yield from routes(each.url_patterns, path)


def filled(route: str, values: dict[str, list[Any]]) -> Iterator[str]:
    """The addresses of a route with each of these values in the place of each argument."""
    places = re.findall(r"<(\w+):(\w+)>", route)
    choices = [["pdf", "csv"] if name == "kind" else values[kind] for kind, name in places]
    for chosen in itertools.product(*choices):
        path = route
        for value in chosen:
            path = re.sub(r"<\w+:\w+>", str(value), path, count=1)
        yield "/" + path


def hers(grace: Supporter) -> dict[str, list[Any]]:
    """What an address could name something of hers by: of each kind of row its newest number and whatever else is its
    alone, a label or an id; and a year of her giving.
    """
    rows = {type(row): row for row in every_row(privacy_registry.export(grace))}.values()
    assert all(row.pk > APART for row in rows)
    unique = {
        str(field.value_from_object(row))
        for row in rows
        for field in row._meta.concrete_fields
        if field.unique and not isinstance(field, AutoField | ForeignKey)
    }
    words = sorted(word for word in unique if ID.fullmatch(word))
    return {"int": [*(row.pk for row in rows), 2021], "str": words, "slug": words}


def shape(answer: "Answer") -> tuple[Any, ...]:
    """All that a stranger could tell two answers apart by; tokens are different each time."""
    body = re.sub(rb'value="[^"]{20,}"', b"", answer.content)
    return answer.status_code, answer.get("Location"), answer.get("Content-Type"), body


def asked(client: Client, path: str) -> "list[Answer]":
    return [client.get(path), client.post(path, {**FIELDS, "does": "stop"})]


def kept(grace: Supporter) -> dict[str, Any]:
    """All of hers; but anybody may have a letter sent to her that asks whether it was she."""
    told = privacy_registry.export(grace)
    told["supporters"].pop("letters")
    return told


def test_it_shows_and_changes_nothing_of_another_donors_at_any_address(two):
    ada, grace = two
    plan = not_none(grace.plans.get())
    before, values = kept(grace), hers(grace)
    at_stripe = stripe_client.get(stripe_client.v1().subscriptions.retrieve, plan.subscription_id)
    assert before["donations"]["receipts"][-1]["label"] in values["slug"] and plan.pk in values["int"]
    walked = list(routes())
    assert len(walked) >= 16
    secret = [*SECRETS, *(row["label"] for row in before["donations"]["receipts"])]
    session = ada.cookies[COOKIE].value
    for client, route in itertools.product((ada, Client()), walked):
        if client is ada:
            ada.cookies[COOKIE] = session  # one of them closes her page
            assert ADA in ada.get("/my/").content.decode()
        with transaction.atomic():
            nothing = [shape(each) for path in filled(route, NOTHING) for each in asked(client, path)]
            for path in filled(route, values):
                answers = asked(client, path)
                assert "<" not in route or [shape(each) for each in answers] == nothing[:2], path
                looked, sent = [each.content.decode(errors="replace") for each in answers]
                assert [word for word in secret if word in looked] == [], path
                assert [word for word in secret if word in sent and word != FIELDS["email"]] == [], path
            assert kept(grace) == before, route
            transaction.set_rollback(True)
    assert stripe_client.get(stripe_client.v1().subscriptions.retrieve, plan.subscription_id) == at_stripe


def test_it_does_none_of_the_acts_on_another_donors_gift(two):
    ada, grace = two
    plan = grace.plans.get()
    shown = shape(ada.post("/my/gifts/999999999/", {"does": "stop"}))
    for does in acts.ACTS:
        assert shape(ada.post(f"/my/gifts/{plan.pk}/", {**FIELDS, "does": does})) == shown, does
    assert Plan.objects.get(pk=plan.pk).__dict__.items() >= {
        (name, value) for name, value in plan.__dict__.items() if name not in ("_state", "_prefetched_objects_cache")
    }
