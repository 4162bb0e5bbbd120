"""Letters that nobody must get: only who wants them gets them, and each has a way to stop them."""

from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _

from foundation.letters import outbox
from foundation.letters.models import Letter
from supporters import consent
from supporters.models import ConsentEvent, Supporter

SALT = "supporters.news.stop"
# Those who give every month expect a yearly word about it, so that silence is a yes; for all else only a yes is one.
EXPECTED = {ConsentEvent.Purpose.REMINDERS}


def write(key: str, template: str, supporter: Supporter, purpose: str, context: dict[str, Any]) -> Letter | None:
    """Queue the letter, in the reader's language, unless they do not want it or their mailbox does not."""
    if not may_write(supporter, purpose):
        return None
    context = {**context, "stop": address(supporter, purpose)}
    return outbox.queue(key, template, supporter.email, context, language=supporter.language)


def may_write(supporter: Supporter, purpose: str) -> bool:
    if supporter.bounced_at or supporter.complained_at:
        return False
    return wants(supporter, purpose)


def wants(supporter: Supporter, purpose: str) -> bool:
    """What the person said last, or what their silence means."""
    return meant(consent.newest(supporter, purpose), purpose)


def meant(word: ConsentEvent | None, purpose: str) -> bool:
    """What the newest word says, or what silence means."""
    return word.given if word else ConsentEvent.Purpose(purpose) in EXPECTED


def address(supporter: Supporter, purpose: str) -> str:
    """Where these letters are stopped. It works for ever: an old letter must be able to stop the next one."""
    token = signing.dumps([supporter.pk, str(purpose)], salt=SALT, compress=False)
    return settings.BASE_URL + reverse("supporters:stop", args=[token])


def whose(token: str) -> tuple[Supporter | None, str] | None:
    """The supporter (None once forgotten) and the purpose of such an address; None for an invented one."""
    try:
        pk, purpose = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError):
        return None
    return Supporter.objects.filter(pk=pk).first(), str(purpose)


def stop(supporter: Supporter, purpose: str, where: str) -> None:
    """Write the no down, once."""
    if not consent.refused(supporter, purpose):
        words = _("No more letters of this kind: %(kind)s") % {"kind": ConsentEvent.Purpose(purpose).label}
        consent.record(supporter, purpose, False, words, where, method=ConsentEvent.Method.STOPPED)
