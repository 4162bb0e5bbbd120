"""The webhook's door: what is Stripe's is kept once, everything else is turned away."""

import hashlib
import hmac
import json
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import time_machine
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, connections
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from donations.models import StripeEvent
from donations.webhooks import inbox
from foundation.jobs import queue
from foundation.jobs.models import Job
from tests.donations.donor import WEBHOOK, post

pytestmark = [pytest.mark.django_db, pytest.mark.finding]

DATA = {"object": {"id": "ch_1Test", "object": "charge"}}
EVENT = {
    "id": "evt_1Test",
    "object": "event",
    "type": "charge.succeeded",
    "api_version": "2026-10-28.endive",
    "created": 1_790_000_000,
    "livemode": False,
    "data": DATA,
}
BODY = json.dumps(EVENT).encode()


def sign(body: bytes, at: int | None = None, secret: str | None = None, scheme: str = "v1") -> str:
    """Stripe's own rule, written down again so that the library does not test itself."""
    at = int(time.time()) if at is None else at
    key = (secret or settings.STRIPE_WEBHOOK_SECRETS[0]).encode()
    return f"t={at},{scheme}={hmac.new(key, f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"


def kept() -> tuple[int, int]:
    return StripeEvent.objects.count(), Job.objects.count()


def test_it_keeps_an_event_with_its_work_and_answers_200(till):
    assert post(BODY, sign(BODY)).status_code == 200
    event, job = StripeEvent.objects.get(), Job.objects.get()
    assert (event.event_id, event.type, event.object_id, event.state) == (
        "evt_1Test",
        *["charge.succeeded", "ch_1Test"],
        "waiting",
    )
    assert event.payload == BODY.decode() and event.created.year == 2026
    assert (job.kind, job.key, job.args) == ("stripe-event", "stripe-event:evt_1Test", {"event": "evt_1Test"})


def test_it_works_first_on_what_brings_a_receipt_however_much_was_told_before(till):
    told = ["customer.updated", "payout.paid", "charge.succeeded", "charge.refunded", "invoice.paid"]
    for number, kind in enumerate(told):
        body = json.dumps({**EVENT, "id": f"evt_{number}", "type": kind, "data": {"object": {"id": f"x_{number}"}}})
        assert post(body.encode(), sign(body.encode())).status_code == 200
    claimed = [queue.claim("main") for _ in told]
    assert [job and job.args["event"] for job in claimed] == ["evt_2", "evt_4", "evt_0", "evt_1", "evt_3"]


def test_it_answers_200_to_what_it_has_already(till):
    for _ in range(3):
        assert post(BODY, sign(BODY)).status_code == 200
    assert kept() == (1, 1)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=,v1=",
        "v1=abc",
        "nonsense",
        "t=1,v1=ä",
        "t=x,v1=abc",
        "t=" + "9" * 400 + ",v1=abc",
        "t=1," * 500,
        "t=1,v1=" + "\xff" * 64,
    ],
)
def test_it_refuses_a_header_that_is_none(till, header):
    assert post(BODY, header).status_code == 400
    assert kept() == (0, 0)


def test_it_refuses_the_signature_of_another(till):
    assert post(BODY, sign(BODY, secret="whsec_another")).status_code == 400
    assert post(BODY.replace(b"ch_1Test", b"ch_2Test"), sign(BODY)).status_code == 400
    assert post(BODY, sign(BODY, scheme="v0")).status_code == 400
    assert kept() == (0, 0)


@pytest.mark.parametrize(("seconds", "code"), [(-299, 200), (-301, 400), (299, 200), (301, 400), (86400, 400)])
def test_it_takes_five_minutes_of_another_clock_both_ways(till, seconds, code):
    with time_machine.travel(time.time(), tick=False):
        assert post(BODY, sign(BODY, at=int(time.time()) + seconds)).status_code == code


def test_it_takes_a_header_with_two_signatures_of_which_one_is_good(till):
    now = int(time.time())
    good = sign(BODY, now).split("v1=")[1]
    assert post(BODY, f"t={now},v1={'0' * 64},v1={good}").status_code == 200


