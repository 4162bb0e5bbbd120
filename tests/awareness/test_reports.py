"""The reports of editors: pages to read through, and links that lead nowhere."""

import csv
import io
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.documents import get_document_model
from wagtail.models import Page

from awareness import found_links, link_check, visitor
from awareness.found_links import FoundLink
from awareness.models import ArticlePage, SectionPage
from awareness.stream_bodies import ArticleBody
from foundation.jobs import queue as jobs
from foundation.jobs.models import Job
from foundation.organisation.models import Organisation
from tests.awareness.conftest import english
from tests.staff.users import signed_in

REVIEWS, LINKS = "/admin/reports/reviews/", "/admin/reports/links/"


@pytest.fixture
def editor(loaded):
    return signed_in("Editor")


def rows(answer):
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_it_lists_a_page_on_the_day_on_which_its_last_review_is_a_year_old(editor):
    """The day is the organisation's: in Los Angeles it begins eight hours after midnight UTC."""
    assert Organisation.load().time_zone == "America/Los_Angeles"
    page = english(SectionPage, slug="the-problem")
    Page.objects.update(first_published_at="2026-03-01T07:59:00Z")  # there it is still February
    Page.objects.filter(pk=page.pk).update(first_published_at="2026-03-01T08:01:00Z")
    with time_machine.travel("2027-02-28T23:00:00Z", tick=False):
        early = [row["Title"] for row in rows(signed_in("Editor", "early@example.org").get(f"{REVIEWS}?export=csv"))]
        assert early and page.title not in early
    with time_machine.travel("2027-03-01T08:00:00Z", tick=False):
        later = signed_in("Editor", "later@example.org")
        assert page.title in [row["Title"] for row in rows(later.get(f"{REVIEWS}?export=csv"))]
        assert later.post(f"/admin/pages/{page.pk}/reviewed/", {"report": "1"})["Location"] == REVIEWS
        left = rows(later.get(f"{REVIEWS}?export=csv"))
        assert page.title not in [row["Title"] for row in left]
        every = {row["Title"]: row for row in rows(later.get(f"{REVIEWS}?which=all&export=csv"))}
        assert every[page.title]["Reviewed on"] == "2027-03-01"


def test_it_asks_before_it_marks_and_changes_nothing_when_it_is_looked_at(editor):
    page = english(SectionPage, slug="the-problem")
    revision = page.latest_revision_id
    shown = editor.get(f"/admin/pages/{page.pk}/reviewed/")
    assert "Mark as reviewed today" in shown.content.decode()
    assert not is_reviewed(page)
    assert editor.post(f"/admin/pages/{page.pk}/reviewed/").status_code == 302
    assert is_reviewed(page)
    page.refresh_from_db()
    assert page.latest_revision_id == revision
    assert f"/admin/pages/{page.pk}/reviewed/" in editor.get(f"/admin/pages/{page.pk}/edit/").content.decode()
    assert signed_in("Finance").post(f"/admin/pages/{page.pk}/reviewed/").status_code == 302
    assert signed_in("Donor care").get(f"/admin/pages/{page.pk}/reviewed/").status_code in (302, 403)


def is_reviewed(page):
    return Page.objects.filter(pk=page.pk, review__isnull=False).exists()


def article(*blocks, slug="with-links"):
    page = ArticlePage(title="=With links", slug=slug, deck="One.", body=ArticleBody().to_python(list(blocks)))
    return english(SectionPage, slug="the-problem").add_child(instance=page)


def alone(*slugs):
    """No other page is there: looking at all that ships takes seconds."""
    Page.objects.filter(depth__gt=2).exclude(slug__in=slugs).update(live=False)


def text(html):
    return {"type": "paragraph", "value": html}


def wrong(page):
    return {link.target: link.why or link.status for link in FoundLink.objects.filter(page=page, state="broken")}


