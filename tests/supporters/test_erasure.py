"""What the page about erasure says is what erasure does: the whole database and the media folder are searched."""

from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.template.loader import render_to_string

from foundation.jobs.queue import run_due
from foundation.letters import outbox
from foundation.letters.models import Letter
from supporters import consent, last_letter, privacy_registry, supporters, visits
from supporters.models import Supporter
from supporters.privacy_registry import Part
from tests.donations.conftest import charity, donor, till  # noqa: F401 - fixtures
from tests.staff.users import signed_in
from tests.supporters.test_privacy import EMAIL, NAME, generous, known, where  # noqa: F401 - fixtures
from tests.supporters.visitor import come_in
from tests.supporters.whole_person import EVERY_WORD, MISTYPED, NOW, whole  # noqa: F401 - a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def named(parts: list[Part]) -> set[str]:
    return {column for part in parts for column in part.columns}


def found() -> set[str]:
    """Every place, but for SQLite's indexes for searches as long as the row stands there that they are of."""
    places = where(*EVERY_WORD)
    tables = {table for table, _column in places}
    return {f"{table}.{column}" for table, column in places if "_sought" not in table or _indexed(table) not in tables}


def _indexed(table: str) -> str:
    return table.partition("_sought")[0]


def keys(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT id FROM "{table}"')
        return {str(key) for (key,) in cursor.fetchall()}


def in_files() -> list[str]:
    """Files of the site, beside its database, in which one of these words stands; or a PDF, which nobody can search."""
    folders = [Path(settings.MEDIA_ROOT), *(Path(settings.DATA_DIR) / name for name in ("finished", "pages"))]
    words = [word.encode() for word in EVERY_WORD]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if any(word in path.read_bytes() for word in words) or path.suffix == ".pdf"]


def test_it_leaves_of_a_person_exactly_what_the_page_said_and_takes_what_it_said(whole):  # noqa: F811
    staff = signed_in("Administrator", "boss@example.org")
    assert staff.get(f"/admin/supporter/inspect/{whole.pk}/").status_code == 200
    visitor = come_in(NOW)
    goes, stays = privacy_registry.goes(), privacy_registry.stays(whole)
    page = unescape(visitor.get("/my/erase/").content.decode())
    assert [part.words for part in (*goes, *stays) if str(part.words) not in page] == []

    assert found() == named(goes) | named(stays), "each place where they stand has its sentence, and each sentence one"
    rows = {table: keys(table) for part in stays for table in part.tables}
    assert all(rows.values())
    mail.outbox.clear()
    assert visitor.post("/my/erase/", {"sure": "yes"}).status_code == 200
    run_due()
    assert found() == named(stays)
    assert [table for table, before in rows.items() if not before <= keys(table)] == []
    assert in_files() == []
    assert not [each for each in Session.objects.all() if any(w in str(each.get_decoded()) for w in EVERY_WORD)]
    assert [(each.to, each.subject) for each in mail.outbox] == [([NOW], "You are forgotten here")]
    assert visitor.get("/my/").context["form"], "the page is closed"


def test_it_says_nothing_of_what_somebody_never_had():
    plain = supporters.get_or_create_supporter("plain@donor.example", "Plain Name")
    sentences = " ".join(str(part.words) for part in privacy_registry.stays(plain))
    assert "receipt" not in sentences and "signature" not in sentences and "in kind" not in sentences
    assert render_to_string("donations/what_stays.html", {"stays": privacy_registry.stays(plain)}).count("<li>") == len(
        privacy_registry.stays(plain)
    )


def test_it_writes_one_last_letter_and_forgets_it_whatever_becomes_of_it(settings, monkeypatch):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    person = supporters.get_or_create_supporter("plain@donor.example", "Plain Name", language="es")
    privacy_registry.erase(person)
    privacy_registry.erase(person)
    letter = Letter.objects.get(template=last_letter.KIND)
    assert (letter.to, letter.state) == ("plain@donor.example", "waiting")

    def no_such_address(args):
        Letter.objects.filter(pk=args["letter"]).update(state="failed", last_error="plain@donor.example")

    monkeypatch.setattr(outbox, "send", no_such_address)
    run_due()
    letter.refresh_from_db()
    assert (letter.state, letter.to, letter.subject, letter.text, letter.last_error) == ("forgotten", "", "", "", "")
    assert where("plain@donor.example", "Plain Name") == set()


def test_it_writes_no_last_letter_to_a_mailbox_that_does_not_exist():
    person = supporters.get_or_create_supporter("gone@donor.example", "Gone")
    Supporter.objects.update(bounced_at=person.created_at)
    privacy_registry.erase(person)
    assert not Letter.objects.exists() and where("gone@donor.example") == set()


def test_it_leaves_a_stranger_their_letters_whose_address_was_mistyped_once(whole):  # noqa: F811
    """What went there about this person goes; what the stranger gets of their own stays."""
    stranger = supporters.get_or_create_supporter(MISTYPED, "Her Own")
    consent.record(stranger, "letters", True, "Yes, to me.", "/subscribe/")
    visits.send_link({"supporter": stranger.pk})
    about_whole = Letter.objects.filter(to=MISTYPED, text__contains=NAME)
    assert about_whole.exists()
    privacy_registry.erase(whole)
    assert not about_whole.exists()
    hers = {letter.template: letter.text for letter in Letter.objects.filter(to=MISTYPED)}
    assert set(hers) == {"my_link", "address_changed"} and EMAIL not in hers["address_changed"]
