"""Money: what a person types, what people read, and the fee that is covered to the cent."""

import re

import pytest
from babel import Locale
from babel.core import get_global
from babel.localedata import exists
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from donations import money
from tests.donations.written import CURRENCIES, SPANISH, WRITTEN

CODES = sorted(money.ZERO_DECIMAL | money.THREE_DECIMAL | {"USD", "EUR", "HUF", "TWD", "ISK", "UGX"})


@pytest.mark.parametrize(
    ("text", "code", "amount"),
    [
        ("25", "USD", 2500),
        (" 25 ", "USD", 2500),
        ("25.5", "USD", 2550),
        ("25.50", "USD", 2550),
        ("1.13", "USD", 113),
        ("2.01", "USD", 201),
        ("1,000", "USD", 100000),
        ("1,000.50", "USD", 100050),
        ("12,345,6", "USD", None),
        ("１２", "USD", 1200),
        ("１，０００", "JPY", 1000),
        ("$25", "USD", 2500),
        ("25 €", "EUR", 2500),
        ("$ 25", "USD", 2500),
        ("$25", "CAD", 2500),
        ("CA$25", "CAD", 2500),
        ("25 USD", "USD", 2500),
        ("£25", "USD", None),
        ("0.50", "USD", 50),
        ("1000", "JPY", 1000),
        ("¥1,000", "JPY", 1000),
        ("1.13", "JPY", None),
        ("1000.00", "JPY", None),
        ("500", "ISK", 50000),
        ("500.50", "ISK", None),
        ("5", "KWD", 5000),
        ("5.25", "KWD", 5250),
        ("5.255", "KWD", None),
        ("3", "HUF", 300),
    ],
)
def test_it_takes_what_is_clear_and_refuses_the_rest(text, code, amount):
    if amount is None:
        with pytest.raises(money.AmountError):
            money.parse(text, code)
    else:
        assert money.parse(text, code) == amount


@pytest.mark.parametrize(
    "text",
    [
        *["", " ", "-5", "+5", "NaN", "nan", "inf", "1e9", "1e2", "0x10", "0.001", "10,00.5", "007", "²", "①", "25²"],
        *["25\n26", "1_000", "25 or so", "twenty", "9" * 30, "1000000", "25\0", "$", "$$25", "−5", ".", ",", ",-", "-"],
        *["1 00", "1,00,00", "1.000,000.50", "1,000,50", "1 000 00", "12 50", "0,000", "1234.567", "1,234.567", "½"],
    ],
)
def test_it_never_guesses(text):
    with pytest.raises(money.AmountError) as refused:
        money.parse(text, "USD")
    assert str(refused.value)


def read(text: str, code: str) -> int | None:
    try:
        return money.parse(text, code)
    except money.AmountError as asked:
        assert str(asked)
        return None


@pytest.mark.parametrize(("text", "sums"), WRITTEN)
def test_it_reads_what_people_write_where_it_is_clear(text, sums):
    english = dict(zip(CURRENCIES, sums, strict=True))
    assert {code: read(text, code) for code in CURRENCIES} == english
    with override("es"):
        spanish = {code: SPANISH.get((text, code), amount) for code, amount in english.items()}
        assert {code: read(text, code) for code in CURRENCIES} == spanish


@pytest.mark.parametrize("code", ["JPY", "KRW", "CLP", "VND", "ISK", "UGX", "XOF"])
def test_it_takes_a_mark_before_three_digits_for_thousands_where_no_part_can_stand(code):
    unit = 10 ** money.exponent(code)
    for language in ("en", "es"):
        with override(language):
            assert read("10.000", code) == read("10,000", code) == 10_000 * unit
            assert read("10.00", code) is read("10,5", code) is read("0.500", code) is read("1234.567", code) is None
            assert read("1,234.000", code) is None


def at_home(code: str) -> list[Locale]:
    """Locales of the official languages of the currency's own country, the most spoken first, as CLDR has them."""
    spoken = get_global("territory_languages")[code[:2]]
    official = [each for each, facts in spoken.items() if facts.get("official_status")]
    official.sort(key=lambda each: -spoken[each]["population_percent"])
    return [Locale.parse(f"{each}_{code[:2]}") for each in official if exists(f"{each}_{code[:2]}")]


