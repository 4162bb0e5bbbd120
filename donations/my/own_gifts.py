"""Which gifts are a person's own: those that came name their supporter, others only the mailbox that was typed."""

from typing import Any

from django.db.models import Q

from donations.models import Gift
from supporters import supporters
from supporters.addresses import canonical
from supporters.models import Supporter

ON_ITS_WAY = (Gift.Status.PENDING, Gift.Status.WAITING)  # money may still come


def gifts_of(supporter: Supporter, **begun_as: Any) -> Any:
    """Paid ones name their supporter; those that were only begun name a mailbox. `begun_as` narrows the latter, which
    are compared one by one.
    """
    begun = Gift.objects.filter(supporter=None, **begun_as).exclude(email="").values_list("pk", "email").iterator()
    mailboxes = supporters.mailboxes(supporter)
    same = [pk for pk, email in begun if canonical(email) in mailboxes]
    return Gift.objects.filter(Q(supporter=supporter) | Q(pk__in=same))
