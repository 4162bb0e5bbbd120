"""Write a letter together with the fact that it tells, and send it once."""

import smtplib
import uuid
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

    Nobody can tell whether a letter left when its worker died in between. It is then neither sent twice nor lost
    silently: staff see it as unsure and decide. A temporary refusal is tried again, a lasting one kept for staff.
    """
    try:
        home.check_address()
    except home.NotAtHomeError as error:
        raise jobs.RetryLaterError(GUARD_WAIT, str(error)) from error
    letter = Letter.objects.get(pk=args["letter"])
    if not _move(letter, Letter.State.WAITING, Letter.State.SENDING):
        _move(letter, Letter.State.SENDING, Letter.State.UNSURE)
        return
    try:
        _message(letter).send()
    except smtplib.SMTPRecipientsRefused as error:
        _refused(letter, error, lasting=all(500 <= code < 600 for code, _ in error.recipients.values()))
    except smtplib.SMTPResponseException as error:
        _refused(letter, error, lasting=500 <= error.smtp_code < 600)
    except (OSError, smtplib.SMTPException) as error:
        _refused(letter, error, lasting=False)
    else:
        _move(letter, Letter.State.SENDING, Letter.State.SENT, sent_at=timezone.now(), last_error="")


def send_again(letter: Letter) -> None:
    """Staff say: send a letter that was refused, or that may not have left, once more."""
    if _move(letter, Letter.State.FAILED, Letter.State.WAITING) or _move(
        letter, Letter.State.UNSURE, Letter.State.WAITING
    ):
        jobs.enqueue("send-letter", f"letter:{letter.pk}:{uuid.uuid4()}", {"letter": letter.pk})


def _move(letter: Letter, before: Letter.State, after: Letter.State, **fields: Any) -> bool:
    """Change the state if it is still what we believe. False when somebody else was first."""
    return bool(Letter.objects.filter(pk=letter.pk, state=before).update(state=after, **fields))


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


def _refused(letter: Letter, error: Exception, lasting: bool) -> None:
    """Put the letter back, or aside. Raises the error again where a later try may succeed."""
    state = Letter.State.FAILED if lasting else Letter.State.WAITING
    _move(letter, Letter.State.SENDING, state, last_error=f"{type(error).__name__}: {error}"[:2000])
    if not lasting:
        raise error
