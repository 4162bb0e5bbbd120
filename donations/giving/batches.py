"""Batches of cheques: typed together against the control total of their paying-in slip, and booked together."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from donations.giving import offline
from donations.models import Batch, Campaign, Fund
from donations.models.gifts import Method
from foundation.organisation import retention_periods
from supporters.addresses import canonical

Typed = dict[str, Any]  # {"slip": {field: text}, "rows": [{field: text}]}, as staff typed it


@dataclass(frozen=True)
class Cheque:
    """One cheque, read from what staff typed. `amount` in minor units of the slip's currency; `row` counts from 0."""

    row: int
    amount: int
    name: str
    company: str = ""
    email: str = ""
    number: str = ""
    fund: Fund | None = None
    campaign: Campaign | None = None


@dataclass(frozen=True)
class Slip:
    """A paying-in slip: its control total in minor units, and how many cheques it counts."""

    banked_on: date
    currency: str
    total: int
    count: int


class ChangedMeanwhileError(Exception):
    """Somebody else saved or booked the batch since this page was shown."""


def begin(attempt: str, typed: Typed, user: Any) -> Batch:
    """Get or create the batch that a form began: sent twice, it is one."""
    fields = {"typed": typed, "version": 1, "started_by": user, "saved_at": timezone.now()}
    return Batch.objects.get_or_create(attempt=attempt, defaults=fields)[0]


@transaction.atomic
def save(batch: Batch, typed: Typed, version: int) -> Batch:
    """Keep what was typed. `version` is the one that the page showed.

    Raises ChangedMeanwhileError where another page saved something else since, or booked it.
    """
    batch = Batch.objects.select_for_update().get(pk=batch.pk)
    if not batch.is_open:
        raise ChangedMeanwhileError
    if batch.typed == typed:  # a double click
        return batch
    if batch.version != version:
        raise ChangedMeanwhileError
    batch.typed, batch.version, batch.saved_at = typed, version + 1, timezone.now()
    batch.save(update_fields=["typed", "version", "saved_at"])
    return batch


@transaction.atomic
def book(batch: Batch, slip: Slip, cheques: list[Cheque]) -> bool:
    """Book all cheques of a batch, each with its ledger entry, receipt and letter, or none. False: it was booked.

    Raises ValueError unless their sum and number are the slip's.
    """
    batch = Batch.objects.select_for_update().get(pk=batch.pk)
    if not batch.is_open:
        return False
    if (sum(cheque.amount for cheque in cheques), len(cheques)) != (slip.total, slip.count):
        raise ValueError("The cheques are not those of the slip.")
    for cheque in cheques:
        entry = offline.Entry(
            attempt=f"batch:{batch.pk}:{cheque.row}",
            method=Method.CHEQUE,
            received_on=slip.banked_on,
            amount=cheque.amount,
            currency=slip.currency,
            name=cheque.name,
            company=cheque.company,
            email=cheque.email,
            bank_reference=cheque.number,
        )
        offline.record(entry, batch=batch, fund=cheque.fund, campaign=cheque.campaign)
    batch.banked_on, batch.currency, batch.total, batch.count = slip.banked_on, slip.currency, slip.total, slip.count
    batch.typed, batch.booked_at = {}, timezone.now()
    batch.save()
    return True


def typed_of(mailboxes: set[str]) -> list[dict[str, str]]:
    """The rows that are typed and not booked yet with one of these mailboxes (canonical addresses)."""
    return [row for batch in Batch.objects.filter(booked_at=None) for row in batch.rows if _is_of(row, mailboxes)]


def forget_typed_of(mailboxes: set[str]) -> None:
    """Take name, company and address out of those rows. The sums stay: the cheques are real."""
    for batch in Batch.objects.filter(booked_at=None).select_for_update():
        rows = [row | {"name": "", "company": "", "email": ""} if _is_of(row, mailboxes) else row for row in batch.rows]
        if rows != batch.rows:
            batch.typed, batch.version = {**batch.typed, "rows": rows}, batch.version + 1
            batch.save(update_fields=["typed", "version"])


def forget(dry: bool = False) -> int:
    """Retention: delete batches that were begun and not booked, weeks after the last press. Returns how many."""
    old = Batch.objects.filter(booked_at=None, saved_at__lt=retention_periods.end("drafts"))
    return retention_periods.drop(old, dry)


def _is_of(row: dict[str, str], mailboxes: set[str]) -> bool:
    email = row.get("email", "").strip()
    return bool(email) and canonical(email) in mailboxes
