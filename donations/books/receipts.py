"""Issue numbered receipts: no gap, no number twice, no word changed afterwards."""

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from donations.models import Gift, LedgerEntry, Receipt, ReceiptCounter
from foundation.organisation import mode
from foundation.organisation.models import Organisation


def issue(gift: Gift) -> Receipt:
    """Issue the receipt of a paid gift, once; later calls return the first one.

    Call it in the transaction that writes the ledger entry, with the gift locked: when that is rolled back, the number
    is free again. When no money moves the number comes from the DEMO series, so that the real one has no gap.
    """
    known = Receipt.objects.filter(gift=gift, replaces=None).first()
    if known:
        return known
    if gift.paid_at is None:
        raise ValueError("A gift that is not paid has no receipt.")
    year = Organisation.load().day_of(gift.paid_at).year
    return _write(gift, year, None, amount=gift.amount, fee_cover=gift.fee_cover, total=gift.total)


def correct(gift: Gift) -> Receipt:
    """Return the receipt in force: the newest, or a new correction when the ledger keeps another sum of the paid gift.

    The new document names the one it replaces and has a number of its own, in the year in which it is written; the old
    one stays as it was. Call it as `issue` is called.
    """
    newest = issue(gift).newest()
    total, cover = LedgerEntry.objects.kept(gift)
    total = max(total, 0)
    cover = min(max(cover, 0), total)
    if newest.total == total:
        return newest
    year = Organisation.load().today().year
    return _write(gift, year, newest, amount=total - cover, fee_cover=cover, total=total)


def rename(gift: Gift) -> Receipt | None:
    """Return a correction of the receipt in force where that names another giver than the gift does; else None. What
    it says of sums stays. Call it as `issue` is called.
    """
    newest = gift.receipts.filter(replaced_by=None).first()
    if newest is None or newest.name == gift.giver():
        return None
    year = Organisation.load().today().year
    return _write(gift, year, newest, amount=newest.amount, fee_cover=newest.fee_cover, total=newest.total)


def _write(gift: Gift, year: int, replaces: Receipt | None, **sums: int) -> Receipt:
    if gift.paid_at is None:
        raise ValueError("A gift that is not paid has no receipt.")
    organisation = Organisation.load()
    series = Receipt.DEMO if mode.no_money_moves() or not gift.livemode else organisation.receipt_series
    entity = organisation.legal_name or organisation.name
    ours: Organisation | Receipt = organisation
    if replaces and replaces.series not in (series, Receipt.DEMO):  # another entity received it, and corrects it
        series, entity, ours = replaces.series, replaces.entity, replaces
    number = _next_number(series, year)
    registered = bool(ours.registration_number)
    return Receipt.objects.create(
        entity=entity,
        series=series,
        year=year,
        number=number,
        label=f"{series}-{year}-{number:06d}",
        gift=gift,
        replaces=replaces,
        name=gift.giver(),
        day=organisation.day_of(gift.paid_at),
        frequency=gift.frequency,
        currency=gift.currency,
        designation=_designation(gift),
        description=gift.description,
        registration_number=ours.registration_number,
        tax_statement=ours.tax_statement if registered else "",
        goods_statement=_statement(gift.supporter.language if gift.supporter else gift.language),
        livemode=gift.livemode,
        **sums,
    )


def _designation(gift: Gift) -> str:
    """What it is for, by its name on that day: the fund, or the campaign where that has none."""
    if gift.fund:
        return gift.fund.name
    return gift.campaign.title[:80] if gift.campaign else ""


def _statement(language: str) -> str:
    """In the donor's language: receipts are written by a worker, which runs in the site's first language."""
    with override(language or settings.LANGUAGE_CODE):
        return _("No goods or services were provided in exchange for this gift.")


def _next_number(series: str, year: int) -> int:
    """Increment the receipt counter, and lock it until the transaction ends, so that numbers have no gap."""
    counter, _made = ReceiptCounter.objects.get_or_create(series=series, year=year)
    counter = ReceiptCounter.objects.select_for_update().get(pk=counter.pk)
    counter.last += 1
    counter.save(update_fields=["last"])
    return counter.last
