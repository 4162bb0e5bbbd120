"""Contact messages: receive a message, answer it, close it; retention."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from awareness.messages import Answer, Message
from foundation.access import client_ip, ratelimit
from foundation.letters import outbox
from foundation.organisation import retention_periods

WRITERS, SECONDS = 5, 600  # rate limit of messages from one connection: capacity, and seconds in which it refills


def may_write(request: HttpRequest) -> bool:
    """Rate limit by connection: take a token. False: too many messages came from it."""
    return ratelimit.allow("contact", client_ip.block(client_ip.of(request)), WRITERS, SECONDS)


@transaction.atomic
def receive(reason: Any, typed: dict[str, Any]) -> Message:
    """Save a message, enqueue a copy to the reason's address. It is answered in the panel, where answers are kept."""
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
    """Return the key of the letter that notified staff of it."""
    return f"message:{message.pk}"


@transaction.atomic
def answer(message: Message, text: str, by: str) -> Answer:
    """Save an answer and enqueue it as a letter. `by` is the staff member's e-mail, kept and not sent."""
    written = Answer.objects.create(message=message, text=text.strip(), by=by)
    facts = {"answer": written, "message": message, "name": message.name}
    outbox.queue(
        f"answer:{written.pk}", "answer", message.email, facts, language=message.language or settings.LANGUAGE_CODE
    )
    _move(message, Message.State.ANSWERED)
    return written


def close(message: Message) -> None:
    """Close a message that needs no answer: it leaves the list of open ones."""
    _move(message, Message.State.CLOSED)


def forget(dry: bool = False) -> int:
    """Retention, daily: delete messages and their answers, some time after the last of them. Returns how many."""
    return retention_periods.drop(Message.objects.over(), dry)


def _move(message: Message, state: Message.State) -> None:
    message.state, message.last_word_at = state, timezone.now()
    message.save(update_fields=["state", "last_word_at"])
