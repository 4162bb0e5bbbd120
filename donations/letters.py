"""The letters about gifts: written in the transaction of the money they tell of."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

from django.conf import settings
from django.urls import reverse

from donations import money
from donations.models import Plan, Receipt
from foundation.doors import links
from foundation.letters import outbox
from foundation.letters.models import Letter
from foundation.organisation.models import Organisation

CARD = "mend-card"  # what the link is for
CARD_LIFE = timedelta(days=30)
LAST_LETTER = 10
PATIENCE = timedelta(days=21)  # from the first failure to the pause

_silent: ContextVar[bool] = ContextVar("donations_letters_silent", default=False)


@contextmanager
def silence() -> Iterator[None]:
    """Nobody is written to inside: books that are repaired later mail no crowd. Staff send what is missing by hand."""
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)


def refund(document: Receipt, refund_id: str, amount: int) -> Letter | None:
    """To the donor: money goes back, and this is the receipt that holds now. Once for each refund."""
    if _silent.get():
        return None
    gift, code = document.gift, document.currency
    return outbox.queue(
        key=f"refund:{refund_id}",
        template="refund",
        to=gift.email,
        context={
            "receipt": document,
            "first": document.replaces,
            "gift": gift,
            "refunded": money.exact(amount, code),
            "kept": money.exact(document.total, code) if document.total else "",
            "given": money.exact(gift.total, code),
        },
    )


def card_failed(plan: Plan, day: int) -> Letter | None:
    """To the donor: this month's payment failed, and here is one tap to mend it. Once for each day of one series.

    The link is made once, with the letter. Call it while the plan's row is the newest.
    """
    gift = plan.gifts.order_by("-id").first()
    key = f"card-failed:{plan.subscription_id}:{plan.past_due_since:%Y%m%d%H%M%S}:{day}"
    if _silent.get() or gift is None or Letter.objects.filter(key=key).exists():
        return None
    token = links.make(CARD, plan.subscription_id, CARD_LIFE)
    return outbox.queue(
        key=key,
        template="card_failed",
        to=gift.email,
        context={
            "name": gift.name,
            "total": money.exact(plan.total, plan.currency),
            "first": day == 0,
            "last": day == LAST_LETTER,
            "pause_on": Organisation.load().day_of(plan.past_due_since + PATIENCE) if plan.past_due_since else None,
            "link": settings.BASE_URL + reverse("donations:card", args=[token]),
            "days": CARD_LIFE.days,
        },
    )


def receipt(document: Receipt) -> Letter | None:
    """The receipt to the donor, once for each gift."""
    if _silent.get():
        return None
    gift = document.gift
    code = document.currency
    return outbox.queue(
        key=f"receipt:{gift.reference}",
        template="receipt",
        to=gift.email,
        context={
            "receipt": document,
            "gift": gift,
            "monthly": gift.is_monthly,
            "total": money.exact(document.total, code),
            "amount": money.exact(document.amount, code),
            "fee_cover": money.exact(document.fee_cover, code) if document.fee_cover else "",
        },
    )
