"""The hosted page: its words, its states, every test card, and its manners."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from stripe_sandbox.money import cards
from tests.stripe_sandbox.driver import Declined, http, inputs
from tests.stripe_sandbox.shop import Shop, id_of

CARDS = {
    "4000000000000002": "has been declined",
    "4000000000009995": "insufficient funds",
    "4000000000009987": "has been declined",
    "4000000000009979": "has been declined",
    "4000000000000069": "has expired",
    "4000000000000127": "security code is incorrect",
    "4000000000000119": "error occurred while processing",
    "4000000000006975": "exceeding",
    "4242424242424241": "number is invalid",
    "4111111111111111": "non test card",
}


@pytest.mark.parametrize(("card", "words"), CARDS.items())
def test_it_refuses_cards_in_words_and_stays_open(shop: Shop, card: str, words: str) -> None:
    session = shop.checkout()
    with pytest.raises(Declined, match=words):
        shop.sandbox.pay(session.url, card)
    assert shop.v1.checkout.sessions.retrieve(session.id).status == "open"


@pytest.mark.parametrize("card", sorted(cards.GOOD))
def test_it_takes_every_good_test_card(shop: Shop, card: str) -> None:
    gift = shop.give(card=card)
    assert gift.payment_status == "paid"
    assert shop.v1.charges.list().data[0].payment_method_details.card.last4 == card[-4:]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("exp", "13/30", "expiration date is incomplete"),
        ("exp", "01/20", "in the past"),
        ("cvc", "1", "security code is incomplete"),
        ("country", "Great Britain", "two letters"),
        ("card", "４２４２４２４２４２４２４２４２", "number is invalid"),
        ("card", "", "number is invalid"),
    ],
)
def test_it_says_what_is_wrong_with_the_form_and_tries_no_card(shop: Shop, field: str, value: str, words: str) -> None:
    session = shop.checkout()
    typed: dict[str, Any] = {field: value}
    with pytest.raises(Declined, match=words):
        shop.sandbox.pay(session.url, **typed)
    assert shop.events() == []


def test_it_asks_the_bank_and_takes_yes(shop: Shop) -> None:
    gift = shop.give(card="4000002760003184")
    charge = shop.v1.charges.list({"payment_intent": id_of(gift.payment_intent)}).data[0]
    assert charge.payment_method_details.card.three_d_secure.result == "authenticated"


def test_it_asks_the_bank_and_takes_no(shop: Shop) -> None:
    session = shop.checkout()
    with pytest.raises(Declined, match="unable to authenticate"):
        shop.sandbox.pay(session.url, "4000002500003155", confirm=False)
    shop.sandbox.pay(session.url)


def test_it_asks_for_an_email_when_the_site_gave_none(shop: Shop) -> None:
    session = shop.checkout(customer_email=None)
    with pytest.raises(Declined, match="email is incomplete"):
        shop.sandbox.pay(session.url)
    shop.sandbox.pay(session.url, email="new@example.org")
    assert shop.v1.checkout.sessions.retrieve(session.id).customer_details.email == "new@example.org"


def test_it_locks_the_email_that_the_site_gave(shop: Shop) -> None:
    session = shop.checkout()
    page = http("GET", session.url)[2].decode()
    assert re.search(r'<input id="email"[^>]*value="ada@example.org"[^>]*readonly', page)
    shop.sandbox.pay(session.url, email="mallory@example.org")
    assert shop.v1.checkout.sessions.retrieve(session.id).customer_details.email == "ada@example.org"


@pytest.mark.parametrize(
    ("amount", "currency", "mode", "submit_type", "button"),
    [
        (2500, "usd", "payment", "donate", "Donate $25.00"),
        (123456, "gbp", "payment", None, "Pay £1,234.56"),
        (5000, "jpy", "payment", "donate", "Donate ¥5,000"),
        (1000, "eur", "subscription", None, "Subscribe €10.00 every month"),
        (1000, "sek", "subscription", "donate", "Donate SEK 10.00 every month"),
    ],
)
def test_it_says_on_the_button_what_will_be_paid(
    shop: Shop, amount: int, currency: str, mode: str, submit_type: str | None, button: str
) -> None:
    page = http("GET", shop.checkout(amount, currency, mode, submit_type=submit_type).url)[2].decode()
    assert re.search(r'<button id="pay"[^>]*>([^<]*)<', page).group(1) == button
    assert "No money moves" in page


def test_it_escapes_what_it_shows(shop: Shop) -> None:
    params = shop.order(custom_text={"submit": {"message": "<script>alert(1)</script>"}})
    params["line_items"][0]["price_data"]["product_data"]["name"] = '"><img src=x>'
    session = shop.v1.checkout.sessions.create(params)
    page = http("POST", session.url, b"name=%22%3E%3Cscript%3E&exp=1")[2].decode()
    assert "<script" not in page and "<img" not in page


def test_it_puts_the_session_into_the_success_address_everywhere(shop: Shop) -> None:
    session = shop.checkout(success_url="http://localhost:9/{CHECKOUT_SESSION_ID}/?a=1&cs={CHECKOUT_SESSION_ID}")
    assert shop.sandbox.pay(session.url) == f"http://localhost:9/{session.id}/?a=1&cs={session.id}"


class Outline(HTMLParser):
    """What a screen reader and a policy look at."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize("which", ["card", "bank", "portal"])
