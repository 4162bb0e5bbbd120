"""Issue numbered receipts: no gap, no number twice, no word changed afterwards."""

from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import Sum
from django.dispatch import receiver
from django.utils.translation import gettext as _
from django.utils.translation import override

from donations import money
from donations.models import Dedication, Gift, LedgerEntry, Receipt, ReceiptCounter, months
from donations.stripe import objects
from foundation.organisation import mode
from foundation.organisation.entity_form import Entity, series_asked
from foundation.organisation.models import Organisation

KEPT = ("way", "brand", "last_four", "goods", "goods_statement")  # facts that a correction takes over as they were


def issue(gift: Gift, charge: objects.Charge | None = None) -> Receipt:
    """Issue the receipt of a paid gift, once; later calls return the first one. `charge`: what paid it at Stripe.

    Call it in the transaction that writes the ledger entry, with the gift locked: when that is rolled back, the number
    is free again. When no money moves the number comes from the DEMO series, so that the real one has no gap.
    """
    known = Receipt.objects.filter(gift=gift, replaces=None).first()
    if known:
        return known
    if gift.paid_at is None:
        raise ValueError("A gift that is not paid has no receipt.")
    year = Organisation.load().day_of(gift.paid_at).year
    paid = {"way": charge.way[:40], "brand": charge.brand[:40], "last_four": charge.last_four[-4:]} if charge else {}
    return _write(gift, year, None, amount=gift.amount, fee_cover=gift.fee_cover, total=gift.total, **paid)


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


@receiver(series_asked, dispatch_uid="road-out-entity-of-a-series")
def last_of_series(series: str, **_kwargs: Any) -> Entity | None:
    """Signal receiver: whom the last receipt of a series names, for the settings that change the series."""
    last = Receipt.objects.filter(series=series).order_by("-id").first()
    return Entity(last.entity, last.registration_number) if last else None


def rename(gift: Gift) -> Receipt | None:
    """Return a correction of the receipt in force where that names another giver than the gift does; else None. What
    it says of sums stays. Call it as `issue` is called.
    """
    newest = gift.receipts.filter(replaced_by=None).first()
    if newest is None or newest.name == gift.giver():
        return None
    year = Organisation.load().today().year
    return _write(gift, year, newest, amount=newest.amount, fee_cover=newest.fee_cover, total=newest.total)


def put_right(gift: Gift) -> Receipt | None:
    """Return a correction of the receipt in force where that says another sum, day, giver, thing, fund or campaign than
    the books and the gift do, which staff put right; else None. Call it as `issue` is called.
    """
    newest = issue(gift).newest()
    total = max(LedgerEntry.objects.kept(gift)[0], 0)
    with _in_the_words_of(gift):
        now = {**_facts(gift, Organisation.load()), "total": total}
    if all(getattr(newest, name) == value for name, value in now.items()):
        return None
    return _write(gift, Organisation.load().today().year, newest, amount=total, fee_cover=0, total=total)


def _write(gift: Gift, year: int, replaces: Receipt | None, **facts: Any) -> Receipt:
    if gift.paid_at is None:
        raise ValueError("A gift that is not paid has no receipt.")
    organisation = Organisation.load()
    series = _series(gift, organisation)
    ours = _entity(organisation)
    if replaces and replaces.series not in (series, Receipt.DEMO):  # another entity received it, and corrects it
        series, ours = replaces.series, {name: getattr(replaces, name) for name in ours}
    if gift.is_recommended:  # nothing is said of tax to somebody who did not give it
        ours = {**ours, "registration_number": "", "tax_statement": ""}
    number = _next_number(series, year)
    with _in_the_words_of(gift):
        worded = {"dedication": _dedication(gift), **_facts(gift, organisation), **_goods(gift, organisation)}
    kept = {name: getattr(replaces, name) for name in KEPT} if replaces else {}
    if gift.is_recommended:  # the sentence names the sponsor, who may have been put right
        kept.pop("goods_statement", None)
    return Receipt.objects.create(
        series=series,
        year=year,
        number=number,
        label=f"{series}-{year}-{number:06d}",
        gift=gift,
        replaces=replaces,
        frequency=gift.frequency,
        currency=gift.currency,
        next_on=None if replaces else _next_on(gift, organisation),  # a correction looks back
        livemode=gift.livemode,
        **{**ours, **worded, **_of_its_year(gift, organisation, facts["total"]), **kept, **facts},
    )


