"""Throttle of outgoing letters: none while the mail server refuses us or is away, and only so many a minute."""

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
from foundation.letters.models import MailThrottle

ROW = 1
# Back-off in seconds, first wait and longest: each failure in a row doubles it, so that one letter asks for all.
WAITS = {Fault.SERVER: (15, 600), Fault.OURS: (60, 1800)}
AT_ONCE = 5.0  # seconds' worth of letters that may leave one after the other
log = logging.getLogger(__name__)


def now() -> MailThrottle:
    """Return the throttle's row."""
    return MailThrottle.objects.filter(pk=ROW).first() or MailThrottle(pk=ROW)


def is_closed() -> bool:
    """Whether a letter that is tried now would wait: the worker then closes the lane, and leaves all where they are."""
    desk = now()
    return is_held(desk) or bool(settings.LETTERS_PER_MINUTE > 0 and desk.next_at > time.time() + AT_ONCE)


def is_held(desk: MailThrottle) -> bool:
    """Whether all letters are held. With other settings they are tried at once."""
    return desk.held_until is not None and desk.held_until > timezone.now() and desk.settings == _settings()


def take_turn() -> float:
    """Take one token of this minute's rate limit, by any worker. Returns the seconds to wait for one, 0 with one.

    Letters leave evenly: in no minute more than the settings say.
    """
    rate = settings.LETTERS_PER_MINUTE
    if rate <= 0:
        return 0.0
    moment = time.time()
    _make()
    apart = Value((60 + AT_ONCE) / rate)
    next_at = Greatest(F("next_at"), Value(moment), output_field=FloatField()) + apart
    if MailThrottle.objects.filter(pk=ROW, next_at__lte=moment + AT_ONCE).update(next_at=next_at):
        return 0.0
    return max(now().next_at - AT_ONCE - time.time(), 0.1)


def hold(fault: Fault, error: Exception) -> float:
    """Hold every letter, with back-off: the longer the more often in a row. Returns for how many seconds."""
    _make()
    desk = now()
    same = desk.settings == _settings() and desk.failures > 0
    first, longest = WAITS[fault]
    failures = desk.failures if same else 0
    seconds = min(first * 2**failures, longest)
    MailThrottle.objects.filter(pk=ROW, failures=desk.failures).update(
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
    """End the hold: a letter left, so all may."""
    MailThrottle.objects.filter(~Q(failures=0), pk=ROW).update(held_until=None, since=None, why="", failures=0)


def standing_still() -> MailThrottle | None:
    """Return the throttle, with since when and why no letter leaves, where that is so; else None."""
    desk = now()
    return desk if desk.failures and desk.settings == _settings() else None


def _make() -> None:
    MailThrottle.objects.bulk_create([MailThrottle(pk=ROW)], ignore_conflicts=True)


def _settings() -> str:
    """What signing in depends on, as a keyed hash: once the password is mended nobody need wait."""
    names = ("EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS")
    said = "\n".join(str(getattr(settings, name, "")) for name in (*names, "EMAIL_USE_SSL", "ANYMAIL"))
    return salted_hmac("letters.desk", said, algorithm="sha256").hexdigest()
