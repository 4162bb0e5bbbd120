"""Money: integers of minor units by Stripe's table; parse what a person typed, format it back; the fee gross-up.

Never a float, never an ISO exponent: D-011.
"""

import copy
import re
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import get_currency_name, get_currency_symbol
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

from donations import typed_amount

# Stripe's own table (docs.stripe.com/currencies), never ISO's or CLDR's: those differ for ISK, UGX, HUF and TWD.
ZERO_DECIMAL = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
)
THREE_DECIMAL = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
WHOLE_ONLY = frozenset(("ISK", "UGX"))  # sent to Stripe times 100, and always ending in 00
LARGEST = 99_999_999  # minor units: what Stripe takes with every method of payment

# Where these are used, 1,00,000 is a hundred thousand, a lakh.
LAKHS = frozenset(("BDT", "BTN", "INR", "LKR", "MVR", "NPR", "PKR"))
# Where these are used, and in English, a comma separates thousands. Elsewhere it may be the decimal point.
COMMA_GROUPS = LAKHS | frozenset(
    ["AED", "AUD", "BHD", "CAD", "CNY", "EGP", "GBP", "GHS", "HKD", "ILS", "JOD", "KES", "KWD", "MXN", "MYR", "NGN"]
)
COMMA_GROUPS |= {"NZD", "OMR", "PHP", "QAR", "SAR", "SGD", "THB", "TWD", "TZS", "USD"}
LONGEST = 24  # characters
LETTER_BEFORE_DIGIT = re.compile(r"[^\W\d_](?=\d)")  # "ISK500" reads badly


class AmountError(ValueError):
    """What was typed is no amount. The text tells the person what to type instead."""


def exponent(code: str) -> int:
    """How many digits of a minor-units integer stand behind the point, as Stripe counts them: JPY 0, USD 2."""
    if code in ZERO_DECIMAL:
        return 0
    return 3 if code in THREE_DECIMAL else 2


def decimals(code: str) -> int:
    """How many digits behind the point people may write. UGX and ISK count in hundredths and have none."""
    if code in WHOLE_ONLY:
        return 0
    return 2 if code in THREE_DECIMAL else exponent(code)


def step(code: str) -> int:
    """The smallest unit of a sum at Stripe, in minor units: 1, or 10 and 100 where the last digits must be zero."""
    return int(10 ** (exponent(code) - decimals(code)))


def parse(text: str, code: str, most: int = LARGEST) -> int:
    """Parse what a person typed into minor units. Raises AmountError; never guesses.

    Taken is what can be read in one way only (see `written`), with the currency's own sign before or after. A gift of
    1.000 must not become one or a thousand by our choice: the sentence then says what to write instead.
    """
    if len(text) > LONGEST:
        raise AmountError(_please(code))
    typed = _without_sign(typed_amount.plain(text), signs(code))
    try:
        whole, part = typed_amount.read(typed, groups(code), lakhs=code in LAKHS)
    except typed_amount.AmbiguousAmountError as two:
        raise AmountError(
            _("“%(typed)s” can be read in two ways. Please write %(large)s or %(small)s.")
            % {"typed": text.strip(), "large": two.whole + two.group, "small": f"{two.whole}.{two.group[:2]}"}
        ) from two
    except typed_amount.UnreadableError as error:
        raise AmountError(_please(code, text)) from error
    if len(part) > decimals(code):
        raise AmountError(_please(code, text))
    amount = int(whole) * 10 ** exponent(code) + int(part.ljust(exponent(code), "0") or 0)
    if amount > most:
        raise AmountError(_("This is more than can be given online in one gift."))
    return int(amount)


def groups(code: str) -> str:
    """The marks that can only group where three digits stand behind: both in a currency without a decimal part, and the
    comma in English, for a currency whose countries write it so.
    """
    if not decimals(code):
        return ".,"
    return "," if code in COMMA_GROUPS and (get_language() or "en").partition("-")[0] == "en" else ""


def plain(amount: int, code: str) -> str:
    """Minor units as digits that `parse` reads back: "25", "25.50"."""
    number = _major(amount, code)
    whole = number == number.to_integral_value()
    return f"{number:.0f}" if whole else f"{number:.{decimals(code)}f}"


def decimal(amount: int, code: str) -> Decimal:
    """Minor units as a number with all digits that people write: 25.50, 1000; with Stripe's where those say more."""
    number = _major(amount, code)
    shown = number.quantize(Decimal(1).scaleb(-decimals(code)))
    return shown if shown == number else number


def show(amount: int, code: str) -> str:
    """Minor units for people, with all digits: "$25.50", "¥1,000"."""
    return _format(amount, code, decimals(code))


def short(amount: int, code: str) -> str:
    """As `show`, without ".00" behind a whole sum: "$25"."""
    whole = amount % 10 ** exponent(code) == 0
    return _format(amount, code, 0 if whole else decimals(code))


