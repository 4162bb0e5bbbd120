"""Forget what letters said: their words after a month, and all of them when a person is erased."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from foundation.letters.models import Letter

KEPT = timedelta(days=30)  # no link that a letter holds lives longer
State = Letter.State


def old_words() -> int:
    """Empty the words and links of letters sent a month ago. Returns how many.

    The row stays with its key, so that the same letter is never written a second time.
    """
    old = Letter.objects.filter(state=State.SENT, sent_at__lt=timezone.now() - KEPT)
    old = old.exclude(text="", html="", stop_url="")
    return old.update(text="", html="", stop_url="")


def to(addresses: Iterable[str]) -> int:
    """Forget whom letters to these addresses went to and what they said; those that wait are never sent."""
    wanted = Q(pk__in=[])
    for address in addresses:
        wanted |= Q(to__iexact=address)
    found = Letter.objects.filter(wanted)
    found.exclude(state=State.SENT).update(state=State.FORGOTTEN)
    return found.update(to="", subject="", text="", html="", stop_url="", last_error="")


def said_in(key: str) -> int:
    """Empty one letter that tells others of a person, such as staff of a message. It is not sent any more."""
    found = Letter.objects.filter(key=key)
    found.exclude(state=State.SENT).update(state=State.FORGOTTEN)
    return found.update(text="", html="", stop_url="")
