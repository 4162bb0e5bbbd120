"""The frame of every page: what stands first, what it says of demonstrations and of us, what it never holds."""

import re

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from foundation.organisation.models import Organisation

pytestmark = pytest.mark.django_db


def page(client: Client, address: str = "/no-such-page/") -> BeautifulSoup:
    return BeautifulSoup(client.get(address).content, "html.parser")


def test_it_begins_with_the_skip_link_and_then_the_way_out(client: Client) -> None:
    links = page(client).body.find_all("a")
    assert links[0]["href"] == "#main"
    assert links[1]["href"] == Organisation.load().leave_url
    assert set(links[1]["rel"]) == {"nofollow", "noreferrer"}


def test_it_sends_the_reader_where_the_organisation_chose(client: Client) -> None:
    Organisation.objects.update_or_create(
        pk=Organisation.load().pk, defaults={"leave_url": "https://example.org/recipes"}
    )
    assert {link["href"] for link in page(client).select("[data-leave]")} == {"https://example.org/recipes"}


def test_it_says_beside_the_way_out_that_the_history_stays(client: Client) -> None:
    bar = page(client).select_one(".exit")
    assert "history" in bar.get_text()
    assert bar.select_one('a[href="/get-help/#staying-safe"]')


@pytest.mark.parametrize(
    ("offline", "key", "says"),
    [
        (True, "sk_test_sandbox", "a stand-in for Stripe"),
        (False, "sk_test_x", "Stripe’s test mode"),
        (False, "rk_test_x", "Stripe’s test mode"),
    ],
)
def test_it_says_that_no_money_moves(client: Client, settings, offline: bool, key: str, says: str) -> None:
    settings.STRIPE_OFFLINE, settings.STRIPE_SECRET_KEY = offline, key
    band = page(client).select_one(".demo").get_text()
    assert "no money moves" in band
    assert says in band


def test_it_is_silent_about_demonstrations_when_money_moves(client: Client, settings) -> None:
    settings.STRIPE_OFFLINE, settings.STRIPE_SECRET_KEY = False, "sk_live_x"
    assert page(client).select_one(".demo") is None


def test_it_prints_a_registration_only_once_it_was_entered(client: Client) -> None:
    assert "EIN" not in page(client).select_one(".foot").get_text()
    row = Organisation.load()
    row.registration_number, row.name = "EIN 12-3456789", "<b>Us</b> & others"
    row.save()
    foot = page(client).select_one(".foot")
    assert "EIN 12-3456789" in foot.get_text()
    assert "<b>Us</b> & others" in foot.get_text()


def test_it_holds_no_form_token_or_inline_code(client: Client) -> None:
    found = page(client)
    assert found.select("footer form, [name=csrfmiddlewaretoken], [style], script:not([src])") == []
    assert not [name for tag in found.find_all(True) for name in tag.attrs if re.fullmatch("on[a-z]+", name)]


def test_it_has_one_name_for_each_place_and_one_title(client: Client) -> None:
    found = page(client)
    ids = [tag["id"] for tag in found.select("[id]")]
    assert len(ids) == len(set(ids))
    assert len(found.select("h1")) == 1
    assert found.title.get_text() == f"Page not found · {Organisation.load().name}"
    assert found.html["lang"] == "en"
    assert found.html["dir"] == "ltr"
