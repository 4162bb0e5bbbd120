"""The letters about gifts: written in the transaction of the money they tell of."""

from donations import money
from donations.models import Receipt
from foundation.letters import outbox
from foundation.letters.models import Letter


def receipt(document: Receipt) -> Letter:
    """The receipt to the donor, once for each gift."""
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
