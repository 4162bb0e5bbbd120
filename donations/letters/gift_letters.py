"""Letters about gifts: queued in the transaction of the money they tell of, in the donor's language."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format

from donations import money
from donations.letters import papers, receipt_facts
from donations.models import Gift, Plan, Receipt
from foundation.access import tokens
from foundation.jobs import queue as jobs
from foundation.letters import outbox, resending
from foundation.letters.models import Letter

FILE = "receipt-file"  # what the link is for
FILE_LIFE = timedelta(days=365)  # until the tax return is done
WITH_DOCUMENT = "send-with-document"
Rows = Sequence[tuple[str, str]]


@contextmanager
def speaking_to(gift: Gift) -> Iterator[None]:
    """Context manager: sums, dates and labels inside are in the donor's language."""
    with translation.override(gift.supporter.language if gift.supporter else gift.language):
        yield


def post(
    key: str,
    template: str,
    gift: Gift,
    places: dict[str, Any],
    facts: Rows = (),
    document: Receipt | None = None,
    to: str = "",
) -> Letter | None:
    """Queue one letter to the donor of a gift, idempotent by key. Call it inside `speaking_to`.

    None for a donor without an e-mail address: staff print it. `document` is attached as a PDF when the letter is sent,
    and the letter holds a link to it. `to`: another address than the gift's.
    """
    to = to or gift.email
    if not to:
        return None
    words = {"every": gift.every, "pace": gift.pace}
    context = {"name": gift.name, "my_page": papers.my_page(), **words, **places, "facts": facts}
    if document is None:
        return outbox.queue(key=key, template=template, to=to, context=context)
    known = outbox.find(key)
    if known:
        return known  # a second link would open the same file
    context["file"] = file_address(document)
    return outbox.queue(key, template, to, context, job=WITH_DOCUMENT, document=_paper(document), is_new=True)


def _paper(document: Receipt) -> str:
    """What the letter's job draws and attaches (`papers.attachment`)."""
    return f"receipt:{document.pk}"


def file_address(document: Receipt) -> str:
    """Return a link to the PDF of a receipt, with a token of its own."""
    token = tokens.make(FILE, str(document.pk), FILE_LIFE)
    return settings.BASE_URL + reverse("donations:receipt_file", args=[token])


@jobs.handler(WITH_DOCUMENT, lane=outbox.LANE)
def send_with_document(args: dict[str, Any]) -> None:
    """Job: send a letter with its PDF, drawn while it is sent: the transaction of the money draws nothing."""
    outbox.send(args, papers.attachment)


def receipt(document: Receipt) -> Letter | None:
    """Queue the receipt for the donor, once for each gift: the first, or a corrected one where that was not mailed."""
    return _receipt(document)


def _receipt(document: Receipt, to: str = "") -> Letter | None:
    gift = document.gift
    with speaking_to(gift):
        places = {**_numbers(document), "other": _beside(gift)}
        return post(f"receipt:{gift.reference}", _form(document), gift, places, _rows(document), document, to)


def _beside(gift: Gift) -> str:
    """What else the giver of a new monthly or yearly gift gives so, and how often; empty for anybody else."""
    if gift.plan is None or gift.supporter is None or gift.plan.gifts.paid().count() > 1:
        return ""
    others = Plan.objects.of_several().filter(supporter=gift.supporter).exclude(pk=gift.plan.pk)
    return ", ".join(map(str, others))


def receipt_again(gift: Gift) -> Letter | None:
    """Queue the newest receipt once more, with its file, to a corrected address: once for each correction.

    Where its letter still waited, it goes to the new address already; where it did not arrive, it goes there now.
    """
    document = gift.receipts.order_by("-id").first()
    if document is None:
        return None
    first = Letter.objects.filter(document=_paper(document), to=gift.email).first()
    if first:
        outbox.send_again(first)
        return None
    key = f"receipt-again:{gift.reference}:{gift.address_changes.count()}"
    with speaking_to(gift):
        return post(key, _form(document), gift, _numbers(document), _rows(document), document)