def test_it_finds_nothing_broken_in_what_ships(loaded, whole_site, monkeypatch):
    ask = visitor.answer
    monkeypatch.setattr(visitor, "answer", lambda to: whole_site[to][0] if to in whole_site else ask(to))
    found_links.walk()
    assert FoundLink.objects.filter(state="good").count() > 50
    broken = FoundLink.objects.filter(state="broken").select_related("page")
    assert [(link.page.title, link.target, link.why) for link in broken] == []


def test_it_finds_links_to_what_is_gone_hidden_or_without_its_anchor(editor):
    hidden = article(text("<p>x</p>"), slug="hidden")
    hidden.unpublish()
    typed = article(text("<p>x</p>"), slug="typed")
    typed.title = "Typed"
    typed.save_revision().publish()
    typed.unpublish()
    gone = article(text("<p>x</p>"), slug="gone")
    number = gone.pk
    gone.delete()
    document = get_document_model().objects.create(title="D", file=ContentFile(b"x", name="d.pdf"))
    lost = get_document_model().objects.create(title="L", file=ContentFile(b"x", name="l.pdf"))
    lost.file.storage.delete(lost.file.name)
    page = article(
        text(
            f'<p><a linktype="page" id="{hidden.pk}">a</a> <a linktype="page" id="{number}">b</a>'
            f' <a linktype="document" id="{document.pk}">c</a> <a linktype="document" id="{lost.pk}">d</a>'
            ' <a linktype="document" id="99999">e</a> <a href="/privacy/">f</a> <a href="/no-such-page/">g</a>'
            ' <a href="/the-problem/what-is-human-trafficking/#no-such-part">h</a> <a href="#sources-x">i</a>'
            ' <a href="mailto:a@example.org">j</a> <a href="/the-problem/typed/#part">k</a></p>'
        )
    )
    alone("the-problem", "what-is-human-trafficking", "privacy", page.slug)
    found_links.walk()
    assert wrong(page) == {
        "page “=With links”": "not published",
        "page “Typed”": "not published",
        f"page {number}": "deleted",
        "file 99999": "deleted",
        lost.url: 404,
        "/no-such-page/": 404,
        "/the-problem/what-is-human-trafficking/#no-such-part": "the page has no such anchor",
        "/the-problem/with-links/#sources-x": "the page has no such anchor",
    }
    report = editor.get(LINKS)
    assert "/no-such-page/" in report.content.decode() and document.url not in report.content.decode()
    exported = rows(editor.get(f"{LINKS}?export=csv"))
    assert {row["Page"] for row in exported if row["Leads to"] == "/no-such-page/"} == {"'=With links"}
    assert "links to what is not there" in editor.get("/admin/").content.decode()
    page.body = ArticleBody().to_python([text('<p><a href="/privacy/">f</a></p>')])
    page.save_revision().publish()
    assert editor.post("/admin/reports/links/look/").status_code == 302
    jobs.run_due()
    assert wrong(page) == {}


class Other(BaseHTTPRequestHandler):
    """Another site: what it answers stands in the path."""

    asked: list[tuple[str, str]] = []

    def do_GET(self):
        self.asked.append((self.command, self.path))
        if self.path == "/only-get" and self.command == "HEAD":
            self.send_error(405)
        elif self.path == "/moved":
            self.send_response(301)
            self.send_header("Location", "/fine")
            self.end_headers()
        elif self.path == "/round":
            self.send_response(302)
            self.send_header("Location", "/round")
            self.end_headers()
        else:
            codes = {"/gone": 410, "/lost": 404, "/robots-out": 403, "/ill": 500}
            self.send_response(codes.get(self.path, 200))
            self.end_headers()

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *args):
        pass


@pytest.fixture
def other(monkeypatch):
    """http://127.0.0.1:PORT, let through for the test alone."""
    Other.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Other)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(link_check, "public", lambda ip: True)
    monkeypatch.setitem(link_check.PORTS, "http", server.server_port)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def turn():
    """One turn of the worker, although the next is a minute away."""
    Job.objects.filter(kind="ask-elsewhere", state="ready").update(run_at=timezone.now())
    jobs.run_due()


