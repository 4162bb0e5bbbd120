"""Which gifts are a person's own: those that came name their supporter, others only the mailbox that was typed."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from donations.models import Gift
from supporters import supporters
from supporters.addresses import canonical
from supporters.models import Supporter

ON_ITS_WAY = (Gift.Status.PENDING, Gift.Status.WAITING)  # money may still come


def shown_to(supporter: Supporter, gifts: Iterable[Gift]) -> list[Gift]:
    """Of gifts that have this supporter or none, those that are their own."""
    rows = list(gifts)
    mailboxes = supporters.mailboxes(supporter) if any(gift.supporter_id is None for gift in rows) else set()
    return [gift for gift in rows if gift.supporter_id or canonical(gift.email) in mailboxes]


def gifts_of(supporter: Supporter) -> Any:
    """All of them, whatever became of them. Those that were only begun are compared one by one."""
    begun = Gift.objects.filter(supporter=None).exclude(email="").values_list("pk", "email").iterator()
    mailboxes = supporters.mailboxes(supporter)
    same = [pk for pk, email in begun if canonical(email) in mailboxes]
    return Gift.objects.filter(Q(supporter=supporter) | Q(pk__in=same))