def test_it_takes_either_secret_while_one_is_rolled(till, settings):
    old, new = settings.STRIPE_WEBHOOK_SECRETS[0], "whsec_the_new_one_0123456789"
    settings.STRIPE_WEBHOOK_SECRETS = [new, old]
    assert post(BODY, sign(BODY, secret=old)).status_code == 200
    assert post(BODY, sign(BODY, secret=new)).status_code == 200
    settings.STRIPE_WEBHOOK_SECRETS = [new]
    assert post(BODY, sign(BODY, secret=old)).status_code == 400


def test_it_refuses_everything_without_a_secret(till, settings):
    settings.STRIPE_WEBHOOK_SECRETS = []
    for secret in ("", "whsec_", "None"):
        assert post(BODY, sign(BODY, secret=secret or " ")).status_code == 400
    settings.STRIPE_WEBHOOK_SECRETS = [""]
    assert post(BODY, sign(BODY, secret=" ")).status_code == 400


DEEP = b'{"a":' * 10_000 + b"1" + b"}" * 10_000
SIGNED_RUBBISH = {
    "empty": b"",
    "a list": b"[]",
    "a list of an event": json.dumps([EVENT]).encode(),
    "a number": b"7",
    "null": b"null",
    "text": b'"evt_1"',
    "half": BODY[:40],
    "deep": DEEP,
    "a huge number": BODY.replace(b"1790000000", b"9" * 5000),
    "a far year": BODY.replace(b"1790000000", b"9" * 30),
    "no number": BODY.replace(b"1790000000", b'"soon"'),
    "NUL": BODY.replace(b"ch_1Test", b"ch_\\u0000"),
    "NUL in the id": BODY.replace(b"evt_1Test", b"evt_\\u0000"),
    "NUL in the type": BODY.replace(b"charge.succeeded", b"charge\\u0000"),
    "NUL in the version": BODY.replace(b"2026-10-28.endive", b"2026\\u0000"),
    "a version that is a list": BODY.replace(b'"2026-10-28.endive"', b'["2026"]'),
    "raw NUL": BODY.replace(b"ch_1Test", b"ch_\0"),
    "half a surrogate": BODY.replace(b"evt_1Test", b"evt_\\ud800"),
    "wrong UTF-8": BODY.replace(b"ch_1Test", b"ch_\xff"),
    "UTF-16": BODY.decode().encode("utf-16"),
    "no id": BODY.replace(b'"id": "evt_1Test", ', b""),
    "an id that is none": BODY.replace(b"evt_1Test", b"evt_1; DROP TABLE"),
    "an id that is a list": BODY.replace(b'"evt_1Test"', b'["evt_1Test"]'),
    "no object": BODY.replace(b'{"id": "ch_1Test", "object": "charge"}', b"null"),
    "data that is a list": BODY.replace(b'"data": {', b'"data": [], "more": {'),
    "a type that is too long": BODY.replace(b"charge.succeeded", b"c" * 400),
    "the other kind of event": BODY.replace(b'"object": "event"', b'"object": "v2.core.event"'),
    "live money": BODY.replace(b'"livemode": false', b'"livemode": true'),
}


@pytest.mark.parametrize("body", SIGNED_RUBBISH.values(), ids=SIGNED_RUBBISH.keys())
def test_it_turns_signed_rubbish_away_without_falling(till, body):
    assert post(body, sign(body)).status_code == 400
    assert kept() == (0, 0)


@pytest.mark.once
@effort(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=400),
    header=st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=200),
)
def test_it_turns_any_rubbish_away_without_falling(till, body, header):
    assert post(body, header).status_code == 400


@pytest.mark.once
@effort(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda deeper: (
            st.lists(deeper, max_size=3) | st.dictionaries(st.sampled_from([*EVENT, "object"]), deeper, max_size=7)
        ),
    )
)
def test_it_turns_any_signed_json_away_without_falling(till, value):
    body = json.dumps(value).encode()
    assert post(body, sign(body)).status_code == 400


def test_it_takes_fields_that_it_does_not_know(till):
    body = json.dumps({**EVENT, "new_at_stripe": {"x": [1]}, "data": {**DATA, "previous_attributes": {}}}).encode()
    assert post(body, sign(body)).status_code == 200


