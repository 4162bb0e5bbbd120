"""Another e-mail address for a person: every later letter follows, Stripe's customer too, and both are told."""

import uuid
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from foundation.letters import again, outbox
from foundation.letters.models import Letter
from supporters import news, persons
from supporters.addresses import canonical
from supporters.models import Supporter


class TakenError(Exception):
    """Somebody else is known by that mailbox. The text is a sentence for staff."""


@transaction.atomic
def move(supporter: Supporter, email: str, by: Any = None, check: str = "", proved: bool = False) -> None:
    """What the person gave and agreed to is known by `email` from now on; what waits goes there. Twice is once.

    `proved`: they pressed a button mailed to it, so that a second row of theirs with that mailbox is joined to this
    one. Staff cannot know whose it is: TakenError.
    """
    supporter = Supporter.objects.select_for_update().get(pk=supporter.pk)
    before = supporter.email
    if email == before:
        return
    other = Supporter.objects.filter(canonical=canonical(email)).exclude(pk=supporter.pk).first()
    if other and not proved:
        raise TakenError(f"{other.email} is another supporter, number {other.pk}.")
    if other:
        persons.merge(other, supporter)
    for app in persons.APPS.values():
        app.move(supporter, persons.Move(before, email, by, check))
    left_to_send = [Letter.State.WAITING, *Letter.NOT_THERE]
    Letter.objects.filter(to__iexact=before, state__in=left_to_send).update(to=email)
    supporter.email, supporter.canonical, supporter.bounced_at = email, canonical(email), None
    supporter.save(update_fields=["email", "canonical", "bounced_at"])
    tell(before, email, supporter.language)


@receiver(again.address_asked, dispatch_uid="road-out-address-of-a-reader")
def address_now(letter: Letter, **_kwargs: Any) -> str:
    """Where news go again whose reader has another address by now; the way to stop them says whose they are."""
    known = news.whose(letter.stop_url.rstrip("/").rpartition("/")[2])
    return known[0].email if known and known[0] else ""


def tell(before: str, after: str, language: str) -> None:
    """Both hear of it. Each sees of the other only what its owner recognises: a slip may be a stranger's address."""
    key = f"address-changed:{uuid.uuid4()}"
    for to, places in (
        (before, {"before": before, "after": veiled(after)}),
        (after, {"before": veiled(before), "after": after}),
    ):
        if to:
            outbox.queue(f"{key}:{'new' if to == after else 'old'}", "address_changed", to, places, language=language)


def veiled(email: str) -> str:
    """Enough for its owner to see a slip of the finger, too little for whoever looks over a shoulder."""
    local, _at, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"
