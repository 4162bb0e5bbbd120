"""Export and erasure of this app's rows about a person: the messages that came from their address."""

from typing import Any

from awareness import correspondence
from awareness.messages import Message
from foundation.letters import retention as letters
from staff import audit
from supporters import privacy_registry, supporters
from supporters.addresses import canonical
from supporters.models import Supporter


def export(supporter: Supporter) -> list[dict[str, Any]]:
    """Export each message with our answers."""
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
    """Delete messages and answers, and the text of the copy to staff."""
    addresses = set()
    for message in _messages(supporter):
        addresses.add(message.email)
        letters.forget_words_of(correspondence.copy_of(message))
        audit.forget_name(message)
        message.delete()
    return addresses


def merge(old: Supporter, new: Supporter) -> None:
    """Nothing to merge: messages hang on an address, not on a person."""


def _messages(supporter: Supporter) -> list[Message]:
    """Messages from any spelling of the mailbox. They are few and live a year, so they are compared one by one."""
    mailboxes = supporters.mailboxes(supporter)
    return [each for each in Message.objects.order_by("id") if canonical(each.email) in mailboxes]


privacy_registry.register("awareness", export=export, erase=erase, merge=merge)