def test_it_groups_as_the_countries_of_each_currency_do():
    """What is in no table is asked."""
    for code in sorted(money.COMMA_GROUPS):
        assert all(each.number_symbols["latn"]["group"] == "," for each in at_home(code)[:1]), code
    for code in sorted(money.LAKHS - {"PKR"}):  # CLDR has no lakhs for Pakistan, whose papers do
        assert any(each.decimal_formats[None].grouping == (3, 2) for each in at_home(code)), code


def test_it_takes_the_sign_of_every_currency_where_that_is_at_home():
    for code in {*money.AT_HOME, "JPY", "EUR"}:
        for mark in money.signs(code):
            for text in (f"4500{mark}", f"{mark} 4500", f"4500 {mark.lower()}"):
                assert money.parse(text, code) == 4500 * 10 ** money.exponent(code), (text, code)


@pytest.mark.parametrize("text", ["twelve", "12,5o", "1 00"])
def test_it_names_what_was_typed_and_says_what_to_type_instead(text):
    cannot = re.escape(f"We cannot read “{text}” as a sum.")
    digits = r"Please write the amount in digits, such as 45 or 45\.50\."
    with pytest.raises(money.AmountError, match=rf"^{cannot} {digits}$"):
        money.parse(text, "EUR")
    whole = r"Please write the amount in whole Japanese yen, such as 4500\."
    with pytest.raises(money.AmountError, match=rf"^{cannot} {whole}$"):
        money.parse(f" {text} ", "JPY")


@pytest.mark.parametrize(
    ("text", "code", "instead"),
    [
        ("1.000", "USD", "1000 or 1.00"),
        ("1.000", "EUR", "1000 or 1.00"),
        ("1,234", "EUR", "1234 or 1.23"),
        ("€12.505", "EUR", "12505 or 12.50"),
        ("1.500", "KWD", "1500 or 1.50"),
        ("١٫٥٠٠", "USD", "1500 or 1.50"),
    ],
)
def test_it_asks_in_one_sentence_which_of_two_sums_is_meant(text, code, instead):
    with pytest.raises(money.AmountError) as asked:
        money.parse(text, code)
    assert str(asked.value) == f"“{text}” can be read in two ways. Please write {instead}."


def test_it_takes_a_comma_between_thousands_only_where_it_can_be_nothing_else():
    assert money.parse("1,234", "USD") == 123400
    with override("es"), pytest.raises(money.AmountError):
        money.parse("1,234", "USD")


def test_it_takes_the_largest_sum_and_nothing_above_it():
    assert money.parse("500.00", "USD", most=50000) == 50000
    with pytest.raises(money.AmountError, match=r"^This is more than can be given online in one gift\.$"):
        money.parse("500.01", "USD", most=50000)


def test_it_reads_twenty_four_characters_and_no_more():
    assert money.parse("25".rjust(24), "USD") == 2500
    with pytest.raises(money.AmountError):
        money.parse("25".rjust(25), "USD")


def test_it_reads_the_sign_that_the_page_shows_and_the_one_at_home(monkeypatch):
    """Whatever language the server itself was set up in."""
    monkeypatch.setattr("babel.numbers.LC_MONETARY", "fr_FR")
    with override("fr"):
        assert money.sign("USD") == "$US"
        assert money.parse("25 $US", "USD") == money.parse("$25", "USD") == 2500


def test_it_names_a_currency_in_the_readers_language(monkeypatch):
    monkeypatch.setattr("babel.numbers.LC_MONETARY", "fr_FR")
    assert (money.name("USD"), money.sign("USD")) == ("US dollars", "$")
    with override("es"):
        assert money.name("USD") == "dólares estadounidenses"


def test_it_speaks_english_where_no_language_was_chosen():
    with override(None):
        assert money.show(123456, "USD") == "$1,234.56"


@pytest.mark.parametrize(
    ("amount", "code", "text"), [(2500, "USD", "25"), (2550, "USD", "25.50"), (1000, "JPY", "1000")]
)
def test_it_writes_digits_for_the_form(amount, code, text):
    assert money.plain(amount, code) == text


@given(st.text(max_size=30))
def test_it_answers_any_text_with_an_amount_or_a_sentence(text):
    try:
        assert 0 <= money.parse(text, "USD") <= money.LARGEST
    except money.AmountError as refused:
        assert str(refused)


