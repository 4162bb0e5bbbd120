"""Issue numbered receipts: no gap, no number twice, no word changed afterwards."""

from django.utils.translation import gettext as _

from donations.models import Gift, Receipt, ReceiptCounter
from foundation.organisation import mode
from foundation.organisation.models import Organisation


def issue(gift: Gift) -> Receipt:
    """The receipt of a paid gift; the first call writes it.

    Call it in the transaction that writes the ledger row, with the gift locked: when that is rolled back, the
    number is free again. When no money moves the number comes from the DEMO series, so that the real one has no gap.
    """
    known = Receipt.objects.filter(gift=gift, replaces=None).first()
    if known:
        return known
    if gift.paid_at is None:
        raise ValueError("A gift that is not paid has no receipt.")
    organisation = Organisation.load()
    series = Receipt.DEMO if mode.no_money_moves() or not gift.livemode else Receipt.REAL
    entity = organisation.legal_name or organisation.name
    day = organisation.day_of(gift.paid_at)
    number = _next_number(entity, series, day.year)
    registered = bool(organisation.registration_number)
    return Receipt.objects.create(
        entity=entity,
        series=series,
        year=day.year,
        number=number,
        label=f"{series}-{day.year}-{number:06d}",
        gift=gift,
        name=gift.name,
        day=day,
        frequency=gift.frequency,
        currency=gift.currency,
        amount=gift.amount,
        fee_cover=gift.fee_cover,
        total=gift.total,
        registration_number=organisation.registration_number,
        tax_statement=organisation.tax_statement if registered else "",
        goods_statement=_("No goods or services were provided in exchange for this gift."),
        livemode=gift.livemode,
    )


def _next_number(entity: str, series: str, year: int) -> int:
    """Locks the counter until the transaction ends, so that numbers follow each other without a gap."""
    counter, _made = ReceiptCounter.objects.get_or_create(entity=entity, series=series, year=year)
    counter = ReceiptCounter.objects.select_for_update().get(pk=counter.pk)
    counter.last += 1
    counter.save(update_fields=["last"])
    return counter.last
