"""Tokens of mailed links: random, stored hashed, for one purpose and one subject, with a lifetime."""

import hashlib
import secrets
from datetime import timedelta

from django.utils import timezone

from foundation.access.models import AccessLink
from foundation.organisation import retention_periods
from foundation.prepared import commands


def make(purpose: str, subject: str, lifetime: timedelta) -> str:
    """Create a token, 192 bits, to be put into a link. It is not stored: only its hash is."""
    token = secrets.token_urlsafe(24)
    ends = timezone.now() + lifetime
    link = AccessLink(token_sha256=_hash(token), purpose=purpose, subject=subject, expires_at=ends)
    commands.insert_new(link, "token_sha256")
    return token


def find(token: str, purpose: str, expired_too: bool = False) -> AccessLink | None:
    """Return the link of a token for this purpose, or None if it is unknown, for another purpose, or expired.

    A used link is found too, so that pressing the button twice is fine; see `used_at`. `expired_too` is for one thing:
    to mail a new link to whom the old one was mailed.
    """
    link = AccessLink.objects.filter(token_sha256=_hash(token), purpose=purpose).first()
    return link if link and (expired_too or link.expires_at > timezone.now()) else None


def use(link: AccessLink) -> bool:
    """Mark the link as used. True for the first who does so, False for everybody after."""
    return bool(AccessLink.objects.filter(pk=link.pk, used_at=None).update(used_at=timezone.now()))


def sweep(dry: bool = False) -> int:
    """Retention: delete links some time after they expired. Returns how many."""
    return retention_periods.drop(AccessLink.objects.filter(expires_at__lt=retention_periods.end("links")), dry)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
