"""Mailboxes: the rate limit on letters that forms send to one, and its bounces and complaints."""

from typing import Any

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.access import ratelimit
from foundation.letters.outbox import no_such_address
from supporters import consent
from supporters.addresses import canonical
from supporters.models import ConsentEvent, Supporter

LETTERS = 3
DAY = 24 * 3600  # seconds


def behind(email: str) -> str:
    """Return the mailbox that such an address may reach, as the key of rate limits alone. Many hosts deliver
    "name+anything" to "name", so what stands behind the plus is nobody else here; where it is somebody else, the two
    share a limit.
    """
    local, _, domain = canonical(email).rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def limit(email: str) -> ratelimit.Limit:
    """Rate limit (token bucket) by mailbox, across all forms: three letters at once, then one a day, so that no 24
    hours bring more than three. The same query for every mailbox, so that its time tells nothing.

    Receipts and other letters that follow from a fact do not ask here.
    """
    return ratelimit.Limit("letter", behind(email), LETTERS, LETTERS * DAY)


def may_write(email: str) -> bool:
    """Take a token of that limit. False: none is left."""
    return ratelimit.allow(*limit(email))


def bounced(email: str) -> None:
    """Record a bounce: optional letters are not sent to this mailbox any more, and staff see it. Receipts still go."""
    Supporter.objects.filter(canonical=canonical(email), bounced_at=None).update(bounced_at=timezone.now())


@receiver(no_such_address, dispatch_uid="road-out-no-such-address")
def unknown(sender: Any, email: str, **rest: Any) -> None:
    """Signal receiver: a mail server knows no such address, which is as good as a bounce."""
    bounced(email)


@transaction.atomic
def complained(email: str) -> None:
    """Record a spam complaint, a letter marked as unwanted: a no to every purpose, recorded like any other."""
    supporter = Supporter.objects.select_for_update().filter(canonical=canonical(email)).first()
    if supporter is None or supporter.complained_at:
        return
    supporter.complained_at = timezone.now()
    supporter.save(update_fields=["complained_at"])
    for purpose in ConsentEvent.Purpose.values:
        words = _("Marked as unwanted in the mail program.")
        consent.record(supporter, purpose, False, words, "", method=ConsentEvent.Method.COMPLAINT)
