"""Facts of a receipt, line by line: the letter, its text part and the PDF print these lines and no others."""

from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from donations import money
from donations.models import Receipt
from donations.models.frequency import INTERVALS, PACES, Frequency
from foundation.organisation import tax_years
from foundation.organisation.models import Organisation
from foundation.organisation.tax_years import Country

# Proper names, as their owners write them; what is not here is written from Stripe's own word.
WALLETS = {"apple_pay": "Apple Pay", "google_pay": "Google Pay", "samsung_pay": "Samsung Pay", "link": "Link"}
BRANDS = {
    "amex": "American Express",
    "cartes_bancaires": "Cartes Bancaires",
    "diners": "Diners Club",
    "eftpos_au": "eftpos",
    "jcb": "JCB",
    "mastercard": "Mastercard",
    "unionpay": "UnionPay",
    "unknown": "",
    "visa": "Visa",
}
DEBITS = ("us_bank_account",)  # the others end in _debit


class Line(NamedTuple):
    """One fact of a receipt. `note` stands under the value; the main one is printed larger."""

    label: str
    value: str
    note: str = ""
    main: bool = False


def lines(document: Receipt) -> list[Line]:
    """The facts of a receipt, in the order of all its forms."""
    demo = f" ({_('NOT A RECEIPT')})" if document.is_demo else ""
    title = _("Acknowledgment") if document.is_thanks else _("Receipt")
    found = [
        Line(title, document.label + demo),
        Line(_("Takes the place of"), earlier(document)),
        Line(_("Corrected on"), _corrected_on(document)),
        Line(_("Received by"), document.entity),
        Line(registration(document.country), document.registration_number),
        Line(_("Received from"), document.sponsor or document.name),
        Line(_("Recommended by"), _recommender(document)),
        Line(_("Date"), date_format(document.day, "DATE_FORMAT")),
        _given(document),
        Line(_("Given"), how(document)),
        Line(_("Paid with"), paid_with(document)),
        Line(_("For"), document.designation),
        Line(_("Campaign"), document.campaign),
        Line(_("Dedication"), document.dedication),
        Line(_("Next payment"), _next_payment(document)),
        _year_so_far(document),
        Line(_("Reference"), document.gift.reference),
        Line(_("Check code"), document.code),
    ]
    return [line for line in found if line.value]


def registration(country: str) -> str:
    """What the number under which a charity is registered is called there."""
    return _("Charity number") if country == Country.GB else _("Registration")


def earlier(document: Receipt) -> str:
    """The numbers of all receipts of the gift that a corrected one takes the place of, the first one first; else
    empty. Whoever filed the first need not know of those between.
    """
    if not document.replaces_id:
        return ""
    before = Receipt.objects.filter(gift=document.gift_id, pk__lt=document.pk).order_by("pk")
    return ", ".join(before.values_list("label", flat=True))


def _corrected_on(document: Receipt) -> str:
    """The day of a correction on the organisation's own calendar, as its number's year is."""
    if not document.replaces_id:
        return ""
    return date_format(Organisation.load().day_of(document.issued_at), "DATE_FORMAT")


def statements(document: Receipt) -> list[str]:
    """The sentences under the facts: what was given in return, tax where a registration was entered, Gift Aid. None
    where nothing is left of the gift.
    """
    if document.is_void and not document.is_thanks:
        return []
    said = (document.goods_statement, document.gift_aid_statement, document.tax_statement)
    return [text for text in said if text]


def _given(document: Receipt) -> Line:
    """The sum; or the thing or the shares in words, because only their giver may say what they were worth."""
    if document.is_described and document.is_void:
        return Line(_("What remains of the gift"), _("nothing"), document.description, main=True)
    if document.is_described:
        note = _("We describe what was given. We state no value for it.")
        return Line(_("What was given"), document.description, note, main=True)
    code = document.currency
    cover = ""
    if document.fee_cover:
        cover = _("This is a gift of %(amount)s and %(fee_cover)s to cover the card fee.") % {
            "amount": money.exact(document.amount, code),
            "fee_cover": money.exact(document.fee_cover, code),
        }
    label = _("What remains of the gift") if _is_a_rest(document) else _("Amount")
    return Line(label, money.exact(document.total, code), cover, main=True)


def _is_a_rest(document: Receipt) -> bool:
    """Whether a part went back. What came without Stripe goes back as a whole; other sums of it were put right."""
    return document.is_void if document.gift.is_offline else document.total != document.gift.total


def _recommender(document: Receipt) -> str:
    """Of a donor-advised fund's gift alone: whoever gave anything else is who it is received from."""
    return document.name if document.is_thanks and document.name != document.sponsor else ""


def paid_with(document: Receipt) -> str:
    """The card, wallet or account at Stripe, with its last four digits; empty for what came without Stripe, whose road
    stands under “Given”, and for a way that has no word of ours.
    """
    brand = BRANDS.get(document.brand, document.brand.replace("_", " ").title())
    way = document.way
    if way in WALLETS:
        name = f"{WALLETS[way]}, {brand}" if brand else WALLETS[way]
    elif way == "card":
        name = brand or _("card")
    elif way in DEBITS or way.endswith("_debit"):
        name = str(_("bank debit"))
    else:
        return ""
    return (
        _("%(name)s, ending in %(digits)s") % {"name": name, "digits": document.last_four}
        if document.last_four
        else name
    )


def _next_payment(document: Receipt) -> str:
    return date_format(document.next_on, "DATE_FORMAT") if document.next_on and document.gift.repeats else ""


def _year_so_far(document: Receipt) -> Line:
    """What the payments of a gift that repeats came to in the year of this one, until this one."""
    total = document.year_total
    if total is None or document.frequency not in PACES or not document.gift.repeats:
        return Line("", "")
    note = _("All payments of this %(pace)s gift.") % {"pace": PACES[Frequency(document.frequency)]}
    label = _("In %(year)s so far") % {"year": tax_years.holding(document.day, document.country).label}
    return Line(label, money.exact(total, document.currency), note)


def how(document: Receipt) -> str:
    """How a gift came: once, monthly or yearly, and by which road if not through Stripe. One that was meant once, and
    made so since, is called that on every copy (D-157).
    """
    gift = document.gift
    if document.frequency in INTERVALS and gift.repeats:
        return _("%(every)s; this is one payment") % {"every": Frequency(document.frequency).label}
    if gift.is_offline and not gift.is_in_kind:
        return _("once, %(how)s") % {"how": gift.get_method_display()}
    return _("once")
