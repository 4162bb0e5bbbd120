"""Every yes and no is kept, with the words that were read, and the newest counts."""

import hashlib

import pytest

from foundation.append_only.models import AppendOnlyError
from supporters import consent, news, supporters
from supporters.models import ConsentEvent, Supporter

pytestmark = pytest.mark.django_db
LETTERS = ConsentEvent.Purpose.LETTERS


@pytest.fixture
def ada() -> Supporter:
    return supporters.get_or_create_supporter("ada@example.org")


def test_it_takes_no_word_for_no(ada: Supporter) -> None:
    assert news.wants(ada, LETTERS) is False


def test_it_goes_by_the_newest_word(ada: Supporter) -> None:
    consent.record(ada, LETTERS, True, "Yes, write.", "/pledge/")
    assert news.wants(ada, LETTERS) is True
    consent.record(ada, LETTERS, False, "Stop.", "/my/")
    assert news.wants(ada, LETTERS) is False
    assert ConsentEvent.objects.count() == 2


def test_it_keeps_the_words_and_their_hash(ada: Supporter) -> None:
    words = "Zwei Zeilen,\n“genau so” — ✓"
    event = consent.record(ada, LETTERS, True, words, "/pledge/", locale="de")
    event.refresh_from_db()
    assert event.wording == words
    assert event.wording_sha256 == hashlib.sha256(words.encode()).hexdigest()
    assert (event.where, event.locale, event.method) == ("/pledge/", "de", "form")


def test_it_names_who_writes_and_how_it_ends() -> None:
    words = consent.wording(LETTERS)
    assert "The Road Out" in words and "stop" in words


def test_it_knows_its_purposes_only(ada: Supporter) -> None:
    with pytest.raises(ValueError, match="wall"):
        consent.record(ada, "wall", True, "x", "/")
    with pytest.raises(ValueError, match="wall"):
        consent.wording("wall")


def test_it_is_never_changed_or_deleted(ada: Supporter) -> None:
    event = consent.record(ada, LETTERS, True, "Yes.", "/pledge/")
    event.given = False
    for change in (
        event.save,
        event.delete,
        lambda: ConsentEvent.objects.update(given=False),
        lambda: ConsentEvent.objects.all().delete(),
        lambda: ada.consent_events.update(given=False),
    ):
        with pytest.raises(AppendOnlyError):
            change()
    assert news.wants(ada, LETTERS) is True
