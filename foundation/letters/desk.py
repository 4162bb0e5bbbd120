"""When letters may leave at all: not while the mail server refuses us or is away, and only so many a minute."""

import logging
import time
from datetime import timedelta

from django.conf import settings
from django.db.models import F, FloatField, Q, Value
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from foundation.jobs import errors
from foundation.letters.faults import Fault
from foundation.letters.models import MailDesk

ROW = 1
# The first wait, and the longest: each failure after another doubles it, so that one letter asks for all of them.
WAITS = {Fault.SERVER: (15, 600), Fault.OURS: (60, 1800)}
AT_ONCE = 5.0  # seconds' worth of letters that may leave one after the other
log = logging.getLogger(__name__)


def now() -> MailDesk:
    """How it stands."""
    return MailDesk.objects.filter(pk=ROW).first() or MailDesk(pk=ROW)


def is_closed() -> bool:
    """Whether a letter that is tried now would wait: the worker then leaves all of them where they are."""
    desk = now()
    return is_held(desk) or bool(settings.LETTERS_PER_MINUTE > 0 and desk.next_at > time.time() + AT_ONCE)


def is_held(desk: MailDesk) -> bool:
    """Other settings are tried at once."""
    return desk.held_until is not None and desk.held_until > timezone.now() and desk.settings == _settings()


def take() -> float:
    """Take one of this minute's letters, whichever worker asks. Returns the seconds to wait for one, 0 with one.

    They leave evenly: in no minute more than the settings say.
    """
    rate = settings.LETTERS_PER_MINUTE
    if rate <= 0:
        return 0.0
    moment = time.time()
    _make()
    apart = Value((60 + AT_ONCE) / rate)
    next_at = Greatest(F("next_at"), Value(moment), output_field=FloatField()) + apart
    if MailDesk.objects.filter(pk=ROW, next_at__lte=moment + AT_ONCE).update(next_at=next_at):
        return 0.0
    return max(now().next_at - AT_ONCE - time.time(), 0.1)


def hold(fault: Fault, error: Exception) -> float:
    """Every letter waits, the longer the more often in a row this is said. Returns for how many seconds."""
    _make()
    desk = now()
    same = desk.settings == _settings() and desk.failures > 0
    first, longest = WAITS[fault]
    failures = desk.failures if same else 0
    seconds = min(first * 2**failures, longest)
    MailDesk.objects.filter(pk=ROW, failures=desk.failures).update(
        held_until=timezone.now() + timedelta(seconds=seconds),
        since=desk.since if same and desk.since else timezone.now(),
        ours=fault == Fault.OURS,
        why=errors.said(error),
        failures=failures + 1,
        settings=_settings(),
    )
    level = log.error if fault == Fault.OURS else log.warning
    level("letters wait: %s", errors.said(error))
    return float(seconds)


def release() -> None:
    """A letter left, so all may."""
    MailDesk.objects.filter(~Q(failures=0), pk=ROW).update(held_until=None, since=None, why="", failures=0)


def standing_still() -> MailDesk | None:
    """Since when and why no letter leaves, where that is so."""
    desk = now()
    return desk if desk.failures and desk.settings == _settings() else None


def _make() -> None:
    MailDesk.objects.bulk_create([MailDesk(pk=ROW)], ignore_conflicts=True)


def _settings() -> str:
    """What signing in depends on, as a keyed hash: whoever mends the password need not wait."""
    names = ("EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS")
    said = "\n".join(str(getattr(settings, name, "")) for name in (*names, "EMAIL_USE_SSL", "ANYMAIL"))
    return salted_hmac("letters.desk", said, algorithm="sha256").hexdigest()
