"""Sums as people of many countries write them, and what each is on an English page, in minor units of CURRENCIES;
None: we ask. SPANISH says where a Spanish page reads it otherwise.
"""

CURRENCIES = ["USD", "EUR", "JPY", "INR", "SEK", "CHF"]


def parts(minor: int | None, yen: int | None = None) -> list[int | None]:
    """The same sum in each, in minor units; yen have no part, and most often ask."""
    return [yen if code == "JPY" else minor for code in CURRENCIES]


def only(**sums: int) -> list[int | None]:
    return [sums.get(code) for code in CURRENCIES]


WRITTEN = [
    ("12,50", parts(1250)),
    ("12.50", parts(1250)),
    ("12,5", parts(1250)),
    ("10.00", parts(1000)),
    ("1 000", parts(100000, 1000)),
    ("1\N{NARROW NO-BREAK SPACE}000", parts(100000, 1000)),
    ("1 234,50", parts(123450)),
    ("1\N{NO-BREAK SPACE}234,50", parts(123450)),
    ("1\N{NARROW NO-BREAK SPACE}234,50", parts(123450)),
    ("1\N{THIN SPACE}234,50", parts(123450)),
    ("1\N{FIGURE SPACE}234,50", parts(123450)),
    ("1.234,50", parts(123450)),
    ("1,234.50", parts(123450)),
    ("1'234.50", parts(123450)),
    ("1\N{RIGHT SINGLE QUOTATION MARK}234.50", parts(123450)),
    ("1\N{RIGHT SINGLE QUOTATION MARK}000", parts(100000, 1000)),
    ("1,000", only(USD=100000, JPY=1000, INR=100000)),
    ("1.000", only(JPY=1000)),
    ("10.000", only(JPY=10000)),
    ("10,000", only(USD=1000000, JPY=10000, INR=1000000)),
    ("1.234.567,00", parts(None)),
    ("1.234.567", only(JPY=1234567)),
    ("1,00,000", only(INR=10000000)),
    ("1,00,000.50", only(INR=10000050)),
    ("₹ 1,50,000", only(INR=15000000)),
    ("Rs. 2,500/-", only(INR=250000)),
    ("1,00,00", parts(None)),
    ("1,00,000,50", parts(None)),
    ("100,00,000", parts(None)),
    ("12,50 kr", only(SEK=1250)),
    ("25:-", parts(2500, 25)),
    ("1 000:- kr", only(SEK=100000)),
    ("25/-", parts(2500, 25)),
    ("25:50", parts(None)),
    ("1/2", parts(None)),
    ("Fr. 1’234.50", only(CHF=123450)),
    ("CHF 25.–", only(CHF=2500)),
    ("25,-", parts(2500, 25)),
    ("25.\N{EN DASH}", parts(2500, 25)),
    ("25.", parts(2500, 25)),
    ("25,", parts(2500, 25)),
    (".50", parts(50)),
    (",5", parts(50)),
    ("٢٥", parts(2500, 25)),
    ("٢٥٫٥٠", parts(2550)),
    ("١٬٠٠٠", parts(100000, 1000)),
    ("١٬٢٣٤٫٥٠", parts(123450)),
    ("\N{RIGHT-TO-LEFT MARK}۲۵", parts(2500, 25)),
    ("२५", parts(2500, 25)),
    ("१,००,०००", only(INR=10000000)),
    ("２５．５", parts(2550)),
    ("1.000,50", parts(100050)),
    ("1,000.50", parts(100050)),
    ("3000円", only(JPY=3000)),
    ("3,000 円", only(JPY=3000)),
    ("￥３０００", only(JPY=3000)),
    ("3000 jpy", only(JPY=3000)),
    ("12,50 €", only(EUR=1250)),
    ("eur 12.50", only(EUR=1250)),
    ("US$25", only(USD=2500)),
    ("25$", only(USD=2500)),
    ("$25$", parts(None)),
    ("25²", parts(None)),
    ("-25", parts(None)),
]
SPANISH = {(text, code): None for text in ("1,000", "10,000") for code in ("USD", "INR")}
SPANISH |= {("Rs. 2,500/-", "INR"): None}
