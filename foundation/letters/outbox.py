"""Write a letter together with the fact that it tells, and send it once."""

import smtplib
from typing import Any

import css_inline
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from foundation.jobs import queue as jobs
from foundation.letters.models import Letter
from foundation.organisation import home
from foundation.organisation.context import facts
from foundation.organisation.models import Organisation

GUARD_WAIT = 600  # seconds between looks while this database is not at home here


def queue(key: str, template: str, to: str, context: dict[str, Any]) -> Letter:
    """Write the letter now, with what is true now, and let a job send it after this transaction commits.

    Idempotent by key: a second call returns the first letter unchanged. The parts are
    templates/letters/<template>/subject.txt, body.txt and body.html; body.txt carries every fact.
    """
    known = Letter.objects.filter(key=key).first()
    if known:
        return known
    context = {**facts(), **context}
    subject = " ".join(render_to_string(f"letters/{template}/subject.txt", context).split())
    html = render_to_string(f"letters/{template}/body.html", context)
    with transaction.atomic():
        letter, made = Letter.objects.get_or_create(
            key=key,
            defaults={
                "template": template,
                "to": to,
                "subject": subject[:200],
                "text": render_to_string(f"letters/{template}/body.txt", context).strip() + "\n",
                "html": css_inline.inline(html, load_remote_stylesheets=False),
            },
        )
        if made:
            jobs.enqueue("send-letter", f"letter:{letter.pk}", {"letter": letter.pk})
    return letter


@jobs.handler("send-letter")
def send(args: dict[str, Any]) -> None:
    """Hand one waiting letter to the mail server.

    A crash between the server's yes and our note of it would send twice; the state is therefore written first
    and put back when the server refuses. A temporary refusal is tried again, a permanent one is kept for staff.
    """
    try:
        home.check_address()
    except home.NotAtHomeError as error:
        raise jobs.RetryLaterError(GUARD_WAIT, str(error)) from error
    letter = Letter.objects.get(pk=args["letter"])
    taken = Letter.objects.filter(pk=letter.pk, state=Letter.State.WAITING)
    if not taken.update(state=Letter.State.SENT, sent_at=timezone.now()):
        return
    try:
        _message(letter).send()
    except smtplib.SMTPRecipientsRefused as error:
        _refused(letter, error, permanent=all(500 <= code < 600 for code, _ in error.recipients.values()))
    except smtplib.SMTPResponseException as error:
        _refused(letter, error, permanent=500 <= error.smtp_code < 600)
    except (OSError, smtplib.SMTPException) as error:
        _refused(letter, error, permanent=False)


def _message(letter: Letter) -> EmailMultiAlternatives:
    organisation = Organisation.load()
    message = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        from_email=organisation.letters_from or None,
        to=[letter.to],
        headers={"X-Letter": letter.key, "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(letter.html, "text/html")
    return message


def _refused(letter: Letter, error: Exception, permanent: bool) -> None:
    """Put the letter back, or aside. Raises the error again where a later try may succeed."""
    state = Letter.State.FAILED if permanent else Letter.State.WAITING
    Letter.objects.filter(pk=letter.pk).update(
        state=state, sent_at=None, last_error=f"{type(error).__name__}: {error}"[:2000]
    )
    if not permanent:
        raise error
