"""A mail server does not know an address: it is marked beside its supporter, as a bounce is."""

from typing import Any

from django.dispatch import receiver

from foundation.letters.outbox import no_such_address
from supporters import mailbox


@receiver(no_such_address, dispatch_uid="road-out-no-such-address")
def hear(sender: Any, email: str, **rest: Any) -> None:
    mailbox.bounced(email)
