"""How staff search the lists of money: what is a reference, an address, a number of Stripe's or ours, or a sum."""

import re
from typing import Any

from django.db.models import Q

from donations import money
from donations.models import Currency, Gift, Receipt
from staff.list_search import Search, is_address, mailed_to, words_of
from supporters.models import Supporter

NUMBER = re.compile(r"[a-z]+(_[A-Za-z0-9]+)+")  # of an object at Stripe: "pi_3Nx", "cs_test_a1"
LABEL = re.compile(r"[A-Z0-9]+-[0-9]{4}-[0-9]+")  # of a receipt: "R-2026-000017"
CODE = re.compile(r"\b[A-Za-z]{3}\b")
GROUPED = re.compile(r"[^\W_]{4}[\s-]?[^\W_]{4}[\s-]?[^\W_]{4}")  # a reference


def reference(typed: str) -> list[str]:
    """The references that somebody may mean, with or without hyphens; none where it cannot be one."""
    if not GROUPED.fullmatch(typed):
        return []
    bare = re.sub(r"[\s-]", "", typed.upper())
    return [bare, f"{bare[:4]}-{bare[4:8]}-{bare[8:]}"]


def sums(typed: str) -> list[tuple[str, int]]:
    """What the text is as a sum, in each currency that we know: its code, and minor units."""
    if not any(map(str.isdigit, typed)) or len(typed) > money.LONGEST:
        return []
    codes = list(Currency.objects.values_list("code", flat=True))
    named = CODE.search(typed)
    if named:
        codes, typed = [code for code in codes if code == named[0].upper()], CODE.sub("", typed)
    found = []
    for code in codes:
        try:
            found.append((code, money.parse(typed, code, most=10**12)))
        except money.AmountError:
            continue
    return found


def _sum(typed: str, field: str, signed: bool = False) -> Q | None:
    each = [Q(currency=code, **{f"{field}__in": [sum, -sum] if signed else [sum]}) for code, sum in sums(typed)]
    return Q(*each, _connector=Q.OR) if each else None


def _any(typed: str, *fields: str) -> Q:
    return Q(*((field, typed) for field in fields), _connector=Q.OR)


def _gift(typed: str) -> Any:
    if is_address(typed):
        return mailed_to("email", typed)
    if NUMBER.fullmatch(typed):
        return _any(typed, "payment_intent_id", "session_id", "invoice_id")
    if meant := reference(typed):
        return Q(reference__in=meant)
    if LABEL.fullmatch(typed.upper()):
        return Q(pk__in=list(Receipt.objects.filter(label=typed.upper()).values_list("gift", flat=True)))
    return _sum(typed, "total")


def _of_gift(typed: str) -> Q | None:
    """Rows of gifts that are found so."""
    found = _gift(typed)
    return None if found is None else Q(gift__in=Gift.objects.order_by().filter(found))


def _entry(typed: str) -> Q | None:
    if NUMBER.fullmatch(typed) and not typed.startswith(("pi_", "cs_", "in_")):
        return _any(typed, "stripe_object", "balance_transaction")
    return _sum(typed, "amount", signed=True) or _of_gift(typed)


def _receipt(typed: str) -> Q | None:
    number = typed.upper()
    if LABEL.fullmatch(number):
        return Q(label=number)
    if len(number) == Receipt._meta.get_field("code").max_length and number.isalnum():
        return Q(code=number)
    return _of_gift(typed)


def _plan(typed: str) -> Q | None:
    if is_address(typed):
        return Q(supporter__in=Supporter.objects.order_by().filter(mailed_to("email", typed)))
    if NUMBER.fullmatch(typed):
        return _any(typed, "subscription_id", "customer_id")
    if meant := reference(typed):
        return Q(
            pk__in=list(Gift.objects.filter(reference__in=meant).exclude(plan=None).values_list("plan", flat=True))
        )
    return _sum(typed, "total")


def _event(typed: str) -> Q:
    return _any(typed, "event_id", "object_id", "type")


GIFTS = Search(_gift)
LEDGER = Search(_entry, words_of("gift", Gift))
RECEIPTS = Search(_receipt, words_of("gift", Gift))
PLANS = Search(_plan, words_of("supporter", Supporter))
EVENTS = Search(_event)
