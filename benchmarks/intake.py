"""Benchmarks of what we receive: webhooks and signatures of the pledge, against views that do the least of it."""

import hashlib
import hmac
import itertools
import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from html import unescape
from http.cookies import SimpleCookie
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import uuid4

from django.conf import settings
from django.core import signing
from django.db.models import JSONField, Model, UUIDField
from django.utils import timezone

from benchmarks import asking
from benchmarks.bare_views import COUNTRY, EMAIL, NAME, NEW, SIGNED
from benchmarks.ground import Ground, bare_rows, insist
from benchmarks.measure import Pair, Sample
from benchmarks.server import Server
from donations.models import StripeEvent
from foundation.access import antispam
from foundation.access.models import TokenBucket
from foundation.jobs import lanes
from foundation.jobs.models import Job
from foundation.prepared import commands
from pledges.models import PledgeText, Signature

VERIFIED = "a bare view: the signature, one INSERT"
SIGNED_ROWS = "a bare form view: the same four rows, one transaction"
WEBHOOK, PLEDGE = "/stripe/webhook/", "/pledge/"
ORDINARY = 3000  # bytes of a typical event of Stripe's


class Limit(NamedTuple):
    """A view of the baseline server, and what counts the rows that its answers leave."""

    name: str
    path: str
    rows: Callable[[], int]


def webhooks(ground: Ground) -> Iterator[Pair]:
    numbers = itertools.count(1)

    def request(server: Server, path: str) -> Callable[[], bytes]:
        return lambda: _event(server.port, path, next(numbers))

    def kept() -> int:
        events, jobs = StripeEvent.objects.count(), Job.objects.filter(kind="stripe-event").count()
        insist(events == jobs, f"{events} events are kept with {jobs} jobs.")
        return events

    limit = Limit(VERIFIED, "/verified", bare_rows)
    yield _pair(ground, "Stripe's event kept with its job", limit, "events", WEBHOOK, request, 200, kept)


def signatures(ground: Ground) -> Iterator[Pair]:
    numbers = itertools.count(1)
    answer, page = asking.once(ground.site.port, PLEDGE)
    cookie = SimpleCookie(answer.headers["Set-Cookie"])[settings.CSRF_COOKIE_NAME].value
    hidden = re.findall(r'<input type="hidden" name="(\w+)"[^>]* value="([^"]*)"', page.decode())
    form = {name: unescape(value) for name, value in hidden}
    form |= {"opened": signing.dumps(time.time() - 30, salt=antispam.SALT), "age": "on", "country": "US"}

    def request(server: Server, path: str) -> Callable[[], bytes]:
        return lambda: _form(server.port, path, next(numbers), form, cookie)

    ground.keep(SIGNED, json.dumps(_rows()).encode())
    limit = Limit(SIGNED_ROWS, "/signed", Signature.objects.count)
    yield _pair(ground, "A signature of the pledge", limit, "forms", PLEDGE, request, 302, Signature.objects.count)


def _pair(
    ground: Ground,
    name: str,
    limit: Limit,
    unit: str,
    path: str,
    request: Callable[[Server, str], Callable[[], bytes]],
    wanted: int,
    rows: Callable[[], int],
) -> Pair:
    """Measure both sides. Each counts its rows afterwards: a response without a row is none."""

    def sending(server: Server, path: str, wanted: int, rows: Callable[[], int]) -> Callable[[], Sample]:
        def send() -> Sample:
            before = rows()
            sample = server.samples(request(server, path), ground.seconds, wanted)
            more = rows() - before
            insist(more == sample.done, f"{path} answered {sample.done} times and left {more} rows.")
            return sample

        return send

    ours = sending(ground.site, path, wanted, rows)
    bare = sending(ground.bare, limit.path, 200, limit.rows)
    return Pair(name, limit.name, unit, ours, bare)


def _event(port: int, path: str, number: int) -> bytes:
    """Return a webhook request with a new event, signed as Stripe signs."""
    target = {"id": f"ch_bench{number}", "object": "charge", "description": "x" * ORDINARY}
    facts = {"id": f"evt_bench{number}", "object": "event", "type": "charge.succeeded", "livemode": False}
    rest = {"api_version": settings.STRIPE_API_VERSION, "created": 1_790_000_000, "data": {"object": target}}
    body, at = json.dumps(facts | rest).encode(), int(time.time())
    key = settings.STRIPE_WEBHOOK_SECRETS[0].encode()
    mark = hmac.new(key, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return asking.request(port, path, body, Content_Type="application/json", Stripe_Signature=f"t={at},v1={mark}")


def _form(port: int, path: str, number: int, form: dict[str, str], cookie: str) -> bytes:
    """Return a form request of a person who has not signed yet, from an IP address of their own."""
    typed = {"name": f"Signer {number}", "email": f"signer{number}@signer.example"}
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    return asking.request(
        port,
        path,
        urlencode(form | typed).encode(),
        Content_Type="application/x-www-form-urlencoded",
        Cookie=f"{settings.CSRF_COOKIE_NAME}={cookie}",
        X_Forwarded_For=address,
    )


def _rows() -> list[tuple[str, str, dict[str, Any]]]:
    """The rows of a signature: two limits, itself, and the job that writes its letter."""
    text, key = PledgeText.objects.select_related("pledge").filter(pledge__is_main=True)[0], "pledge-letter"
    typed = {"name": NAME, "email": EMAIL, "canonical": EMAIL, "letter_to": EMAIL, "country": COUNTRY}
    signature = Signature(pledge=text.pledge, text=text, age=text.pledge.minimum_age, locale="en", page=PLEDGE, **typed)
    args = {"signature": 0, "key": str(uuid4())}
    job = Job(kind=key, key=NEW, args=args, lane=lanes.of(key), run_at=timezone.now())
    limit = TokenBucket._meta.db_table, "key", {"key": NEW, "tokens": 299.0, "filled_at": time.time()}
    return [limit, limit, *((row._meta.db_table, "", _told(row)) for row in (signature, job))]


def _told(row: Model) -> dict[str, Any]:
    """The values of a row as JSON can tell them and each database takes them."""
    told = {}
    for field in commands.fields(type(row)):
        value = field.pre_save(row, True)
        if isinstance(field, UUIDField):
            value = NEW
        elif isinstance(field, JSONField):
            value = json.dumps(value)
        elif isinstance(value, datetime):
            value = str(value)
        told[str(field.column)] = value
    return told
