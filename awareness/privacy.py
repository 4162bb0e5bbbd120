"""Export and erasure of this app's rows about a person: the messages that came from their address."""

from typing import Any

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext_lazy as _

from awareness import correspondence
from awareness.messages import Message
from foundation.letters import retention as letters
from staff import audit
from supporters import privacy_registry, supporters
from supporters.addresses import canonical
from supporters.data_export import facts
from supporters.models import Supporter
from supporters.privacy_registry import columns, part

GOES = (
    part(
        _("messages that you wrote to us, and our answers"),
        [*columns("awareness_message", "name", "email", "text"), *columns("awareness_answer", "text")],
    ),
)


def export(supporter: Supporter) -> dict[str, Any]:
    """Export each message with our answers. Which member of staff wrote those is not told: that is somebody else."""
    messages = _messages(supporter)
    prefetch_related_objects(messages, "answers")
    return {
        "messages": [facts(message) for message in messages],
        "our answers": [
            facts(answer, ("by",), message=lambda row: row.message.received_at)
            for message in messages
            for answer in message.answers.all()
        ],
    }


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


privacy_registry.register("awareness", export=export, erase=erase, merge=merge, goes=GOES)