@given(st.sampled_from(CODES), st.integers(0, 900_000))
def test_it_reads_back_what_it_wrote(code, units):
    amount = units * money.step(code)
    assert money.parse(money.plain(amount, code), code) == amount


@pytest.mark.parametrize(
    ("amount", "code", "shown", "short"),
    [
        (2500, "USD", "$25.00", "$25"),
        (2550, "USD", "$25.50", "$25.50"),
        (123456, "GBP", "£1,234.56", "£1,234.56"),
        (1234, "JPY", "¥1,234", "¥1,234"),
        (2500, "CAD", "CA$25.00", "CA$25"),
        (50000, "ISK", "ISK\xa0500", "ISK\xa0500"),
        (5250, "KWD", "KWD\xa05.25", "KWD\xa05.25"),
        (5500, "KWD", "KWD\xa05.50", "KWD\xa05.50"),
    ],
)
def test_it_writes_amounts_for_people(amount, code, shown, short):
    assert (money.show(amount, code), money.short(amount, code)) == (shown, short)


def test_it_puts_the_code_behind_the_sum_on_documents():
    assert money.exact(2500, "CAD") == "CA$25.00 CAD"


def test_it_says_the_code_once_where_it_is_the_currencys_sign():
    assert money.exact(10500, "KWD") == "KWD\xa010.50"
    with override("es"):
        assert money.exact(3000, "JPY") == "3.000\xa0JPY"


def test_it_writes_amounts_in_the_readers_language():
    with override("de"):
        assert money.show(123456, "EUR") == "1.234,56\xa0€"


@pytest.mark.parametrize(
    ("gift", "rate", "fixed", "total"),
    [
        *[
            (10000, 290, 30, 10330),
            (10000, 220, 30, 10256),
            (3000, 290, 30, 3120),
            (2500, 0, 0, 2500),
            (1, 290, 30, 32),
        ],
        (90_000_000, 290, 30, 92_687_981),
    ],
)
def test_it_adds_the_fee_to_the_cent(gift, rate, fixed, total):
    asked = money.with_fee(gift, "USD", rate, fixed)
    assert asked == total and type(asked) is int


@pytest.mark.parametrize(
    ("total", "rate", "fixed", "fee"),
    [(4999, 1, 0, 0), (5000, 1, 0, 1), (5000, 1, 30, 31), (99_999_999, 290, 30, 2_900_030)],
)
def test_it_rounds_half_a_cent_of_fee_up(total, rate, fixed, fee):
    assert money.fee(total, rate, fixed) == fee


@given(
    st.integers(1, 99_999_999),
    st.integers(0, 1500),
    st.integers(0, 5000),
    st.sampled_from(["USD", "JPY", "ISK", "KWD"]),
)
def test_it_finds_the_smallest_total_that_leaves_the_gift_whole(gift, rate, fixed, code):
    total, unit = money.with_fee(gift, code, rate, fixed), money.step(code)
    assert total % unit == 0
    assert total - money.fee(total, rate, fixed) >= gift
    smaller = total - unit
    assert smaller - money.fee(smaller, rate, fixed) < gift


def test_it_leaves_every_gift_whole_from_one_cent_to_a_thousand_dollars():
    for gift in range(1, 100_001):
        total = money.with_fee(gift, "USD", 290, 30)
        assert total - money.fee(total, 290, 30) >= gift


@pytest.mark.parametrize(("rate", "fixed"), [(-1, 0), (5000, 0), (290, -1)])
def test_it_refuses_an_absurd_fee(rate, fixed):
    with pytest.raises(ValueError, match=r"^The fee must be at least 0 and below half of the gift\.$"):
        money.with_fee(1000, "USD", rate, fixed)


@pytest.mark.parametrize(
    ("amount", "code", "digits"),
    [(2550, "USD", "25.50"), (1000, "JPY", "1000"), (100000, "ISK", "1000"), (100050, "ISK", "1000.50"),
     (1230, "KWD", "1.23"), (1234, "KWD", "1.234")],
)  # fmt: skip
def test_it_gives_a_number_with_the_digits_that_people_write_and_loses_none(amount, code, digits):
    assert str(money.decimal(amount, code)) == digits


def test_it_names_a_currency_in_a_menu_in_the_readers_language():
    assert money.title("USD") == "US Dollar (USD)"
    with override("es"):
        assert money.title("USD") == "Dólar estadounidense (USD)"
