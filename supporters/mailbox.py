"""A mailbox: how many letters a form may send it, and whether letters still reach it and are wanted there."""

from typing import Any

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.doors import limits
from foundation.letters.outbox import no_such_address
from supporters import consent
from supporters.addresses import canonical
from supporters.models import ConsentEvent, Supporter

LETTERS = 3
DAY = 24 * 3600  # seconds


def behind(email: str) -> str:
    """The mailbox that such an address may reach, for limits alone. Many hosts deliver "name+anything" to "name", so
    what stands behind the plus is nobody else here; where it is somebody else, the two share a limit.
    """
    local, _, domain = canonical(email).rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def may_write(email: str) -> bool:
    """Take one of the mailbox's letters, across all forms: three at once, then one a day, so that no 24 hours
    bring more than three. False: it had them. One look for every mailbox, so that its time tells nothing.

    Receipts and other letters that follow from a fact do not ask here.
    """
    return limits.allow("letter", behind(email), LETTERS, LETTERS * DAY)


def bounced(email: str) -> None:
    """Letters come back from there: what nobody must get is not sent any more, and staff see it. Receipts still go."""
    Supporter.objects.filter(canonical=canonical(email), bounced_at=None).update(bounced_at=timezone.now())


@receiver(no_such_address, dispatch_uid="road-out-no-such-address")
def unknown(sender: Any, email: str, **rest: Any) -> None:
    """A mail server knows no such address, which is as good as a bounce."""
    bounced(email)


@transaction.atomic
def complained(email: str) -> None:
    """Its owner marked a letter as unwanted. That is a no to every purpose, written down like any other."""
    supporter = Supporter.objects.select_for_update().filter(canonical=canonical(email)).first()
    if supporter is None or supporter.complained_at:
        return
    supporter.complained_at = timezone.now()
    supporter.save(update_fields=["complained_at"])
    for purpose in ConsentEvent.Purpose.values:
        words = _("Marked as unwanted in the mail program.")
        consent.record(supporter, purpose, False, words, "", method=ConsentEvent.Method.COMPLAINT)
