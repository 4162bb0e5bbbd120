"""Every address of the panel, and every door into it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.http import HttpResponse, HttpResponseForbidden
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from staff.gate import SIGN_IN_ADDRESSES, StaffGate
from tests.staff.users import app_of, member, password_only, sign_in, signed_in

pytestmark = pytest.mark.django_db
SCRIPT = {"x-requested-with": "XMLHttpRequest"}
FILLED = {"int": "1", "str": "x", "slug": "x", "uuid": "6c84fb90-12c4-11e1-840d-7b25c5ee775a", "path": "x"}


def addresses(prefix: str = "", patterns=None, bare: bool = False) -> Iterator[str]:
    """Every address of the site, with something in the place of each argument, or only those without."""
    for entry in patterns if patterns is not None else get_resolver().url_patterns:
        path = prefix + re.sub(r"[\^$?]|\\Z", "", str(entry.pattern))
        if isinstance(entry, URLResolver):
            yield from addresses(path, entry.url_patterns, bare)
        elif isinstance(entry, URLPattern) and not (bare and re.search(r"[<(]", path)):
            path = re.sub(r"<(?:(\w+):)?\w+>", lambda found: FILLED[found[1] or "str"], path)
            path = re.sub(r"\(P<\w+>[^)]*\)|\(:\.\*/\)|\(\.\*\)|\([^)]*\)|\.\*", "x", path)
            yield "/" + path


PANEL = sorted({path for path in addresses() if path.startswith("/admin/")})


def test_it_has_a_panel_to_walk():
    assert len(PANEL) > 150


def without_writing_a_page(*_args: Any) -> HttpResponse:
    """The same page a thousand times shows nothing more than once."""
    return HttpResponseForbidden()


def turned_away(answer: HttpResponse) -> bool:
    elsewhere = answer.status_code == 302 and not answer.headers["Location"].startswith("/admin/")
    return elsewhere or answer.status_code in (403, 404, 405)


def test_it_never_shows_a_page_of_the_panel_to_a_stranger(client, monkeypatch):
    answer = client.get("/admin/gift/", headers=SCRIPT)
    assert answer.status_code == 403 and "<h1" in answer.content.decode()

    monkeypatch.setattr("staff.gate.permission_denied", without_writing_a_page)
    wrong = []
    for path in PANEL:
        for answer in (client.get(path), client.post(path), client.get(path, headers=SCRIPT)):
            assert answer.headers["Cache-Control"] == "no-store, private", path
            if not turned_away(answer):
                wrong.append((path, answer.status_code, answer.get("Location")))
    assert not wrong


@pytest.mark.parametrize("who", ["password", "password of an account with a factor", "no role"])
def test_it_never_shows_a_page_of_the_panel_without_role_and_factor(client, who, monkeypatch):
    """The whole way for one address; for all others the gate alone."""
    user = member("" if who == "no role" else "Administrator")
    if "factor" in who:
        app_of(user)
    (sign_in if who == "no role" else password_only)(client, user)
    for answer in (client.get("/admin/gift/"), client.post("/admin/gift/"), client.get("/admin/gift/", headers=SCRIPT)):
        assert turned_away(answer) and answer.headers["Cache-Control"] == "no-store, private"

    monkeypatch.setattr("staff.gate.permission_denied", without_writing_a_page)
    gate, make = StaffGate(lambda request: HttpResponse("shown")), RequestFactory()
    session, wrong = client.session, []  # read from the database once, not for each address
    for path in PANEL:
        for request in (make.get(path), make.post(path), make.get(path, headers=SCRIPT)):
            request.session, request.user = session, user
            if not turned_away(gate(request)) and not is_a_door(path):
                wrong.append((request.method, path))
    assert not wrong


def is_a_door(path: str) -> bool:
    """One of Wagtail's own ways in, which lead to ours: below."""
    return resolve(path).url_name in SIGN_IN_ADDRESSES


@pytest.mark.parametrize(
    ("door", "leads_to"),
    [
        ("/admin/login/", "/accounts/login/"),
        ("/admin/login/?next=/admin/pages/", "/accounts/login/?next=%2Fadmin%2Fpages%2F"),
        ("/admin/password_reset/", "/accounts/password/reset/"),
        ("/admin/password_reset/done/", "/accounts/password/reset/"),
        ("/admin/password_reset/confirm/MQ/set-password/", "/accounts/password/reset/"),
        ("/admin/password_reset/complete/", "/accounts/password/reset/"),
        ("/_util/login/", "/accounts/login/"),
        ("/admin/", "/accounts/login/?next=%2Fadmin%2F"),
    ],
)
def test_it_leads_every_door_of_wagtail_to_ours(client, door, leads_to):
    assert client.get(door).url == leads_to
    assert client.post(door, {"username": "a@example.org", "password": "x"}).url.startswith(leads_to.split("?")[0])


def test_it_signs_out_by_post_only(client):
    sign_in(client, member("Editor"))
    client.get("/admin/logout/")
    client.get("/accounts/logout/")
    assert client.get("/admin/").status_code == 200
    assert client.post("/admin/logout/").url == "/accounts/login/"
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/signup/",
        "/accounts/email/",
        "/accounts/confirm-email/",
        "/accounts/login/code/confirm/",
        "/accounts/3rdparty/",
        "/accounts/2fa/trust/",
        "/accounts/2fa/webauthn/signup/",
        "/django-admin/",
        "/api/v2/",
        "/admin/api/v2/",
    ],
)
def test_it_has_no_other_way_in(client, path):
    assert client.get(path).status_code in (302, 404)
    assert client.get(path).get("Location", "/accounts/login/").startswith("/accounts/login/")


def test_it_offers_no_password_in_the_panel():
    client = signed_in("Administrator")
    for path in ("/admin/account/", "/admin/users/new/"):
        page = client.get(path).content.decode()
        assert 'type="password"' not in page, path


def test_it_lets_the_panel_say_no_in_the_panels_own_words_to_who_lacks_the_right():
    client = signed_in("Editor")
    assert client.get("/admin/users/")["Location"] == "/admin/"
    assert client.get("/admin/job/")["Location"] == "/admin/"


def test_it_does_not_touch_the_session_on_other_pages(client):
    answer = client.get("/healthz")
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")


def test_it_is_clean_for_the_deploy_check():
    call_command("check", "--fail-level", "WARNING")


def test_it_tells_scripts_no_instead_of_sending_them_to_a_page(client):
    password_only(client, member("Editor"))
    assert client.get("/admin/pages/", headers={"x-requested-with": "XMLHttpRequest"}).status_code == 403