def test_it_refuses_ten_megabytes_before_it_reads_them(till):
    body = b"x" * (10 * 1024 * 1024)
    assert post(body, sign(body)).status_code == 413
    just = BODY[:-1] + b" " * (inbox.LARGEST - len(BODY)) + b"}"
    assert post(just, sign(just)).status_code == 200
    assert post(just + b" ", sign(just + b" ")).status_code == 413


def test_it_believes_no_length_that_is_none(till):
    answer = Client().generic("POST", WEBHOOK, BODY, CONTENT_LENGTH="many", headers={"Stripe-Signature": sign(BODY)})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_it_reads_the_raw_body_whatever_it_is_called(till, content_type):
    assert post(BODY, sign(BODY), content_type).status_code == 200


def test_it_answers_by_post_alone_and_needs_no_token(till):
    assert Client().get(WEBHOOK).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    headers = {"Stripe-Signature": sign(BODY)}
    assert strict.post(WEBHOOK, BODY, content_type="application/json", headers=headers).status_code == 200


def test_it_says_nothing_about_why(till):
    assert post(BODY, "").content == post(b"[]", sign(b"[]")).content == b""


@pytest.mark.parametrize("error", [OperationalError("disk full"), InterfaceError("away"), OSError(28, "no space")])
def test_it_answers_503_when_the_event_cannot_be_kept(till, monkeypatch, error):
    def broken(*args, **kwargs):
        raise error

    monkeypatch.setattr("donations.webhooks.inbox.with_row.insert", broken)
    answer = post(BODY, sign(BODY))
    assert answer.status_code == 503 and int(answer["Retry-After"]) > 0
    monkeypatch.undo()


def test_it_keeps_an_event_whose_donor_wrote_a_nul(till):
    body = BODY.replace(b'"object": "charge"', b'"object": "charge", "description": "a\\u0000b"')
    assert post(body, sign(body)).status_code == 200
    assert kept() == (1, 1)


def test_it_keeps_no_event_without_its_work(till):
    def broken(execute, sql, params, many, context):
        if Job._meta.db_table in sql:
            raise OperationalError("disk full")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(broken):
        assert post(BODY, sign(BODY)).status_code == 503
    assert kept() == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_it_keeps_one_of_fifty_that_come_at_once(till):
    def send(number: int) -> int:
        try:
            return post(BODY, sign(BODY)).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(send, range(50))) == {200}
    assert kept() == (1, 1)


@pytest.mark.parametrize("live", [False, True])
def test_it_takes_no_test_money_into_live_books_nor_real_money_into_a_rehearsals(settings, live):
    """With the right signature: the secret of the other endpoint may stand in the settings by mistake."""
    settings.STRIPE_OFFLINE = not live
    settings.STRIPE_SECRET_KEY = "rk_live_of_these_tests" if live else "sk_test_of_these_tests"
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_of_these_tests_0123456789"]
    for money in (live, not live):
        body = json.dumps({**EVENT, "id": f"evt_{money}", "livemode": money}).encode()
        assert post(body, sign(body)).status_code == (200 if money == live else 400)
    assert list(StripeEvent.objects.values_list("livemode", flat=True)) == [live]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_it_keeps_an_event_on_a_new_connection_where_the_old_one_broke(till):
    assert post(BODY, sign(BODY)).status_code == 200
    with psycopg.connect(**connection.get_connection_params() | {"autocommit": True}) as server:
        server.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    other = BODY.replace(b"evt_1Test", b"evt_2Test")
    assert post(other, sign(other)).status_code == 200
    assert kept() == (2, 2)


@pytest.mark.django_db(transaction=True)
def test_it_asks_the_database_no_more_than_its_rows_need(till, monkeypatch):
    asked: list[str] = []
    database = connections["default"]
    if connection.vendor == "postgresql":  # SQLite says so without a question
        monkeypatch.setattr(database, "is_usable", lambda: not asked.append("SELECT 1"))  # type: ignore[func-returns-value]
    monkeypatch.setattr(database, "health_check_enabled", True)
    monkeypatch.setattr(database, "health_check_done", False)  # as a new request finds it

    def seen(execute, sql, params, many, context):
        asked.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(seen):
        assert post(BODY, sign(BODY)).status_code == 200
    assert len(asked) <= {"postgresql": 1, "sqlite": 3}[connection.vendor]  # SQLite's third begins the transaction
    assert kept() == (1, 1)
