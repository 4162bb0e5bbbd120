"""Change of a person's e-mail address: every later letter follows, Stripe's customer too; both are notified."""

import uuid
from typing import Any

from django.db import transaction
from django.dispatch import receiver
from django.utils.translation import gettext

from foundation.letters import outbox, resending
from foundation.letters.models import Letter
from supporters import news, privacy_registry, supporters
from supporters.addresses import canonical
from supporters.models import FormerAddress, Supporter

CONFIRMING = "address"  # how the keys of letters begin that ask a new address: "address:<supporter>:…"


class TakenError(Exception):
    """That mailbox belongs to another supporter. The text is a sentence for staff."""


@transaction.atomic
def move(supporter: Supporter, email: str, by: Any = None, check: str = "", proved: bool = False) -> None:
    """Change the e-mail address of a supporter, in every app; letters that wait in the outbox go there. Idempotent.

    `proved`: they pressed a button mailed to the new address, so that a second row of theirs with that mailbox is
    merged into this one. Staff cannot know whose it is: TakenError.
    """
    supporter = Supporter.objects.select_for_update().get(pk=supporter.pk)
    before = supporter.email
    if email == before:
        return
    other = Supporter.objects.filter(canonical=canonical(email)).exclude(pk=supporter.pk).first()
    if other and not proved:
        raise TakenError(gettext("This address is another supporter’s, number %(number)s.") % {"number": other.pk})
    if other:
        privacy_registry.merge(other, supporter)
    for app in privacy_registry.APPS.values():
        app.move(supporter, privacy_registry.Move(before, email, by, check))
    left_to_send = [Letter.State.WAITING, *Letter.NOT_THERE]
    Letter.objects.to_any([before]).filter(state__in=left_to_send).update(to=email)
    FormerAddress.objects.create(supporter=supporter, email=before)
    supporter.email, supporter.canonical, supporter.bounced_at = email, canonical(email), None
    supporter.save(update_fields=["email", "canonical", "bounced_at"])
    tell(before, email, supporter.language)


@receiver(resending.address_asked, dispatch_uid="road-out-address-of-a-reader")
def address_now(letter: Letter, **_kwargs: Any) -> str:
    """Signal receiver before a letter is resent: its reader's current address, by the unsubscribe link in it."""
    known = news.whose(letter.stop_url.rstrip("/").rpartition("/")[2])
    return known[0].email if known and known[0] else ""


@receiver(resending.reader_asked, dispatch_uid="road-out-reader-of-a-letter")
def reader_now(letter: Letter, **_kwargs: Any) -> str:
    """Signal receiver before a letter is resent: where the person is by now to whose mailbox it went."""
    known = supporters.known_by(letter.to) if letter.to else None
    return known.email if known else ""


def tell(before: str, after: str, language: str) -> None:
    """Notify both. Each sees of the other only what its owner recognises: a typing error may be a stranger's."""
    key = f"address-changed:{uuid.uuid4()}"
    for to, places in (
        (before, {"before": before, "after": veiled(after)}),
        (after, {"before": veiled(before), "after": after}),
    ):
        if to:
            outbox.queue(f"{key}:{'new' if to == after else 'old'}", "address_changed", to, places, language=language)


def veiled(email: str) -> str:
    """Mask an address: enough for its owner to see a typing error, too little for a look over the shoulder."""
    local, _at, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"
