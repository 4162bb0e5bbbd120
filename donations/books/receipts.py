"""Issue numbered receipts: no gap, no number twice, no word changed afterwards."""

from contextlib import AbstractContextManager
from datetime import date, datetime, time
from typing import Any

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.dispatch import receiver
from django.utils.translation import gettext as _
from django.utils.translation import override

from donations import money
from donations.gift_aid import declarations
from donations.models import Dedication, Gift, LedgerEntry, Receipt, ReceiptCounter, months
from donations.models.gift_aid import STERLING
from donations.stripe import objects
from foundation.organisation import mode, tax_years
from foundation.organisation.entity_form import Entity, series_asked
from foundation.organisation.models import Organisation
from foundation.organisation.tax_years import Country
from foundation.prepared import commands, queries

PAID_WITH = ("way", "brand", "last_four")
KEPT = (*PAID_WITH, "goods", "goods_statement")  # facts that a correction takes over as they were


def issue(gift: Gift, charge: objects.Charge | None = None) -> Receipt:
    """Issue the receipt of a paid gift, once; later calls return the first one. `charge`: what paid it at Stripe.

    Call it in the transaction that writes the ledger entry, with the gift locked: when that is rolled back, the number
    is free again. When no money moves the number comes from the DEMO series, so that the real one has no gap.
    """
    known = queries.first(_first_of, gift=gift.pk)
    if known:
        return known
    if gift.paid_at is None:
        raise ValueError("A gift that is not paid has no receipt.")
    year = Organisation.load().day_of(gift.paid_at).year
    paid = {"way": charge.way[:40], "brand": charge.brand[:40], "last_four": charge.last_four[-4:]} if charge else {}
    return _write(gift, year, None, amount=gift.amount, fee_cover=gift.fee_cover, total=gift.total, **paid)


def correct(gift: Gift, issued: Receipt | None = None) -> Receipt:
    """Return the receipt in force: the newest, or a new correction when the ledger keeps another sum of the paid gift.

    The new document names the one it replaces and has a number of its own, in the year in which it is written; the old
    one stays as it was. Call it as `issue` is called.
    """
    newest = (issued or issue(gift)).newest()
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


def restate(gift: Gift) -> Receipt | None:
    """Return a correction of the receipt in force that says what was given in return as the gift does now; None where
    there is none to correct. What it says of sums stays. Call it as `issue` is called, once what was given changed.
    """
    newest = gift.receipts.filter(replaced_by=None).first()
    if newest is None:
        return None
    year = Organisation.load().today().year
    sums = {"amount": newest.amount, "fee_cover": newest.fee_cover, "total": newest.total}
    return _write(gift, year, newest, PAID_WITH, **sums)


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
    year = Organisation.load().today().year
    return _write(gift, year, newest, amount=total, fee_cover=0, total=total, day=now["day"])


def _write(
    gift: Gift, year: int, replaces: Receipt | None, taken_over: tuple[str, ...] = KEPT, /, **facts: Any
) -> Receipt:
    """`taken_over`: facts that stand as on the receipt that it replaces."""
    if gift.paid_at is None:
        raise ValueError("A gift that is not paid has no receipt.")
    organisation = Organisation.load()
    series = _series(gift, organisation)
    ours = _entity(organisation)
    strange = replaces and (replaces.series not in (series, Receipt.DEMO) or replaces.country != organisation.country)
    if replaces and strange:  # another entity received it, or under another country's law, and corrects it
        series, ours = replaces.series, {name: getattr(replaces, name) for name in ours}
    if gift.is_recommended:  # nothing is said of tax to somebody who did not give it
        ours = {**ours, "registration_number": "", "tax_statement": ""}
    number = _next_number(series, year)
    with _in_the_words_of(gift):
        aid = _gift_aid(gift, organisation) if facts["total"] == gift.total else ""
        worded = {"dedication": _dedication(gift), "gift_aid_statement": aid, **_facts(gift, organisation)}
        worded |= _goods(gift, organisation, ours)
    kept = {name: getattr(replaces, name) for name in taken_over} if replaces else {}
    if replaces:
        kept["day"] = replaces.day  # whatever the zone is by now
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
        **{**ours, **worded, **_of_its_year(gift, organisation, ours["country"], facts["total"]), **kept, **facts},
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
        "country": organisation.country,
        "registration_number": number,
        "tax_statement": organisation.tax_statement if number else "",
    }


