"""A form's page with holes is, but for them, what its view answers. Who has something of their own gets the view."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError, connections
from django.test import Client
from wagtail.models import Page

from awareness.contact import ContactPage, Reason
from config import form_kinds, form_pages, page_front
from config.form_pages import FormPage, FormPages
from donations.campaigns import funnel
from donations.models import CampaignViews
from foundation.organisation.models import Organisation
from foundation.page_store import generation
from foundation.page_store.front import FRESH, Answer, request_for
from foundation.page_store.generation import Watch
from foundation.page_store.store import Key
from pledges import starter
from pledges.models import Pledge
from tests.donations import appeal
from tests.donations.conftest import charity  # noqa: F401 - a fixture
from tests.pledges.driver import confirm, sign
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db
SECRET = "s" * 32
HOST = page_front.hosts()[0]
PATHS = ["/give/", "/subscribe/", "/my/"]
PATHS += [f"/es{path}" for path in PATHS]
TOKEN = settings.CSRF_COOKIE_NAME


class Site:
    """The site behind these pages, which counts who asks it."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.number, self.site = 1, WSGIHandler()
        self.watch = Watch(lambda: self.number, period=PATIENCE)
        self.watch.look()
        self.pages: FormPages = form_pages.forms(self.application, self.watch)

    def application(self, environ: dict[str, Any], start: Any) -> Any:
        self.asked.append(environ)
        return self.site(environ, start)

    def ask(self, path: str, cookie: str = "", **more: str) -> Answer:
        cookies = {"HTTP_COOKIE": cookie} if cookie else {}
        return Answer(self.pages, request_for(_key(path)) | cookies | more)


