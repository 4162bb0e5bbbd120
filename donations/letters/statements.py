"""Yearly statement: every gift of one supporter that was kept, dated in the organisation's time zone."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from donations import money
from donations.gift_aid import declarations
from donations.letters import receipt_facts
from donations.models import Receipt
from donations.models.gift_aid import STERLING
from donations.models.gifts import NO_CURRENCY
from foundation.organisation import mode
from foundation.organisation.models import Organisation
from foundation.organisation.tax_years import Country, TaxYear
from supporters.models import Supporter


@dataclass(frozen=True)
class Row:
    """One gift as its newest receipt has it. `amount` as printed, `plain` in digits, empty where no value is stated."""

    day: date
    receipt: str
    how: str
    description: str
    amount: str
    plain: str
    currency: str

    @property
    def day_text(self) -> str:
        return date_format(self.day, "DATE_FORMAT")

    @property
    def words(self) -> str:
        """What the columns of the file say, in one line of the letter: a gift in kind is described there too."""
        return ", ".join([self.amount, self.description or self.how, self.receipt])


@dataclass(frozen=True)
class Part:
    """What one legal entity received from one giver, with the sentences that cover all of it."""

    entity: str
    address: str
    series: str
    giver: str
    registration_number: str
    sentences: list[str]
    rows: list[Row]
    totals: list[str]


@dataclass(frozen=True)
class Statement:
    """The yearly statement of one supporter, whose name is `name`; what companies gave through them stands in parts of
    its own (D-144).
    """

    year: TaxYear
    name: str
    demo: bool
    parts: list[Part] = field(default_factory=list)

    @property
    def givers(self) -> list[str]:
        """Whom its receipts name: the supporter, companies, or both."""
        return list(dict.fromkeys(part.giver for part in self.parts if part.giver))

    def giver_beside(self, part: Part) -> str:
        """The giver of one part, to tell it from the others; empty where all came from one."""
        return part.giver if len(self.givers) > 1 else ""


def of(supporter: int, year: int | TaxYear) -> Statement:
    """Return the statement of a supporter (by id) for the tax year that begins in `year`, by the organisation's country
    where it is a number. It has no parts when nothing was given or kept.
    """
    year = _tax_year(year)
    found = _receipts(year).filter(gift__supporter=supporter).select_related("gift").order_by("day", "id")
    documents = list(found)
    parts: dict[tuple[str, str, str], list[Receipt]] = defaultdict(list)
    for document in documents:
        parts[document.series, document.country, document.gift.company].append(document)
    own = [document for document in documents if not document.gift.company] or documents
    name = own[-1].gift.name if own else ""
    stated = [_part(series, country, company or name, some) for (series, country, company), some in parts.items()]
    return Statement(year, name, mode.no_money_moves(), stated)


def receivers(year: int) -> QuerySet[Supporter]:
    """Supporters to whom a statement of that year can be mailed, in the order of their ids: nobody who was erased."""
    gave = Supporter.objects.filter(pk__in=_receipts(_tax_year(year)).values("gift__supporter"), erased_at=None)
    return gave.exclude(email="").order_by("pk")


def years(supporter: int) -> list[int]:
    """The tax years for which a supporter has a statement, by the years in which they begin, newest first."""
    organisation = Organisation.load()
    days = Receipt.objects.current().filter(_kept(), gift__supporter=supporter).order_by("-day")
    return list(dict.fromkeys(organisation.tax_year_of(day).begins for day in days.values_list("day", flat=True)))


def _tax_year(year: int | TaxYear) -> TaxYear:
    return year if isinstance(year, TaxYear) else Organisation.load().tax_year(year)


def _kept() -> Q:
    """Of a real series while money moves, of the demonstration's while none does; not given back as a whole; and no
    acknowledgment: what a donor-advised fund gave is nobody's to deduct (D-189).
    """
    demo = Q(series=Receipt.DEMO)
    there = Q(total__gt=0) | Q(currency=NO_CURRENCY)
    return (demo if mode.no_money_moves() else ~demo) & there & Q(sponsor="")


def _receipts(year: TaxYear) -> QuerySet[Receipt]:
    """The receipts in force, of gifts of that year: a correction keeps the day of its gift."""
    found: QuerySet[Receipt] = Receipt.objects.current().filter(_kept(), day__range=(year.first, year.last))
    return found


def _part(series: str, country: str, giver: str, documents: list[Receipt]) -> Part:
    """Name and registration as they stand now, or, of an entity that we were before, as on its last receipt."""
    organisation = Organisation.load()
    source: Any = documents[-1]
    entity, address = source.entity, source.entity_address
    if series in (organisation.receipt_series, Receipt.DEMO) and country == organisation.country:
        source, entity, address = organisation, organisation.printed_name, organisation.address
    tax = source.tax_statement if source.registration_number else ""
    note = _("We describe what was given in kind. We state no value for it.")
    in_kind = note if any(document.is_in_kind for document in documents) else ""
    of_shares = any(document.is_described and not document.is_in_kind for document in documents)
    shares = _("We describe the shares that were given. We state no value for them.") if of_shares else ""
    goods = _goods(documents) if country == Country.US else _described(documents)
    sentences = [text for text in (*goods, in_kind, shares, _declared(documents), tax) if text]
    rows = [_row(document) for document in documents]
    return Part(entity, address, series, giver, source.registration_number, sentences, rows, _totals(documents))


def _declared(documents: list[Receipt]) -> str:
    """Which are Gift Aid donations by now: who pays a higher rate names them to the tax office. A receipt was written
    before what was declared later; one that may not be claimed any more says so too.
    """
    whole = [each for each in documents if each.country == Country.GB and each.total == each.gift.total]
    if whole and Organisation.load().offers_gift_aid:
        ids = declarations.covered(each.gift for each in whole if each.currency == STERLING)
        whole = [each for each in whole if each.gift_id in ids]
    else:
        whole = [each for each in whole if each.gift_aid_statement]
    labels = ", ".join(each.label for each in whole)
    return _("You told us that we can claim Gift Aid on these: %(receipts)s") % {"receipts": labels} if labels else ""


def _goods(documents: list[Receipt]) -> list[str]:
    """What was given in return: one sentence for all gifts with the same; else as each receipt says it."""
    kinds = {document.goods for document in documents}
    if kinds == {Receipt.Goods.NONE}:
        return [_("No goods or services were provided in exchange for these gifts.")]
    if kinds == {Receipt.Goods.RELIGIOUS}:
        return [_("In return for these gifts you received nothing but intangible religious benefits.")]
    said = _described(documents)
    rest = _("No goods or services were provided in exchange for the other gifts.")
    return [*said, *([rest] if Receipt.Goods.NONE in kinds else [])]


def _described(documents: list[Receipt]) -> list[str]:
    return [f"{each.label}: {each.goods_statement}" for each in documents if each.goods != Receipt.Goods.NONE]


def _row(document: Receipt) -> Row:
    code = document.currency
    things = document.is_described
    return Row(
        day=document.day,
        receipt=document.label,
        how=receipt_facts.how(document),
        description=document.description,
        amount=document.total_text() if things else money.exact(document.total, code),
        plain="" if things else money.plain(document.total, code),
        currency="" if things else code,
    )


def _totals(documents: Iterable[Receipt]) -> list[str]:
    """One sum for each currency: nothing is converted, because no rate of ours would be the tax office's."""
    sums: dict[str, int] = defaultdict(int)
    for document in documents:
        if not document.is_described:
            sums[document.currency] += document.total
    return [money.exact(total, code) for code, total in sorted(sums.items())]
