"""The headers of every kind of answer."""

import pytest
from django.http import HttpResponse
from django.test import Client
from wagtail.models import Page

from config.security import PUBLIC_POLICY, Headers
from supporters import supporters
from tests.staff.users import member, password_only, signed_in
from tests.supporters.visitor import come_in

pytestmark = pytest.mark.django_db


def policy(answer) -> dict[str, str]:
    parts = [part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";")]
    return {name: value for name, _, value in parts if name}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/accounts/login/", 200),
        ("/admin/", 302),
        ("/admin/login/", 302),
        ("/nowhere/", 404),
        ("/healthz", 200),
        ("/accounts/invitation/x/", 410),
        ("/accounts/password/reset/", 200),
    ],
)
def test_it_sends_every_header_with_every_answer(client, path, status):
    answer = client.get(path)
    assert answer.status_code == status
    assert policy(answer)["default-src"] == "'none'"
    assert policy(answer)["frame-ancestors"] == "'none'"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "camera=()" in answer.headers["Permissions-Policy"]


@pytest.mark.parametrize("case", ["forbidden", "bad host", "csrf", "method"])
def test_it_sends_them_with_refusals_too(case):
    client = Client(enforce_csrf_checks=case == "csrf")
    if case == "forbidden":
        answer = password_only(client, member()).get("/admin/")
        assert answer.status_code == 403
    elif case == "bad host":
        answer = client.get("/accounts/login/", headers={"host": "evil.example"})
        assert answer.status_code == 400
    elif case == "csrf":
        answer = client.post("/accounts/login/", {"login": "a@example.org", "password": "x"})
        assert answer.status_code == 403
    else:
        answer = client.delete("/accounts/invitation/x/")
        assert answer.status_code == 405
    assert policy(answer)["default-src"] == "'none'"
    assert answer.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_it_keeps_panel_and_sign_in_pages_out_of_every_cache(client):
    for path in ("/accounts/login/", "/admin/", "/admin/login/", "/accounts/password/reset/"):
        assert client.get(path).headers["Cache-Control"] == "no-store, private", path
    for path in ("/admin/", "/admin/pages/", "/admin/supporter/", "/admin/sprite/", "/admin/x/"):
        assert signed_in("Administrator", "a@example.org").get(path).headers["Cache-Control"] == "no-store, private"


@pytest.mark.parametrize("language", ["", "/es"])
def test_it_keeps_what_a_persons_own_page_refuses_out_of_every_cache_too(language):
    """Past the view's own decorators: a wrong method, an address of nothing, and one that is somebody else's."""
    supporters.get_or_create_supporter("ada@donor.example")
    ada, wrong = come_in("ada@donor.example"), {"leave/": "get", "data.json": "post", "gifts/1/": "put"}
    answers = {name: getattr(ada, method)(f"{language}/my/{name}") for name, method in wrong.items()}
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(wrong, 405)
    missing = ("gifts/999/", "receipts/X-1.pdf", "statements/1999.pdf", "nowhere/")
    answers |= {name: ada.get(f"{language}/my/{name}") for name in missing}
    assert {answers[name].status_code for name in missing} == {404}
    page = ada.get(f"{language}/my/").headers["Cache-Control"]
    assert "no-store" in page and {answer.headers["Cache-Control"] for answer in answers.values()} == {page}


def test_it_lets_the_editor_hold_frames_and_only_previews_stand_in_one():
    client = signed_in("Administrator")
    page = Page.objects.get(depth=1).get_children().first() or Page.objects.get(depth=1)
    kinds = {
        "/admin/": ("", "'none'"),
        "/admin/gift/": ("", "'none'"),
        "/admin/users/": ("", "'none'"),
        f"/admin/pages/{page.pk}/": ("", "'none'"),
        f"/admin/pages/{page.pk}/edit/": ("'self'", "'none'"),
        f"/admin/pages/{page.pk}/edit/preview/": ("", "'self'"),
        "/admin/block-preview/": ("", "'self'"),
    }
    for path, (holds, stands) in kinds.items():
        given = policy(client.get(path))
        assert (given.get("frame-src", ""), given["frame-ancestors"]) == (holds, stands), path
        assert (given["script-src"], given["style-src"]) == ("'self'", "'self'"), path


@pytest.mark.parametrize(
    ("path", "body", "kind", "expected"),
    [
        ("/", "<p>text</p>", "text/html", "no-referrer"),
        ("/", "<form method=post>", "text/html; charset=utf-8", "same-origin"),
        ("/", "{}", "application/json", "same-origin"),
        ("/admin/", "<p>text</p>", "text/html", "same-origin"),
    ],
)
def test_it_tells_nobody_where_a_reader_came_from_unless_there_is_a_form(rf, path, body, kind, expected):
    inside = HttpResponse(body, content_type=kind, headers={"Referrer-Policy": "same-origin"})
    assert Headers(lambda request: inside)(rf.get(path)).headers["Referrer-Policy"] == expected


def test_it_allows_nothing_inline_and_nobody_else_in_the_public_policy():
    allowed = {source for sources in PUBLIC_POLICY.values() for source in sources}
    assert allowed == {"'none'", "'self'", "data:"}


@pytest.mark.parametrize("path", ["/accounts/login/", "/subscribe/"])
def test_it_sets_no_cookie_of_a_form_that_outlives_the_browser(client, path):
    """It would show for a year that somebody opened a form here."""
    client.get(path)
    cookie = client.cookies["csrftoken"]
    assert not cookie["max-age"] and not cookie["expires"]
