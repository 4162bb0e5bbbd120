"""Mail of other packages, queued in the outbox: Wagtail, for one, tells moderators within the request of an editor."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.core.mail import EmailMessage

from foundation.letters import outbox
from foundation.letters.writing import Written


class ForOthers:
    """Mixin in front of a mail backend. A message that is no letter of ours becomes one, which a job sends: a mail
    server that hangs holds no request, and none is lost while it is away.
    """

    ours = False

    def open(self) -> bool | None:
        """Others open first, to send many at once: there is nothing to open for them."""
        return super().open() if self.ours else None  # type: ignore[misc]

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        letters = [message for message in email_messages if "X-Letter" in message.extra_headers]
        for message in email_messages:
            if message not in letters:
                _queue(message)
        if letters:
            self.ours = True
            sent: int = super().send_messages(letters) or 0  # type: ignore[misc]
            return sent + len(email_messages) - len(letters)
        return len(email_messages)


def _queue(message: EmailMessage) -> None:
    alternatives: list[Any] = getattr(message, "alternatives", [])
    html = [str(content) for content, kind in alternatives if kind == "text/html"]
    written = Written(" ".join(message.subject.split())[:200], str(message.body), html[0] if html else "")
    for address in message.recipients():
        outbox.enqueue(f"other:{uuid.uuid4()}", "other", address, written)