def _in_the_words_of(gift: Gift) -> AbstractContextManager[None]:
    """In the donor's language: receipts are written by a worker, which runs in the site's first language."""
    return override((gift.supporter.language if gift.supporter else gift.language) or settings.LANGUAGE_CODE)


def _series(gift: Gift, organisation: Organisation) -> str:
    """An acknowledgment of what a donor-advised fund gave is no receipt for tax, and counts in a series of its own."""
    if mode.no_money_moves() or not gift.livemode:
        return Receipt.DEMO
    return (Receipt.THANKS if gift.is_recommended else "") + organisation.receipt_series


def _facts(gift: Gift, organisation: Organisation) -> dict[str, Any]:
    """What a receipt says of its gift as it stands now, and staff may put right."""
    return {
        "name": gift.giver(),
        "sponsor": gift.sponsor,
        "day": organisation.day_of(gift.paid_at) if gift.paid_at else None,
        "designation": _designation(gift),
        "campaign": gift.campaign.title if gift.fund and gift.campaign else "",
        "description": gift.thing,
    }


def _entity(organisation: Organisation) -> dict[str, str]:
    """Who receives, as it stands today. Nothing is said of tax until the registration is entered."""
    number = organisation.registration_number
    return {
        "entity": organisation.printed_name,
        "entity_address": organisation.address,
        "registration_number": number,
        "tax_statement": organisation.tax_statement if number else "",
    }


def _designation(gift: Gift) -> str:
    """What it is for, by its name on that day: the fund, or the campaign where that has none."""
    if gift.fund:
        return gift.fund.name
    return gift.campaign.title[:80] if gift.campaign else ""


def _dedication(gift: Gift) -> str:
    found = Dedication.objects.filter(gift=gift).first()
    return str(found) if found else ""


def _goods(gift: Gift, organisation: Organisation) -> dict[str, str]:
    """Which of the three statements about goods or services holds, and its sentence. Whoever recommended a gift of a
    donor-advised fund reads in their place that this is no receipt.
    """
    if gift.is_recommended:
        said = _(
            "%(sponsor)s made this gift from a donor-advised fund. It is the giver, so this letter thanks you and is "
            "no receipt for tax: what you put into the fund was your gift to %(sponsor)s."
        ) % {"sponsor": gift.sponsor}
        return {"goods": Receipt.Goods.NONE, "goods_statement": said}
    if gift.benefit:
        said = _(
            "In return for this gift you received: %(benefit)s. In good faith we estimate that this is worth %(value)s."
        ) % {"benefit": gift.benefit.rstrip(". "), "value": money.exact(gift.benefit_value, gift.currency)}
        if organisation.registration_number:  # until then nothing is said of tax
            said += " " + _("For tax, only what you gave beyond that can be a gift.")
        return {"goods": Receipt.Goods.DESCRIBED, "goods_statement": said}
    if organisation.religious_benefits:
        said = _("In return for this gift you received nothing but intangible religious benefits.")
        return {"goods": Receipt.Goods.RELIGIOUS, "goods_statement": said}
    return {
        "goods": Receipt.Goods.NONE,
        "goods_statement": _("No goods or services were provided in exchange for this gift."),
    }


def _next_on(gift: Gift, organisation: Organisation) -> date | None:
    """The day of the next payment of a gift that repeats, as far as Stripe told us."""
    upcoming = months.next_payment(gift.plan) if gift.plan else None
    return organisation.day_of(upcoming) if upcoming else None


def _of_its_year(gift: Gift, organisation: Organisation, total: int) -> dict[str, Any]:
    """Of a gift that repeats: what its payments of that year until this one came to, less what went back of them until
    now. `total` is what this one comes to.
    """
    if gift.plan is None or gift.paid_at is None:
        return {}
    first = datetime(organisation.day_of(gift.paid_at).year, 1, 1, tzinfo=organisation.zone)
    others = LedgerEntry.objects.giving().filter(
        gift__plan=gift.plan, gift__paid_at__gte=first, gift__paid_at__lte=gift.paid_at, currency=gift.currency
    )
    before = others.exclude(gift=gift).aggregate(sum=Sum("amount"))["sum"] or 0
    return {"year_total": max(before, 0) + total}


def _next_number(series: str, year: int) -> int:
    """Increment the receipt counter, and lock it until the transaction ends, so that numbers have no gap."""
    counter, _made = ReceiptCounter.objects.get_or_create(series=series, year=year)
    counter = ReceiptCounter.objects.select_for_update().get(pk=counter.pk)
    counter.last += 1
    counter.save(update_fields=["last"])
    return counter.last
