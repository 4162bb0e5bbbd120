"""Readers, a newsletter and its sending for tests, without the waits in between."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import time_machine
from django.utils import timezone

from foundation.jobs import queue as jobs
from foundation.letters.models import Letter
from supporters import consent
from supporters.models import ConsentEvent, Newsletter, NewsletterText, Supporter
from supporters.newsletter import sending

LETTERS = ConsentEvent.Purpose.LETTERS
ENOUGH = 50  # looks at the queue, a minute apart each, before a sending counts as one that never ends


def reader(email: str, language: str = "en", name: str = "") -> Supporter:
    """Somebody who agreed to letters."""
    supporter = Supporter.objects.create(email=email, canonical=email, language=language, name=name)
    consent.record(supporter, LETTERS, True, "words", "/subscribe/")
    return supporter


def readers(count: int) -> list[Supporter]:
    return [reader(f"r{number:03}@example.org") for number in range(count)]


def written(language: str = "en", **words: str) -> Newsletter:
    """A draft in one language."""
    newsletter = Newsletter.objects.create()
    typed = {"subject": "News for November", "body": "Dear {name},\n\nBread.", **words}
    NewsletterText.objects.create(newsletter=newsletter, language=language, **typed)
    return newsletter


def begun(newsletter: Newsletter) -> Newsletter:
    assert sending.begin(newsletter)
    newsletter.refresh_from_db()
    return newsletter


@contextmanager
def later(minutes: int = 2) -> Iterator[None]:
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        yield


def to_the_end(newsletter: Newsletter) -> None:
    """The workers go on until the sending is over, or nothing is left for them to do."""
    for look in range(ENOUGH):
        with later(2 * look):
            jobs.run_due()
        newsletter.refresh_from_db()
        if newsletter.state != Newsletter.State.SENDING:
            return
    raise AssertionError("it does not come to an end")


def addressed() -> list[str]:
    return sorted(Letter.objects.filter(template="newsletter").values_list("to", flat=True))
