"""The letters of a pledge: the confirmation link (double opt-in), "you have confirmed already", and the welcome.

Each holds the link that withdraws the signature. The first two go to whatever address was typed, and hold no name.
"""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import translation

from foundation.access import tokens
from foundation.jobs import lanes, with_row
from foundation.jobs import queue as jobs
from foundation.letters import outbox
from foundation.prepared.steps import Step
from pledges.models import Signature
from supporters import news, supporters
from supporters.models import ConsentEvent

CONFIRM = "pledge-confirm"  # the token's purpose
KIND = "pledge-letter"  # the job's
SALT = "pledges.letters.take-back"
LIFETIME = timedelta(days=7)


def ask_to_confirm(signature: int) -> None:
    """Enqueue the job that writes the letter that is due for the signature with that key. The request does the same
    work for every state of it, so that neither its answer nor its time tells whether we know the address. Check the
    rate limit of supporters.mailbox first.
    """
    key = f"{KIND}:{uuid.uuid4()}"
    jobs.enqueue_unread(KIND, key, {"signature": signature, "key": key})


def asking_to_confirm() -> Step:
    """The same as a step, for the signature that the step before wrote and returned the `id` of."""
    key = f"{KIND}:{uuid.uuid4()}"
    return with_row.step(KIND, key, {"key": key}, "signature")


@jobs.handler(KIND, lane=lanes.PEOPLE)
@transaction.atomic
def write(args: dict[str, Any]) -> None:
    """Job: enqueue the letter that fits the signature now. A signature that is set aside or withdrawn gets none."""
    signature = Signature.objects.select_related("pledge").filter(pk=args["signature"]).first()
    if signature is None:
        return
    with translation.override(signature.locale or settings.LANGUAGE_CODE):
        if signature.state == Signature.State.STARTED:
            _ask_to_confirm(signature, args["key"])
        elif signature.state == Signature.State.CONFIRMED:
            page = settings.BASE_URL + signature.pledge.get_absolute_url()
            facts = {"page": page, "withdraw": way_back(signature)}
            outbox.queue(args["key"], "pledge_confirmed_before", signature.letter_to, facts)


def welcome(signature: Signature) -> None:
    """Welcome whoever just confirmed and wants our letters, by this signature or before: once for each pledge."""
    reader = supporters.numbered(signature.supporter_id or 0)
    if reader is None:
        return
    with translation.override(reader.language):
        page = settings.BASE_URL + signature.pledge.get_absolute_url()
    facts = {"name": reader.name, "pledge": signature.text.heading, "page": page, "withdraw": way_back(signature)}
    key = f"pledge-welcome:{signature.pledge_id}:{reader.pk}"
    news.write(key, "welcome_pledge", reader, ConsentEvent.Purpose.LETTERS, facts)


def way_back(signature: Signature) -> str:
    """Return the URL that withdraws this signature. It never expires: what was signed once may be withdrawn any day."""
    token = signing.dumps(signature.public_id.hex, salt=SALT, compress=False)
    return settings.BASE_URL + reverse("pledges:take-back", args=[token])


def whose(token: str) -> str | None:
    """Return the public id (hex) of the signature of a withdrawal token; None for a forged one."""
    try:
        return str(signing.loads(token, salt=SALT))
    except signing.BadSignature:
        return None


def _ask_to_confirm(signature: Signature, key: str) -> None:
    token = tokens.make(CONFIRM, f"{signature.pk}:{signature.attempt}", LIFETIME)
    address = settings.BASE_URL + reverse("pledges:confirm", args=[token])
    way_out = way_back(signature)
    facts = {"address": address, "days": LIFETIME.days, "pledge": signature.text.heading, "withdraw": way_out}
    outbox.queue(key, "pledge_confirm", signature.letter_to, facts)
