"""What the pages know about a person: the messages that came from their address. Told to them, or forgotten."""

from typing import Any

from awareness import correspondence
from awareness.messages import Message
from foundation.letters import forgetting as letters
from staff import audit
from supporters import persons
from supporters.addresses import canonical
from supporters.models import Supporter


def export(supporter: Supporter) -> list[dict[str, Any]]:
    """Each message with our answers."""
    return [
        {
            "about": message.reason,
            "name": message.name,
            "email": message.email,
            "text": message.text,
            "received": message.received_at,
            "answers": [{"text": answer.text, "at": answer.at} for answer in message.answers.all()],
        }
        for message in _messages(supporter)
    ]


def erase(supporter: Supporter) -> set[str]:
    """Messages and answers go, and what the copy to staff said."""
    addresses = set()
    for message in _messages(supporter):
        addresses.add(message.email)
        letters.said_in(correspondence.copy_of(message))
        audit.forget_name(message)
        message.delete()
    return addresses


def merge(old: Supporter, new: Supporter) -> None:
    """Messages hang on an address, not on a person: nothing to join."""


def _messages(supporter: Supporter) -> list[Message]:
    """From any spelling of the mailbox. Messages are few and live a year, so they are looked through."""
    return [each for each in Message.objects.order_by("id") if canonical(each.email) == supporter.canonical]


persons.register("awareness", export=export, erase=erase, merge=merge)
