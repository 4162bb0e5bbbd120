"""Dedicate a gift to somebody, and mail the e-card on its day: after the payment only, once, and never with the sum."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from donations.models import Dedication, Gift, LedgerEntry
from foundation.jobs import queue as jobs
from foundation.letters import outbox, writing
from foundation.letters.writing import Written
from foundation.organisation import retention_periods
from foundation.organisation.models import Organisation
from foundation.prepared import queries

TEMPLATE = "dedication_card"
HOUR = time(9)  # on the organisation's clock: a card comes in the morning
FARTHEST = timedelta(days=365)


@dataclass(frozen=True)
class Tribute:
    """A dedication as the donor wrote it. No card is mailed when `card_to` is empty."""

    kind: str
    name: str
    card_to: str = ""
    card_from: str = ""
    message: str = ""
    card_on: date | None = None


def write(gift: Gift, tribute: Tribute) -> Dedication:
    """Create the dedication of a gift. Nothing is mailed before the gift is paid."""
    return Dedication.objects.create(
        gift=gift,
        kind=tribute.kind,
        name=tribute.name,
        card_to=tribute.card_to,
        card_from=tribute.card_from,
        message=tribute.message,
        card_on=tribute.card_on,
    )


def schedule(gift: Gift) -> None:
    """Enqueue the card of a gift that was just paid, for its day. Idempotent."""
    dedication = queries.first(_of, gift=gift.pk)
    if dedication and dedication.card_to:
        jobs.enqueue(
            "dedication-card", f"dedication-card:{dedication.pk}", {"dedication": dedication.pk}, _moment(dedication)
        )


def _of(gift: int) -> QuerySet[Dedication]:
    return Dedication.objects.filter(gift=gift)


@jobs.handler("dedication-card")
def mail(args: dict[str, Any]) -> None:
    """Job: write the card, unless the whole gift went back to the donor meanwhile (refund, dispute)."""
    with transaction.atomic():
        dedication = Dedication.objects.select_for_update().filter(pk=args["dedication"]).first()
        if dedication is None:  # the donor was erased
            return
        kept, _of_fee = LedgerEntry.objects.kept(dedication.gift)
        if not dedication.gift.is_paid or kept <= 0 or not dedication.card_to or dedication.card_written_at:
            return
        with translation.override(dedication.gift.language):
            places = _places(dedication.kind, dedication.name, dedication.card_from, dedication.message)
        outbox.queue(
            key=f"dedication:{dedication.gift.reference}",
            template=TEMPLATE,
            to=dedication.card_to,
            context=places,
            language=dedication.gift.language,
        )
        Dedication.objects.filter(pk=dedication.pk).update(card_written_at=timezone.now())


def preview(tribute: Tribute) -> Written:
    """Render the card as it would be mailed: nothing is stored and nothing is sent."""
    return writing.write(TEMPLATE, _places(tribute.kind, tribute.name, tribute.card_from, tribute.message))


def forget(dry: bool = False) -> int:
    """Retention: some time after a card, blank where it went and what it said. The dedication stays with the gift."""
    old = Dedication.objects.filter(card_written_at__lt=retention_periods.end("cards")).exclude(card_to="")
    return retention_periods.blank(old, dry, card_to="", message="")


def _places(kind: str, name: str, giver: str, message: str) -> dict[str, Any]:
    words = _("A gift was made in memory of %(name)s.")
    if kind == Dedication.Kind.HONOUR:
        words = _("A gift was made in honour of %(name)s.")
    return {"dedicated": words % {"name": name}, "giver": giver, "message": message}


def _moment(dedication: Dedication) -> datetime:
    if dedication.card_on is None:
        return timezone.now()
    return datetime.combine(dedication.card_on, HOUR, Organisation.load().zone)
