"""Consent: the words people are asked with, an append-only record of every yes and no, and which one counts now."""

import hashlib
from datetime import datetime

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from foundation.organisation.models import Organisation
from supporters.models import ConsentEvent, Supporter


def wording(purpose: str, organisation: Organisation | None = None) -> str:
    """Return the consent wording beside the box for that purpose, in the language of this request.

    Raises ValueError for an unknown purpose. The words name who writes and how to stop. Change them freely: every event
    keeps the words that were read then.
    """
    name = (organisation or Organisation.load()).name
    words = {
        ConsentEvent.Purpose.LETTERS: _(
            "%(organisation)s may send me letters by e-mail about its work and what I can do. "
            "I can stop them at any time."
        ),
        ConsentEvent.Purpose.REMINDERS: _(
            "%(organisation)s may write to me once a year about my monthly gift. I can stop it at any time."
        ),
    }
    return words[ConsentEvent.Purpose(purpose)] % {"organisation": name}


def record(
    supporter: Supporter,
    purpose: str,
    given: bool,
    wording: str,
    where: str,
    *,
    method: str = ConsentEvent.Method.FORM,
    locale: str = "",
    asked_at: datetime | None = None,
) -> ConsentEvent:
    """Append a consent event, a yes or a no. `wording` is the text as it was shown, `where` the page's path.

    It counts from now. `asked_at` (UTC) says when the person ticked the box, if that was earlier.
    """
    now = timezone.now()
    return ConsentEvent.objects.create(
        supporter=supporter,
        purpose=ConsentEvent.Purpose(purpose),
        given=given,
        wording=wording,
        wording_sha256=hashlib.sha256(wording.encode()).hexdigest(),
        locale=locale or get_language() or "",
        where=where[:200],
        method=ConsentEvent.Method(method),
        asked_at=asked_at or now,
        at=now,
    )


def confirmed(supporter: Supporter, *, wording: str, where: str, locale: str, asked_at: datetime) -> ConsentEvent:
    """Record the yes of a double opt-in: asked for by a form at `asked_at` (UTC), confirmed by a mailed link now."""
    reached(supporter)
    purpose, method = ConsentEvent.Purpose.LETTERS, ConsentEvent.Method.CONFIRMED
    return record(supporter, purpose, True, wording, where, method=method, locale=locale, asked_at=asked_at)


def reached(supporter: Supporter) -> None:
    """They said yes behind a link that we mailed them: the mailbox exists, and a complaint from before is over."""
    Supporter.objects.filter(pk=supporter.pk).update(bounced_at=None, complained_at=None)


def newest(supporter: Supporter, purpose: str) -> ConsentEvent | None:
    """Return the newest consent event for that purpose, yes or no. None: the person has said nothing."""
    return ConsentEvent.objects.filter(supporter=supporter, purpose=purpose).order_by("-id").first()


def refused(supporter: Supporter, purpose: str) -> bool:
    """Whether the newest consent event for that purpose is a no. No event is not a no."""
    word = newest(supporter, purpose)
    return bool(word and not word.given)
