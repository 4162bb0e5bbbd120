"""What a story has left in writing: books, receipts and letters, in an order and a form that any database gives."""

import hashlib
import json
from typing import Any

from django.core import mail, signing

from donations.models import LedgerEntry, Receipt
from foundation.letters.models import Letter

Rows = list[list[str]]


def everything() -> dict[str, Rows]:
    """By name: each row as words. Keys of rows are left out, because a database numbers as it likes. What is signed
    here and now shows that key and clock are the story's.
    """
    told = {"books": _books(), "receipts": _receipts(), "letters": _letters(), "mailed": _mailed()}
    return {**told, "signed": [[signing.dumps("the end")]]}


def fingerprint(written: dict[str, Rows]) -> str:
    return hashlib.sha256(json.dumps(written, sort_keys=True).encode()).hexdigest()


def _books() -> Rows:
    return _sorted(
        LedgerEntry.objects.values_list(
            "kind", "stripe_object", "gift__reference", "amount", "currency", "cover", "beyond", "settled",
            "settled_currency", "balance_transaction", "day",
        )
    )  # fmt: skip


def _receipts() -> Rows:
    names = ("label", "gift__reference", "total", "amount", "fee_cover", "currency", "year", "day", "replaces__label")
    return _sorted(Receipt.objects.values_list(*names))


def _letters() -> Rows:
    return _sorted(Letter.objects.values_list("template", "to", "subject", "text", "html", "state"))


def _mailed() -> Rows:
    return _sorted((each.to, each.subject, each.body) for each in mail.outbox)


def _sorted(rows: Any) -> Rows:
    return sorted([str(value) for value in row] for row in rows)
