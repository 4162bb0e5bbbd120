"""Receive a message, answer it, close it, forget it."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from awareness.messages import Answer, Message
from foundation.doors import address, limits
from foundation.letters import outbox
from foundation.organisation import retention

WRITERS, SECONDS = 5, 600  # messages from one connection at once, and in ten minutes after that


def may_write(request: HttpRequest) -> bool:
    """Take one of this connection's messages. False: too many came from it."""
    return limits.allow("contact", address.block(address.of(request)), WRITERS, SECONDS)


@transaction.atomic
def receive(reason: Any, typed: dict[str, Any]) -> Message:
    """Keep a message and send the reason's address a copy. It is answered in the panel, where answers are kept."""
    message = Message.objects.create(
        reason=reason.label,
        name=typed["name"],
        email=typed["email"],
        text=typed["text"].strip(),
        language=get_language() or settings.LANGUAGE_CODE,
    )
    if reason.address:
        link = settings.BASE_URL + reverse("message:inspect", args=[message.pk])
        facts = {"reason": reason.label, "address": link, "message": message}
        outbox.queue(copy_of(message), "message_waits", reason.address, facts, language=settings.LANGUAGE_CODE)
    return message


def copy_of(message: Message) -> str:
    """The key of the letter that told staff of it."""
    return f"message:{message.pk}"


@transaction.atomic
def answer(message: Message, text: str, by: str) -> Answer:
    """Write back. `by` is the e-mail of the staff member, kept with the answer and not sent."""
    written = Answer.objects.create(message=message, text=text.strip(), by=by)
    facts = {"answer": written, "message": message, "name": message.name}
    outbox.queue(
        f"answer:{written.pk}", "answer", message.email, facts, language=message.language or settings.LANGUAGE_CODE
    )
    _move(message, Message.State.ANSWERED)
    return written


def close(message: Message) -> None:
    """Nothing to answer: it leaves the list of what waits."""
    _move(message, Message.State.CLOSED)


def forget(dry: bool = False) -> int:
    """Some time after the last word a message and its answers go."""
    return retention.drop(Message.objects.over(), dry)


def _move(message: Message, state: Message.State) -> None:
    message.state, message.last_word_at = state, timezone.now()
    message.save(update_fields=["state", "last_word_at"])