def test_it_asks_other_sites_by_head_then_get_each_once_a_week(editor, other, settings):
    settings.LIVE = True
    paths = ["/fine", "/moved", "/only-get", "/gone", "/lost", "/robots-out", "/ill", "/round"]
    page = article(text("".join(f'<p><a href="{other}{path}">x</a></p>' for path in paths)))
    FoundLink.objects.all().delete()
    links = [FoundLink(page=page, target=other + path, kind="elsewhere") for path in paths]
    FoundLink.objects.bulk_create(links)
    found_links.ask_soon()
    jobs.run_due()
    assert len({path for _, path in Other.asked}) == 1  # one address of a site in one turn
    for _ in paths:
        turn()
    states = {row.target.removeprefix(other): (row.state, row.status) for row in FoundLink.objects.all()}
    assert states == {
        "/fine": ("good", 200),
        "/moved": ("good", 200),
        "/only-get": ("good", 200),
        "/gone": ("broken", 410),
        "/lost": ("broken", 404),
        "/robots-out": ("silent", 403),
        "/ill": ("silent", 500),
        "/round": ("silent", 302),
    }
    assert ("HEAD", "/fine") in Other.asked
    assert ("GET", "/gone") in Other.asked
    assert [each for each in Other.asked if each[1] == "/only-get"] == [("HEAD", "/only-get"), ("GET", "/only-get")]
    assert not Job.objects.filter(kind="ask-elsewhere", state="ready").exists()
    asked = len(Other.asked)
    FoundLink.objects.update(checked_at=timezone.now() - timedelta(days=6, hours=23))
    found_links.ask_soon()
    turn()
    assert len(Other.asked) == asked
    FoundLink.objects.filter(target=f"{other}/fine").update(checked_at=timezone.now() - timedelta(days=7, minutes=1))
    found_links.ask_soon()
    turn()
    assert Other.asked[asked:] == [("HEAD", "/fine")]
    shown = editor.get(LINKS).content.decode()
    assert "not there (404)" in shown and "no clear answer (403)" in shown


def test_it_keeps_what_other_sites_answered_when_a_page_is_looked_at_again(loaded):
    page = article(text('<p><a href="https://example.org/a">x</a></p>'))
    alone("the-problem", page.slug)
    found_links.walk()
    FoundLink.objects.filter(target="https://example.org/a").update(
        state="broken", status=404, checked_at=timezone.now() - timedelta(days=2)
    )
    found_links.walk()
    assert wrong(page) == {"https://example.org/a": 404}


def test_it_asks_nobody_from_a_demonstration(loaded, other):
    page = article(text("<p>x</p>"))
    FoundLink.objects.create(page=page, target=f"{other}/fine", kind="elsewhere")
    found_links.ask_soon()
    jobs.run_due()
    assert Other.asked == []


@pytest.mark.parametrize(
    "ip",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1"),
        *("::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
    ],
)
def test_it_knows_addresses_that_are_not_on_the_public_internet(ip):
    assert not link_check.public(ip)


@pytest.mark.parametrize("ip", ["93.184.215.14", "1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1"])
def test_it_knows_the_public_internet(ip):
    assert link_check.public(ip)


@pytest.mark.parametrize(
    "address",
    [
        *("http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://2130706433/", "http://169.254.169.254/"),
        *("ftp://example.org/", "http://1.1.1.1:8080/", "https://user:pass@1.1.1.1/", "file:///etc/passwd"),
    ],
)
def test_it_never_asks_this_machine_its_network_or_other_services(address):
    assert link_check.probe(address).refused


def test_it_refuses_a_redirect_into_the_network(other, monkeypatch):
    """The first site is public, the one it leads to is not."""
    seen = []

    def only_the_first(ip) -> bool:
        seen.append(ip)
        return len(seen) == 1

    monkeypatch.setattr(link_check, "public", only_the_first)
    answer = link_check.probe(f"{other}/moved")
    assert answer.refused and Other.asked == [("HEAD", "/moved")]
