"""Abuse detection: a crowd of signatures of one domain, confirmed within the same hour, may be one person's.

A school that signs together looks the same, so nothing happens by itself: staff see a number, check, and decide.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, Value
from django.db.models.functions import StrIndex, Substr, TruncHour
from django.utils import timezone

from pledges import pledging
from pledges.models import Signature, SignatureEvent, SignatureQuerySet
from supporters.addresses import PLUS_IS_A_NOTE

MANY = 20  # confirmed signatures of one domain in one hour
SHOWN = timedelta(days=14)
HOUR = timedelta(hours=1)
# Public mail providers, where everybody has a mailbox: many of them in an hour are many people.
EVERYBODY = PLUS_IS_A_NOTE | {"yahoo.com", "aol.com", "gmx.de", "gmx.net", "web.de", "mail.ru", "qq.com", "163.com"}
State = Signature.State


@dataclass(frozen=True)
class Crowd:
    """A crowd of one domain, between two moments (UTC). `counting` count now, `aside` are excluded."""

    domain: str
    since: datetime
    until: datetime
    counting: int = 0
    aside: int = 0


def found() -> list[Crowd]:
    """Crowds of the last two weeks, by domain, with how many count and how many are excluded."""
    return [_counted(crowd) for crowd in _spans()]


def _spans() -> list[Crowd]:
    """Those crowds, not counted. Two hours of one domain are one crowd, from the first to the last."""
    confirmed = _confirmed().filter(confirmed_at__gt=timezone.now() - SHOWN).exclude(_domain__in=EVERYBODY)
    hours = confirmed.annotate(hour=TruncHour("confirmed_at", tzinfo=UTC)).values_list("_domain", "hour")
    spans: dict[str, list[datetime]] = {}
    for domain, hour, _count in hours.annotate(count=Count("pk")).filter(count__gte=MANY).order_by("_domain", "hour"):
        spans.setdefault(domain, []).append(hour)
    return [Crowd(domain, hours[0], hours[-1] + HOUR) for domain, hours in spans.items()]


def waiting() -> int:
    """Number of crowds of which somebody still counts."""
    return sum(_rows(crowd).confirmed().exists() for crowd in _spans())


def of(domain: str) -> Crowd | None:
    return next((crowd for crowd in found() if crowd.domain == domain), None)


def set_aside(crowd: Crowd, who: str) -> int:
    """Set all its signatures aside: exclude them from the count. `who` is the member of staff. Returns how many."""
    return _each(_rows(crowd).confirmed(), lambda row: pledging.set_aside(row, who, _note(crowd)))


def put_back(crowd: Crowd, who: str) -> int:
    """Restore what was excluded with this crowd, and not what staff had excluded one by one. Returns how many."""
    mine = SignatureEvent.objects.filter(why=SignatureEvent.Why.SET_ASIDE, note=_note(crowd)).values("signature")
    aside = _rows(crowd).filter(state=State.SET_ASIDE, pk__in=mine)
    return _each(aside, lambda row: pledging.put_back(row, who, _note(crowd)))


def _each(rows: SignatureQuerySet, act: Callable[[Signature], bool]) -> int:
    """One short transaction for each signature, so that nobody who signs or withdraws waits for all of them."""
    return sum(act(row) for row in rows.order_by("pk"))


def _note(crowd: Crowd) -> str:
    return f"crowd of {crowd.domain}"[:300]


def _confirmed() -> Any:
    """All signatures that were confirmed, annotated with their `_domain`."""
    domain = Substr("canonical", StrIndex("canonical", Value("@")) + 1)
    return Signature.objects.filter(state__in=[State.CONFIRMED, State.SET_ASIDE]).annotate(_domain=domain)


def _rows(crowd: Crowd) -> Any:
    return _confirmed().filter(_domain=crowd.domain, confirmed_at__gte=crowd.since, confirmed_at__lt=crowd.until)


def _counted(crowd: Crowd) -> Crowd:
    still = Count("pk", filter=Q(state=State.CONFIRMED))
    found = _rows(crowd).aggregate(all=Count("pk"), counting=still)
    return Crowd(crowd.domain, crowd.since, crowd.until, found["counting"], found["all"] - found["counting"])