def test_it_is_accessible_and_has_no_script(shop: Shop, which: str) -> None:
    url: str | None = f"{shop.checkout().url}/bank" if which == "bank" else shop.checkout().url
    if which == "portal":
        me = id_of(shop.monthly().customer)
        url = shop.v1.billing_portal.sessions.create({"customer": me, "return_url": "http://localhost:9/me"}).url
    _, headers, page = http("GET", url)
    outline = Outline(page.decode())
    labels = {label["for"] for label in outline.all("label")}
    assert {one["id"] for one in outline.all("input") if one.get("type") != "hidden"} == labels
    assert outline.all("html")[0]["lang"] == "en" and len(outline.all("h1")) == 1 and outline.all("main")
    assert outline.all("script") == [] and not any("style" in attributes for _, attributes in outline.tags)
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "form-action 'self' http://localhost:9" in headers["Content-Security-Policy"]
    style = http("GET", f"{shop.sandbox.address}{outline.all('link')[0]['href']}")
    assert style[0] == 200 and style[1]["Content-Type"].startswith("text/css")


def test_it_keeps_what_was_typed_but_not_the_card(shop: Shop) -> None:
    session = shop.checkout()
    form = b"card_number=4000000000000002&exp=12%2F34&cvc=987&name=Ada&country=GB&postal_code=N1"
    status, _, page = http("POST", session.url, form)
    fields = inputs(page)
    assert status == 402 and (fields["name"], fields["exp"], fields["country"]) == ("Ada", "12/34", "GB")
    shown = page.replace(session.id.encode(), b"")  # its random letters may hold any three digits
    assert b"4000000000000002" not in shown and b"987" not in shown
    assert b'role="alert"' in page and b"<title>Error:" in page


def test_it_shows_finished_and_unknown_pages(shop: Shop) -> None:
    session = shop.checkout()
    shop.sandbox.pay(session.url)
    status, _, page = http("GET", session.url)
    assert status == 200 and b"complete" in page and b'id="pay"' not in page
    assert http("GET", f"{shop.sandbox.tenant(shop.tenant)}/c/pay/cs_test_nothing")[0] == 404
    assert http("GET", f"{shop.sandbox.address}/favicon.ico")[0] == 204


def test_it_keeps_card_numbers_nowhere(shop: Shop) -> None:
    session = shop.checkout()
    for card in ("4000000000000002", "4111111111111111", "4242424242424241"):
        with pytest.raises(Declined):
            shop.sandbox.pay(session.url, card, cvc="731")
    shop.sandbox.pay(session.url, "4000002760003184", cvc="731")
    for path in shop.sandbox.state.parent.glob("stripe*"):
        kept = path.read_bytes()
        for number in (b"4000000000000002", b"4111111111111111", b"4242424242424241", b"4000002760003184"):
            assert number not in kept, path
