"""The frame of every page: what stands first, what it says of demonstrations and of us, what it never holds."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.db import OperationalError
from django.test import Client

from foundation.organisation.models import LEAVE_URL, Organisation
from tests.running import ROOT

pytestmark = pytest.mark.django_db


def page(client: Client, address: str = "/no-such-page/") -> BeautifulSoup:
    return BeautifulSoup(client.get(address).content, "html.parser")


def test_it_begins_with_the_skip_link_and_then_the_way_out(client: Client) -> None:
    links = page(client).body.find_all("a")
    assert links[0]["href"] == "#main"
    assert links[1]["href"] == "/leave/" and links[1].has_attr("data-leave")
    assert set(links[1]["rel"]) == {"nofollow", "noreferrer"}


def test_it_sends_the_reader_where_the_organisation_chose(client: Client) -> None:
    Organisation.objects.update_or_create(
        pk=Organisation.load().pk, defaults={"leave_url": "https://example.org/recipes"}
    )
    answer = client.get("/leave/")
    assert (answer.status_code, answer["Location"]) == (303, "https://example.org/recipes")
    assert answer["Referrer-Policy"] == "no-referrer" and "no-store" in answer["Cache-Control"]
    assert page(client).select_one("#leaving").attrs["data-to"] == "https://example.org/recipes"


def test_it_leaves_while_the_database_is_down(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def down() -> None:
        raise OperationalError

    monkeypatch.setattr(Organisation, "load", down)
    assert client.get("/leave/")["Location"] == LEAVE_URL


@pytest.mark.parametrize("method", ["get", "post"])
def test_it_ends_the_cookies_of_forms_in_each_language_and_not_the_session_of_staff(method: str) -> None:
    answer = getattr(Client(enforce_csrf_checks=True), method)("/leave/")
    ended = {(morsel.key, morsel["path"]) for morsel in answer.cookies.values() if morsel["max-age"] == 0}
    assert ended == {
        ("csrftoken", "/"),
        *((name, path) for name in ("gift", "typed") for path in ("/give/", "/es/give/")),
        *(("my", path) for path in ("/my/", "/es/my/")),
    }


def test_it_calls_a_form_by_another_name_once_somebody_left(client: Client) -> None:
    """Without scripts nothing else keeps a browser from putting back what was typed into the same form."""
    named = [page(client, "/subscribe/").select_one("main form input").attrs["name"] for _ in range(2)]
    client.get("/leave/")
    after = page(client, "/subscribe/").select_one("main form input").attrs["name"]
    assert named[0] == named[1] != after and named[0].startswith("form-")
    forms = [path.read_text() for path in Path(ROOT, "templates").rglob("*.html")]
    assert {"{% until_left %}{% csrf_token %}" in form for form in forms if "{{ form.opened }}" in form} == {True}


def test_it_offers_no_way_out_to_staff_at_their_own_door(client: Client) -> None:
    assert not page(client, "/accounts/login/").select("[data-leave], #leaving")


def test_it_says_where_to_read_that_the_history_stays(client: Client) -> None:
    assert page(client).select_one('footer a[href="/get-help/#staying-safe"]')


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
    assert found.html.attrs["lang"] == "en"
    assert found.html.attrs["dir"] == "ltr"