def exact(amount: int, code: str) -> str:
    """As `show`, with the ISO code behind it, for documents that must not be misread: "$25.50 USD". A currency whose
    sign is its code, such as "CHF 25.50", says it once.
    """
    shown = show(amount, code)
    return shown if code in shown else f"{shown} {code}"


def name(code: str) -> str:
    """The currency's name in the reader's language, as it stands after a number: "US dollars"."""
    return str(get_currency_name(code, count=2, locale=_locale()))


def title(code: str) -> str:
    """The currency in a menu, in the reader's language: "US Dollar (USD)"."""
    text = str(get_currency_name(code, locale=_locale()))
    return f"{text[:1].upper()}{text[1:]} ({code})"


def sign(code: str) -> str:
    """The currency's sign in the reader's language: "$", "CA$"."""
    return str(get_currency_symbol(code, locale=_locale()))


def with_fee(gift: int, code: str, basis_points: int, fixed: int) -> int:
    """The fee gross-up: the smallest total, in minor units, that leaves the gift whole after the fee.

    The fee is taken from the total: round_half_up(total x basis_points / 10000) + fixed. All integers, so the result is
    exact.
    """
    if not 0 <= basis_points < 5000 or fixed < 0:
        raise ValueError("The fee must be at least 0 and below half of the gift.")
    unit = step(code)
    total = -(-(gift + fixed) * 10_000 // (10_000 - basis_points))
    total = -(-total // unit) * unit  # never too small: rounding adds half a unit at most, and sums are whole
    while total - unit - fee(total - unit, basis_points, fixed) >= gift:
        total -= unit
    return total


def fee(total: int, basis_points: int, fixed: int) -> int:
    """The card fee that the payment company takes from a total, by the given rate, in minor units."""
    return (total * basis_points + 5_000) // 10_000 + fixed


def _please(code: str, text: str = "") -> str:
    if decimals(code):
        wanted = _("Please write the amount in digits, such as 45 or 45.50.")
    else:
        wanted = _("Please write the amount in whole %(currency)s, such as 4500.") % {"currency": name(code)}
    typed = text.strip()
    return _("We cannot read “%(typed)s” as a sum.") % {"typed": typed} + f" {wanted}" if typed else wanted


def signs(code: str) -> list[str]:
    """What may stand before or after a sum in this currency, the longest first: "US$" is no "US" and a dollar."""
    known = {sign(code), get_currency_symbol(code, locale="en"), code, *AT_HOME.get(code, "").split()}
    return sorted((typed_amount.plain(mark) for mark in known), key=lambda mark: (-len(mark), mark))


def _without_sign(text: str, marks: list[str]) -> str:
    for mark in marks:
        if text[: len(mark)].lower() == mark.lower():
            return text[len(mark) :].lstrip()
        if text[-len(mark) :].lower() == mark.lower():
            return text[: -len(mark)].rstrip()
    return text


# What people write in a currency's own countries, beside what we print: "$" for their own dollar, 円 behind yen.
AT_HOME = {
    **{"USD": "US$", "CAD": "$ C$", "AUD": "$ AU$", "HKD": "$ 元", "SGD": "$ S$", "TWD": "$ 元 圓"},
    **dict.fromkeys(("MXN", "NZD"), "$"),
    **{"JPY": "円 圓 ¥", "CNY": "元 圆 ¥ RMB", "KRW": "원 ₩", "INR": "₹ Rs Rs.", "BRL": "R$", "GBP": "£", "ILS": "₪"},
    **{"HUF": "Ft", "CZK": "Kč", "PLN": "zł", "RON": "lei", "BGN": "лв лв.", "UAH": "₴ грн грн.", "TRY": "₺ TL"},
    **{"CHF": "Fr Fr. SFr SFr.", "UGX": "USh", "KES": "KSh", "TZS": "TSh", "ZAR": "R", "THB": "฿ บาท", "VND": "₫ đ"},
    **dict.fromkeys(("SEK", "NOK", "DKK", "ISK"), "kr kr."),
    **dict.fromkeys(("PKR", "LKR", "NPR"), "Rs Rs. ₨"),
    "BDT": "৳ Tk Tk.",
}


def _major(amount: int, code: str) -> Decimal:
    return Decimal(amount).scaleb(-exponent(code))


def _locale() -> Locale:
    return Locale.parse(to_locale(get_language() or "en"))


def _format(amount: int, code: str, digits: int) -> str:
    return _written(amount, code, digits, get_language() or "en")


@lru_cache(maxsize=4096)  # a page of a list writes a hundred sums, and most gifts are of a few sums
def _written(amount: int, code: str, digits: int, language: str) -> str:
    locale = Locale.parse(to_locale(language))
    pattern = copy.copy(locale.currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    text = str(pattern.apply(_major(amount, code), locale, currency=code, currency_digits=False))
    return LETTER_BEFORE_DIGIT.sub("\\g<0>\N{NO-BREAK SPACE}", text)