def _designation(gift: Gift) -> str:
    """What it is for, by its name on that day: the fund, or the campaign where that has none."""
    if gift.fund:
        return gift.fund.name
    return gift.campaign.title[:80] if gift.campaign else ""


def _dedication(gift: Gift) -> str:
    found = queries.first(_dedication_of, gift=gift.pk)
    return str(found) if found else ""


def _gift_aid(gift: Gift, organisation: Organisation) -> str:
    """That its giver declared it to be a Gift Aid donation. No promise: what is claimed is decided later."""
    if gift.currency != STERLING or not organisation.offers_gift_aid or declarations.covering(gift) is None:
        return ""
    words = _("You told us that we can claim Gift Aid on this gift of %(sum)s.")
    return words % {"sum": money.exact(gift.total, gift.currency)}


def _goods(gift: Gift, organisation: Organisation, ours: dict[str, str]) -> dict[str, str]:
    """What was given in return, and its sentence: in the United States one of three, elsewhere only where it was
    something. Whoever recommended a gift of a donor-advised fund reads in their place that this is no receipt. `ours`:
    who receives, as the receipt names it.
    """
    if gift.is_recommended:
        said = _(
            "%(sponsor)s made this gift from a donor-advised fund. It is the giver, so this letter thanks you and is "
            "no receipt for tax: what you put into the fund was your gift to %(sponsor)s."
        ) % {"sponsor": gift.sponsor}
        return {"goods": Receipt.Goods.NONE, "goods_statement": said}
    american = ours["country"] == Country.US
    if gift.benefit:
        said = _(
            "In return for this gift you received: %(benefit)s. In good faith we estimate that this is worth %(value)s."
        ) % {"benefit": gift.benefit.rstrip(". "), "value": money.exact(gift.benefit_value, gift.currency)}
        if american and ours["registration_number"]:  # until then nothing is said of tax
            said += " " + _("For tax, only what you gave beyond that can be a gift.")
        return {"goods": Receipt.Goods.DESCRIBED, "goods_statement": said}
    if not american:
        return {"goods": Receipt.Goods.NONE, "goods_statement": ""}
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


def _of_its_year(gift: Gift, organisation: Organisation, country: str, total: int) -> dict[str, Any]:
    """Of a gift that repeats: what its payments of the country's tax year until this one came to, less what went back
    of them until now. `total` is what this one comes to.
    """
    if gift.plan is None or gift.paid_at is None:
        return {}
    year = tax_years.holding(organisation.day_of(gift.paid_at), country)
    first = datetime.combine(year.first, time.min, tzinfo=organisation.zone)
    others = LedgerEntry.objects.giving().filter(
        gift__plan=gift.plan, gift__paid_at__gte=first, gift__paid_at__lte=gift.paid_at, currency=gift.currency
    )
    before = others.exclude(gift=gift).aggregate(sum=Sum("amount"))["sum"] or 0
    return {"year_total": max(before, 0) + total}


def _next_number(series: str, year: int) -> int:
    """Increment the receipt counter, and lock it until the transaction ends, so that numbers have no gap."""
    counter = queries.first(_counter, series=series, year=year)
    if counter is None:
        made, _made = ReceiptCounter.objects.get_or_create(series=series, year=year)
        counter = ReceiptCounter.objects.select_for_update().get(pk=made.pk)
    counter.last += 1
    commands.change(ReceiptCounter, {"pk": counter.pk}, {"last": counter.last})
    return counter.last


def _counter(series: str, year: int) -> QuerySet[ReceiptCounter]:
    return ReceiptCounter.objects.select_for_update().filter(series=series, year=year)


def _first_of(gift: int) -> QuerySet[Receipt]:
    return Receipt.objects.filter(gift=gift, replaces=None)[:1]


def _dedication_of(gift: int) -> QuerySet[Dedication]:
    return Dedication.objects.filter(gift=gift)