def receipt_by_hand(document: Receipt) -> Letter | None:
    """Queue a receipt at the wish of staff: one never mailed, or one more time. A double click is one letter. It goes
    where its donor is now: after a merge that is not where the gift was given.
    """
    gift = document.gift
    to = gift.supporter.email if gift.supporter else ""
    if not Letter.objects.filter(key=f"receipt:{gift.reference}").exists():
        return _receipt(document, to)
    key, now = f"receipt-by-hand:{document.label}:", timezone.now()
    lately = Letter.objects.filter(key__startswith=key, created_at__gt=now - resending.LATELY).first()
    if lately:
        return lately
    key += f"{now:%Y%m%d%H%M}"
    with speaking_to(gift):
        return post(key, _form(document), gift, _numbers(document), _rows(document), document, to)


def _form(document: Receipt) -> str:
    """The letter template that a receipt, or an acknowledgment, goes with."""
    if document.is_thanks:
        return "acknowledgment_corrected" if document.replaces else "acknowledgment"
    if document.replaces:
        return "receipt_corrected"
    return "receipt_monthly" if document.gift.repeats else "receipt"


def receipt_corrected(document: Receipt) -> Letter | None:
    """Queue a corrected receipt, which replaces another, once."""
    with speaking_to(document.gift):
        key = f"receipt-corrected:{document.label}"
        return post(key, _form(document), document.gift, _numbers(document), _rows(document), document)


def refund(document: Receipt, refund_id: str, amount: int, status: str) -> Letter | None:
    """Queue the letter about a refund, with the receipt that is now in force. Once for each refund; `amount` in minor
    units, `status` is Stripe's.
    """
    template = {"pending": "refund_pending", "requires_action": "refund_waits"}.get(status, "refund")
    with speaking_to(document.gift):
        places = _numbers(document) | _refunded(document, amount)
        return post(f"refund:{refund_id}", template, document.gift, places, _rows(document), document)


def refund_failed(document: Receipt, refund_id: str, amount: int, status: str) -> Letter | None:
    """Queue the letter about a refund that did not arrive. What the letter before said of the receipt is put right."""
    template = "refund_canceled" if status == "canceled" else "refund_failed"
    with speaking_to(document.gift):
        places = _numbers(document) | _refunded(document, amount)
        return post(f"refund-failed:{refund_id}", template, document.gift, places, _rows(document), document)


def debit_failed(gift: Gift, document: Receipt | None = None) -> Letter | None:
    """Queue the letter about a bank debit that failed, or was taken back after its receipt. Once for each gift."""
    with speaking_to(gift):
        places = {
            **(_numbers(document) if document else {}),
            "total": money.exact(gift.total, gift.currency),
            "reference": gift.reference,
            "again": f"{settings.BASE_URL}{reverse('donations:give')}?frequency={gift.frequency}",
        }
        return post(f"debit-failed:{gift.reference}", "debit_failed", gift, places)


def day(moment: Any) -> str:
    """A date as letters write it; empty without one."""
    return date_format(moment, "DATE_FORMAT") if moment else ""


def _numbers(document: Receipt) -> dict[str, Any]:
    return {
        "is_demo": document.is_demo,
        "number": document.label,
        "old": receipt_facts.earlier(document),
        "total": str(document.total_text()),  # of a thing or shares: that it came so, and no sum
        "statement": "\n".join(receipt_facts.statements(document)),
        "check": papers.check_address(document),
    }


def _refunded(document: Receipt, amount: int) -> dict[str, str]:
    return {
        "refunded": money.exact(amount, document.currency),
        "given": money.exact(document.gift.total, document.currency),
        "reference": document.gift.reference,
    }


def _rows(document: Receipt) -> Rows:
    """What the receipt says, as its PDF does."""
    return [(each.label, "\n".join(filter(None, [each.value, each.note]))) for each in receipt_facts.lines(document)]