@pytest.fixture
def site(charity, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:  # noqa: F811
    monkeypatch.setattr(generation, "LATE", 3600.0)
    monkeypatch.setattr(connections["default"], "close_if_unusable_or_obsolete", lambda: None)  # the test's own
    with time_machine.travel("2026-03-01 12:00:00+00:00", tick=False) as still:
        there = Site()
        there.clock = still  # type: ignore[attr-defined]
        yield there


def _key(path: str) -> Key:
    return Key("http", HOST, path, "")


def _without_holes(answer: Answer) -> tuple[str, bytes, list[tuple[str, str]], set[str]]:
    """Of cookies all but what they hold."""
    body = re.sub(rb'(name="(?:csrfmiddlewaretoken|opened|attempt)" value=")[^"]*', rb"\1", answer.body)
    cookies = [SimpleCookie(value) for name, value in answer.headers if name == "Set-Cookie"]
    told = {re.sub("=[^;]*", "", each.OutputString(), count=1) for cookie in cookies for each in cookie.values()}
    headers = sorted(each for each in answer.headers if each[0] != "Set-Cookie")
    return answer.status, body, headers, told


def test_it_is_what_the_view_answers_but_for_the_holes_for_every_form_and_language(site: Site) -> None:
    home = Page.objects.get(depth=2).specific
    words = {"title": "Contact", "deck": "Write to us.", "reply_within": "a week"}
    contact = ContactPage(slug="contact-us", reasons=[Reason(label="Else")], **words)
    home.add_child(instance=contact)
    contact.save_revision().publish()
    appeal.make()
    starter.load()
    for path in [*PATHS, "/contact-us/", "/pledge/", "/give/house/", "/receipts/check/"]:
        cookies = ["", f"{TOKEN}={SECRET}", f"{TOKEN}=broken"]
        for cookie in cookies if path != "/receipts/check/" else cookies[:2]:  # a page without a token mends none
            site.ask(path, cookie)
            before = len(site.asked)
            kept = site.ask(path, cookie)
            assert len(site.asked) == before, f"{path} is not kept"
            fresh = Answer(site.site, request_for(_key(path)) | ({"HTTP_COOKIE": cookie} if cookie else {}))
            if path == "/receipts/check/":  # without a cookie its view could pack it, and says so
                fresh.headers = [each for each in fresh.headers if each != ("Vary", "Accept-Encoding")]
            if SECRET not in cookie:  # the name of the first field goes by a secret that is another each time
                kept.body, fresh.body = (re.sub(rb'"form-\w{8}"', b"", each.body) for each in (kept, fresh))
            assert _without_holes(kept) == _without_holes(fresh), path


def test_it_gives_each_reader_a_form_of_their_own_that_can_be_sent(site: Site) -> None:
    tokens = []
    for number in range(2):
        answer = site.ask("/subscribe/")
        browser = Client(enforce_csrf_checks=True, headers={"host": HOST})
        for name, value in answer.headers:
            if name == "Set-Cookie":
                browser.cookies.load(value)
        form = dict(re.findall(r'<input type="hidden" name="(\w+)"[^>]* value="([^"]*)"', answer.body.decode()))
        tokens += [browser.cookies[TOKEN].value, form["csrfmiddlewaretoken"]]
        sent = browser.post("/subscribe/", form | {"letters": "on", "email": f"ada{number}@reader.example"})
        assert sent.status_code == 302, sent.content
    assert len(set(tokens)) == 4
    assert len(site.asked) == 1
    forms = {re.search(rb'name="attempt" value="([^"]*)"', site.ask("/give/").body)[1] for _ in range(3)}  # type: ignore[index]
    assert len(forms) == 3


def test_it_leaves_whoever_has_something_of_their_own_to_the_view(site: Site) -> None:
    site.ask("/give/"), site.ask("/give/")
    own = [{"HTTP_COOKIE": "gift=1"}, {"HTTP_COOKIE": f"{TOKEN}={SECRET}; sessionid=1"}, {"QUERY_STRING": "amount=25"}]
    own += [{"HTTP_HOST": "elsewhere.example"}, {"REQUEST_METHOD": "OPTIONS"}, {"CONTENT_LENGTH": "3"}]
    for each in own:
        before = len(site.asked)
        site.ask("/give/", **each)
        assert len(site.asked) == before + 1, each
    assert site.ask("/give/", REQUEST_METHOD="HEAD").body == b"" and len(site.asked) == 1 + len(own)


def test_it_makes_a_page_anew_once_something_was_published_and_each_ten_seconds(site: Site) -> None:
    site.ask("/subscribe/"), site.ask("/subscribe/")
    assert len(site.asked) == 1
    site.number += 1
    site.watch.look()
    site.ask("/subscribe/"), site.ask("/subscribe/")
    assert len(site.asked) == 2
    site.clock.shift(FRESH)  # type: ignore[attr-defined]
    site.ask("/subscribe/"), site.ask("/subscribe/")
    assert len(site.asked) == 3


def test_it_tells_who_has_signed_the_number_with_theirs(site: Site) -> None:
    starter.load()
    Pledge.objects.update(count_from=1)
    browser = Client(headers={"host": HOST})
    for number in (1, 2):
        address = f"ada{number}@signer.example"
        assert sign(browser, email=address).status_code == 302
        assert confirm(browser, address).status_code == 200
        for _again in range(2):
            assert f'data-count="{number}"'.encode() in site.ask("/pledge/").body
    assert len(site.asked) == 2


def test_it_counts_the_readers_of_a_campaign_and_ends_it_with_its_day(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(funnel, "_waiting", funnel._Waiting())
    monkeypatch.setattr(funnel, "EVERY", 0)
    today = Organisation.load().today()
    appeal.make(ends_on=today)
    for number in (1, 2, 3):
        assert site.ask("/give/house/", HTTP_USER_AGENT="Mozilla/5.0 Firefox/140.0").status.startswith("200")
        assert CampaignViews.objects.get().seen == number
    site.ask("/give/house/", HTTP_USER_AGENT="a bot")
    assert CampaignViews.objects.get().seen == 3 and len(site.asked) == 1
    midnight = datetime.combine(today + timedelta(days=1), datetime.min.time(), tzinfo=Organisation.load().zone)
    site.clock.move_to(midnight - timedelta(seconds=1))  # type: ignore[attr-defined]
    assert b"<form" in site.ask("/give/house/").body and b"<form" in site.ask("/give/house/").body
    site.clock.shift(1)  # type: ignore[attr-defined]
    assert b"<form" not in site.ask("/give/house/").body


def test_it_leaves_a_page_to_its_view_where_the_database_does_not_say_what_it_is(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> int:
        raise OperationalError("gone")

    monkeypatch.setitem(form_kinds.VIEWS, "supporters:subscribe", form_kinds.Kind(mark=broken))
    form_kinds.of.cache_clear()
    site.ask("/subscribe/"), site.ask("/subscribe/")
    form_kinds.of.cache_clear()
    assert len(site.asked) == 2


def test_it_lets_nobody_wait_for_who_makes_a_page(site: Site) -> None:
    site.ask("/subscribe/")
    kept = site.pages.pages[_key("/subscribe/")]
    site.pages.making.add(_key("/subscribe/"))
    site.clock.shift(FRESH)  # type: ignore[attr-defined]
    assert site.ask("/subscribe/").status.startswith("200") and len(site.asked) == 1  # of ten seconds ago
    site.number += 1
    site.watch.look()
    assert site.ask("/subscribe/").status.startswith("200") and len(site.asked) == 2  # of before: by its view
    assert site.pages.pages[_key("/subscribe/")] is kept


def test_it_gives_nobody_a_cookie_that_was_made_for_nobody(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form_pages, "cut", lambda *of: None)  # as of a page that has something of one reader
    for number in (2, 3):
        answer = site.ask("/subscribe/", f"{TOKEN}={SECRET}")
        assert f"{TOKEN}={SECRET};" in dict(answer.headers)["Set-Cookie"] and len(site.asked) == number


def test_it_shows_no_form_from_here_while_the_database_is_down(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.ask("/subscribe/")
    monkeypatch.setattr(generation, "LATE", -1.0)
    site.ask("/subscribe/")
    assert len(site.asked) == 2


REFUSED = {
    "404 Not Found": [("Set-Cookie", f"{TOKEN}=1")],
    "200 OK": [("Set-Cookie", "visit=1")],
    "200 ok": [("Set-Cookie", f"{TOKEN}=1"), ("Content-Security-Policy", "script-src 'nonce-1'")],
    "200 Ok": [("Set-Cookie", f"{TOKEN}=1"), ("Set-Cookie", "gift=1")],
}


@pytest.mark.parametrize("status", REFUSED)
def test_it_keeps_nothing_that_is_not_for_everybody(status: str) -> None:
    body = b'<input type="hidden" name="csrfmiddlewaretoken" value="1">'

    def application(environ: Any, start: Any) -> list[bytes]:
        start(status, REFUSED[status])
        return [body]

    assert form_pages.cut(Answer(application, {}), SECRET, "1", 0.0) is None
    told = Answer(application, {})
    told.status, told.headers = "200 OK", [("Set-Cookie", f"{TOKEN}=1")]
    assert isinstance(form_pages.cut(told, SECRET, "1", 0.0), FormPage)


def test_it_knows_which_addresses_may_have_a_form_for_everybody() -> None:
    assert all(map(form_kinds.of, PATHS))
    for path in (
        "/give/thanks/",
        "/search/",
        "/my/asked/",
        "/stripe/webhook/",
        "/accounts/login/",
    ):
        assert not form_kinds.of(path), path
