"""The two letters of a pledge: press here to confirm, and you have confirmed already. Neither holds the name."""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation

from foundation.doors import links
from foundation.jobs import queue as jobs
from foundation.letters import outbox
from pledges.models import Signature

CONFIRM = "pledge-confirm"  # the link's purpose
LIFETIME = timedelta(days=7)


def ask(signature: Signature) -> None:
    """Have a job write whichever letter is due. The request does the same work for every state of the signature,
    so that neither its answer nor its time tells whether we know the address. Ask supporters.mailbox first.
    """
    key = f"pledge-letter:{uuid.uuid4()}"
    jobs.enqueue("pledge-letter", key, {"signature": signature.pk, "key": key})


@jobs.handler("pledge-letter")
@transaction.atomic
def write(args: dict[str, Any]) -> None:
    """Write the letter that fits the signature now. Somebody who was set aside or has withdrawn gets none."""
    signature = Signature.objects.select_related("pledge").filter(pk=args["signature"]).first()
    if signature is None:
        return
    with translation.override(signature.locale or settings.LANGUAGE_CODE):
        if signature.state == Signature.State.STARTED:
            _ask_to_confirm(signature, args["key"])
        elif signature.state == Signature.State.CONFIRMED:
            page = settings.BASE_URL + signature.pledge.get_absolute_url()
            outbox.queue(args["key"], "pledge_confirmed_before", signature.letter_to, {"page": page})


def _ask_to_confirm(signature: Signature, key: str) -> None:
    token = links.make(CONFIRM, f"{signature.pk}:{signature.attempt}", LIFETIME)
    address = settings.BASE_URL + reverse("pledges:confirm", args=[token])
    facts = {"address": address, "days": LIFETIME.days, "pledge": signature.text.heading}
    outbox.queue(key, "pledge_confirm", signature.letter_to, facts)
