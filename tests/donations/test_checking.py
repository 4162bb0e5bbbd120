"""Anybody may check a receipt by number and code, and learns nothing about who gave."""

import pytest
from django.test import Client

from donations.books import receipts
from donations.giving import offline, receipt_views
from donations.models import Receipt
from tests.donations.test_books import gift
from tests.donations.test_offline import entry, no_sum, thing

pytestmark = pytest.mark.django_db


def look(document: Receipt, code: str = ""):
    return Client().get(f"/receipts/check/{document.label}/{code or document.code}/")


@pytest.fixture
def real(charity, settings) -> Receipt:
    """A receipt of the real series: money moves."""
    settings.STRIPE_OFFLINE = False
    settings.STRIPE_SECRET_KEY = "sk_live_of_these_tests"
    return receipts.issue(gift(name="Ada King", email="ada@donor.example", livemode=True))


def test_it_says_what_was_issued_and_names_nobody(real):
    page = look(real)
    words = page.content.decode()
    assert page.status_code == 200 and "This receipt is genuine" in words
    for fact in (real.label, "The Road Out Inc.", "$25.00 USD", "1 June 2026"):
        assert fact in words
    for secret in ("Ada", "King", "ada@donor.example", real.gift.reference):
        assert secret not in words
    assert not page.cookies and page["X-Robots-Tag"] == "noindex" and page["Referrer-Policy"] == "no-referrer"
    assert '<meta name="robots" content="noindex">' in words and "no-store" in page["Cache-Control"]


def test_it_knows_no_receipt_by_its_number_alone(real):
    for code in ("A" * 16, real.code[:-1], "x"):
        page = look(real, code)
        assert page.status_code == 404 and "$25.00" not in page.content.decode()


def test_it_says_which_receipt_took_its_place(charity, settings):
    settings.STRIPE_OFFLINE, settings.STRIPE_SECRET_KEY = False, "sk_live_of_these_tests"
    offline.take_back(offline.record(entry()))
    first, second = Receipt.objects.order_by("id")
    old, new = look(first).content.decode(), look(second).content.decode()
    assert "Another receipt took the place" in old and second.label in old
    assert "This receipt is genuine" in new and "$0.00 USD" in new


def test_it_states_no_value_of_a_gift_in_kind_nor_what_it_was(charity):
    page = look(offline.record(thing()).receipts.get()).content.decode()
    assert "without a stated value" in page and "chairs" not in page and no_sum(page)


def test_it_calls_no_demonstration_genuine(charity):
    page = look(receipts.issue(gift())).content.decode()
    assert "This is not a receipt" in page and "genuine" not in page


def test_it_takes_number_and_code_as_people_type_them_and_sets_no_cookie(real):
    client = Client()
    form = client.get("/receipts/check/")
    assert form.status_code == 200 and "csrfmiddlewaretoken" not in form.content.decode() and not form.cookies
    code = f"{real.code[:4]} {real.code[4:8].lower()} {real.code[8:]} "
    answer = client.get("/receipts/check/", {"number": f" {real.label.lower()}", "code": code})
    assert answer.status_code == 302 and "genuine" in client.get(answer["Location"]).content.decode()


def test_it_takes_a_code_in_groups_and_a_number_with_other_dashes_or_fewer_noughts(real):
    groups = [real.code[at : at + 4] for at in range(0, 16, 4)]
    short = f"{real.series}-{real.year}-{real.number}"
    for number, code in (
        (real.label, "-".join(groups)),
        (real.label, "\u2013".join(groups).lower()),
        (real.label.replace("-", "\u2013"), real.code),
        (real.label.replace("-", " \u2011 "), real.code),
        (short, real.code),
    ):
        answer = Client().get("/receipts/check/", {"number": number, "code": code})
        assert answer.status_code == 302, (number, code)
        assert "This receipt is genuine" in Client().get(answer["Location"]).content.decode()


@pytest.mark.parametrize("number", ["", "../../admin", "R-2026-1/2", "R-2026-\0", "<script>", "R-" * 500])
def test_it_asks_again_for_what_is_no_number(charity, number):
    page = Client().get("/receipts/check/", {"number": number, "code": "A" * 16})
    assert page.status_code == 200 and "<script>alert" not in page.content.decode()


@pytest.mark.parametrize("address", ["/receipts/check/x%00y/z/", "/receipts/check/%F0%9F%99%82/z/"])
def test_it_knows_nothing_by_a_strange_address(charity, address):
    assert Client().get(address).status_code == 404


@pytest.mark.usefixtures("stopped")
def test_it_lets_nobody_guess_for_long(real):
    client = Client()
    answers = [client.get(f"/receipts/check/{real.label}/{'A' * 16}/") for _ in range(receipt_views.CHECKS + 1)]
    assert [answer.status_code for answer in answers] == [404] * receipt_views.CHECKS + [429]
    assert look(real).status_code == 429 and int(answers[-1]["Retry-After"]) > 0
    assert Client(REMOTE_ADDR="198.51.100.7").get(f"/receipts/check/{real.label}/{real.code}/").status_code == 200
