"""Every address of the site that answers a file: what it is, who may have it, what its cells hold, and who took it."""

import csv
import io
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import Permission
from django.template.response import SimpleTemplateResponse
from django.test import Client
from django.urls import reverse
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import ModelLogEntry, Page

from pledges import starter
from pledges.models import Signature
from staff.cells import inert
from tests.answers import streamed
from tests.pledges import driver
from tests.staff.test_sign_in_pages import addresses
from tests.staff.users import member, sign_in

if TYPE_CHECKING:
    from tests.answers import Answer

pytestmark = [pytest.mark.django_db, pytest.mark.once]
EVIL = "=cmd|'/C calc'!A0"
BEHIND = "Ada;=1+1"  # where a semicolon ends a cell, another begins there
PAGES = ("text/html", "text/javascript", "application/json")
# What is open to everybody or belongs to whoever asks: neither lists people, so nobody writes down who took it.
OPEN = {"/figures.csv", "/feed/", "/sitemap.xml", "/robots.txt", "/healthz", "/readyz", "/give/share.png"}
OPEN |= {"/favicon.ico", "/apple-touch-icon.png"}
OWN = {"/accounts/2fa/recovery-codes/download/", "/admin/sprite/"}
REPORTS = ("aging-pages", "links", "locked", "reviews", "site-history", "workflow", "workflow_tasks")
EXPORTS = {
    f"/admin/{name}/"
    for name in ("redirects", "gift", "giftaidline", "ledgerentry", "signature", "supporter", "subscription")
}
EXPORTS |= {f"/admin/reports/{name}/" for name in REPORTS}
EXPORTS |= {f"{address}results/" for address in EXPORTS}


@pytest.fixture
def quickly(monkeypatch) -> Iterator[None]:
    """Pages are not drawn, and what is missing is not logged: hundreds of addresses in a few seconds."""
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def formulas() -> Signature:
    """Somebody signs with a formula for a name, donor care sets it aside, and editors write formulas too."""
    starter.load()
    driver.sign(Client(), name=EVIL)
    driver.sign(Client(), name=BEHIND, email="grace@example.org")
    care = sign_in(Client(), member("Donor care"))
    signature = Signature.objects.get(name=EVIL)
    care.post(reverse("signature:action", args=[signature.pk, "set-aside"]))
    Redirect.objects.create(old_path="/=1", redirect_link=EVIL)
    Page.objects.filter(depth=2).update(title=EVIL, locked=True)
    return signature


def everything() -> Client:
    return sign_in(Client(), member("Administrator", is_superuser=True))


def is_file(answer: "Answer") -> bool:
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    return "Content-Disposition" in answer.headers or (answer.status_code == 200 and kind not in PAGES)


def body(answer: "Answer") -> str:
    return b"".join(streamed(answer) if answer.streaming else [answer.content]).decode("utf-8-sig")


def test_it_answers_a_file_at_no_address_that_is_not_known_here(quickly, formulas):
    """Whoever adds one says here whose it is; what the panel exports is safe, permitted and written down. An address
    with an argument names one row, and there is none.
    """
    client, found = everything(), set()
    client.raise_request_exception = False
    for path in sorted(set(addresses(bare=True))):
        before = ModelLogEntry.objects.filter(action="staff.export").count()
        answer = client.get(path, {"export": "csv"})
        if not is_file(answer):
            continue
        found.add(path)
        if path in EXPORTS:
            cells = [cell for row in csv.reader(io.StringIO(body(answer), newline="")) for cell in row]
            assert [cell for cell in cells if inert(cell) != cell] == [], path
            assert ModelLogEntry.objects.filter(action="staff.export").count() == before + 1, path
    assert found == OPEN | OWN | EXPORTS


def test_it_exports_nothing_to_who_may_do_all_but_that(quickly):
    user = member("Administrator")
    user.groups.clear()
    user.user_permissions.set(Permission.objects.exclude(codename__startswith="export_"))
    client = sign_in(Client(), user)
    for path in sorted(EXPORTS):
        for kind in ("csv", "xlsx"):
            answer = client.get(path, {"export": kind})
            assert answer.status_code == 302 and not is_file(answer), path
    assert not ModelLogEntry.objects.filter(action="staff.export").exists()


def test_it_exports_the_name_of_a_stranger_as_text_and_shows_the_export_in_the_history(formulas):
    client = everything()
    history = body(client.get("/admin/reports/site-history/", {"export": "csv"}))
    assert f"'{EVIL} (" in history
    assert "Ada;'=1+1" in body(client.get("/admin/signature/", {"export": "csv"}))
    assert client.get("/admin/reports/site-history/", {"export": "xlsx"}).status_code == 200
    page = client.get("/admin/reports/site-history/").content.decode()
    assert "of Site history as CSV" in page and "of Site history as XLSX" in page
    assert "export=csv" in page


def test_it_keeps_names_that_their_role_may_not_see_out_of_an_editors_export(formulas):
    editor = sign_in(Client(), member("Editor"))
    assert EVIL in body(editor.get("/admin/redirects/", {"export": "csv"}))
    history = body(editor.get("/admin/reports/site-history/", {"export": "csv"}))
    assert "(" not in history and "example.org" not in history.replace("editor@example.org", "")
