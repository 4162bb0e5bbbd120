"""Optional letters (news, reminders): sent only with consent, each with an unsubscribe link."""

from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from foundation.letters import outbox
from foundation.letters.models import Letter
from supporters import consent, supporters
from supporters.models import ConsentEvent, Supporter

SALT = "supporters.news.stop"
# Opt-out: monthly donors expect a yearly word about it, so that silence is a yes; all other purposes are opt-in.
EXPECTED = {ConsentEvent.Purpose.REMINDERS}


def write(key: str, template: str, supporter: Supporter, purpose: str, context: dict[str, Any]) -> Letter | None:
    """Enqueue an optional letter, in the reader's language, unless consent or the mailbox forbids it. None then."""
    if not may_write(supporter, purpose):
        return None
    context = {**context, "stop": address(supporter, purpose)}
    return outbox.queue(key, template, supporter.email, context, language=supporter.language)


def may_write(supporter: Supporter, purpose: str) -> bool:
    if supporter.bounced_at or supporter.complained_at:
        return False
    return wants(supporter, purpose)


def wants(supporter: Supporter, purpose: str) -> bool:
    """Whether the person wants letters of this purpose: their newest consent event, or what silence means."""
    return meant(consent.newest(supporter, purpose), purpose)


def meant(word: ConsentEvent | None, purpose: str) -> bool:
    """Whether this consent event, the newest, is a yes; None: what silence means."""
    return word.given if word else ConsentEvent.Purpose(purpose) in EXPECTED


def address(supporter: Supporter, purpose: str) -> str:
    """Return the unsubscribe URL of this purpose, a page in their language. It never expires: an old letter must be
    able to stop the next one.
    """
    token = signing.dumps([supporter.pk, str(purpose)], salt=SALT, compress=False)
    with translation.override(supporter.language):
        return settings.BASE_URL + reverse("supporters:stop", args=[token])


def whose(token: str) -> tuple[Supporter | None, str] | None:
    """Return the supporter (None once erased) and the purpose of an unsubscribe token; None for a forged one."""
    try:
        pk, purpose = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError):
        return None
    return supporters.numbered(pk), str(purpose)


def stop(supporter: Supporter, purpose: str, where: str) -> None:
    """Unsubscribe: append the no to this purpose, once."""
    if not consent.refused(supporter, purpose):
        words = _("No more letters of this kind: %(kind)s") % {"kind": ConsentEvent.Purpose(purpose).label}
        consent.record(supporter, purpose, False, words, where, method=ConsentEvent.Method.STOPPED)
