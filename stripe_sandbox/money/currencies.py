"""Currencies: exponents of minor units, minimum amounts, fixed exchange rates, fees, amounts as people read them."""

from decimal import ROUND_HALF_UP, Decimal

# Stripe's own list of currencies without a minor unit, for charges. UGX and ISK have none either,
# but Stripe takes them times 100; they are therefore not listed here.
ZERO_DECIMAL = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"]
)
THREE_DECIMAL = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])

# Fixed exchange rates, one unit in US dollars, so that a test knows what it gets.
IN_US_DOLLARS = {
    "usd": Decimal("1"), "eur": Decimal("1.08"), "gbp": Decimal("1.27"), "cad": Decimal("0.73"),
    "aud": Decimal("0.66"), "nzd": Decimal("0.60"), "jpy": Decimal("0.0067"), "chf": Decimal("1.13"),
    "sek": Decimal("0.095"), "nok": Decimal("0.094"), "dkk": Decimal("0.145"), "pln": Decimal("0.25"),
    "czk": Decimal("0.043"), "huf": Decimal("0.0028"), "ron": Decimal("0.22"), "brl": Decimal("0.18"),
    "mxn": Decimal("0.055"), "inr": Decimal("0.012"), "sgd": Decimal("0.74"), "hkd": Decimal("0.128"),
    "zar": Decimal("0.054"), "krw": Decimal("0.00073"), "twd": Decimal("0.031"), "thb": Decimal("0.028"),
    "php": Decimal("0.0175"), "idr": Decimal("0.000063"), "ils": Decimal("0.27"), "aed": Decimal("0.272"),
    "isk": Decimal("0.0072"), "ugx": Decimal("0.00027"), "kwd": Decimal("3.25"), "bhd": Decimal("2.65"),
    "ngn": Decimal("0.00065"), "kes": Decimal("0.0077"), "ghs": Decimal("0.066"), "clp": Decimal("0.0011"),
    "vnd": Decimal("0.000041"), "xof": Decimal("0.00165"), "xaf": Decimal("0.00165"), "cop": Decimal("0.00025"),
}  # fmt: skip

# The minimum charge when money settles in this currency, in minor units.
MINIMUM = {
    "usd": 50, "aed": 200, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50,
    "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "krw": 50, "mxn": 1000, "nok": 300, "nzd": 50,
    "php": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000, "zar": 50,
}  # fmt: skip
MAXIMUM = 99_999_999

FEE_SHARE = Decimal("0.029")
DEBIT_SHARE = Decimal("0.008")  # bank debits, at most 5 dollars
CONVERSION_SHARE = Decimal("0.01")
FEE_FIXED = {"usd": 30, "eur": 25, "gbp": 20, "cad": 30, "aud": 30, "nzd": 30, "jpy": 40, "chf": 30}

SYMBOL = {"usd": "$", "eur": "€", "gbp": "£", "cad": "CA$", "aud": "A$", "nzd": "NZ$", "jpy": "¥"}


def exponent(currency: str) -> int:
    """Number of decimal places of Stripe's minor unit: 0, 2 or 3."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def known(currency: str) -> bool:
    return currency in IN_US_DOLLARS


def _whole(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def rate(currency: str, settlement: str) -> Decimal | None:
    """Return the exchange rate between whole units, None for the same currency."""
    if currency == settlement:
        return None
    return (IN_US_DOLLARS[currency] / IN_US_DOLLARS[settlement]).quantize(Decimal("0.00000001"))


def settle(amount: int, currency: str, settlement: str) -> int:
    """Convert minor units of `currency` into minor units of `settlement`."""
    exchange = rate(currency, settlement)
    if exchange is None:
        return amount
    scale = Decimal(10) ** (exponent(settlement) - exponent(currency))
    return _whole(amount * exchange * scale)


def fee(settled: int, settlement: str, kind: str = "card", converted: bool = False) -> int:
    """Return Stripe's fee for a charge, in minor units of the settlement currency."""
    if kind != "card":
        return min(settled, _whole(settled * DEBIT_SHARE), settle(500, "usd", settlement))
    share = FEE_SHARE + (CONVERSION_SHARE if converted else 0)
    fixed = FEE_FIXED.get(settlement, settle(30, "usd", settlement))
    return min(settled, _whole(settled * share) + fixed)


def minimum(settlement: str) -> int:
    return MINIMUM.get(settlement, 50)


def written(amount: int, currency: str) -> str:
    """Format an amount in minor units as a person reads it: `$25.00`, `¥500`, `SEK 30.00`."""
    places = exponent(currency)
    number = f"{Decimal(amount).scaleb(-places):,.{places}f}"
    symbol = SYMBOL.get(currency)
    return f"{symbol}{number}" if symbol else f"{currency.upper()} {number}"
