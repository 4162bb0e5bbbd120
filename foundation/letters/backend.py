"""Mail backend of the demonstration: nothing leaves this machine, every message can be read in the browser."""

import uuid
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from foundation.letters.models import Letter


class KeptInTheOutbox(BaseEmailBackend):
    """Letters are rows already; what other packages send (Wagtail, allauth) becomes a row here."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            if "X-Letter" not in message.extra_headers:
                self._keep(message)
        return len(email_messages)

    def _keep(self, message: EmailMessage) -> None:
        parts = [content for content, kind in getattr(message, "alternatives", []) if kind == "text/html"]
        for address in message.recipients():
            Letter.objects.create(
                key=f"other:{uuid.uuid4()}",
                template="other",
                to=address,
                subject=message.subject[:200],
                text=str(message.body),
                html=str(parts[0]) if parts else "",
                state=Letter.State.SENT,
                sent_at=timezone.now(),
            )
