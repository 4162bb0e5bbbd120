"""Write a letter together with the fact that it tells, and send it once."""

import smtplib
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils import timezone, translation

from foundation.jobs import errors
from foundation.jobs import queue as jobs
from foundation.letters import kinds, writing
from foundation.letters.models import Letter
from foundation.organisation import home
from foundation.organisation.models import Organisation

Attach = Callable[[str], tuple[str, bytes, str] | None]  # of a letter's document: file name, content, type
PLAIN = "send-letter"
GUARD_WAIT = 600  # seconds between looks while this database is not at home here


def queue(
    key: str,
    template: str,
    to: str,
    context: dict[str, Any],
    language: str = "",
    job: str = PLAIN,
    document: str = "",
) -> Letter:
    """Write the letter now, with what is true now, and let a job send it after this transaction commits.

    Idempotent by key: a second call returns the first letter unchanged. `template` is a folder of
    templates/letters, whose words staff may have changed (see `kinds`); `context` fills the places in them.
    `language`: the reader's; empty means that of this moment. A letter with an attachment names its `document`,
    and the kind of `job` that draws it and calls `send`. ValueError for news without a way to stop it.
    """
    known = Letter.objects.filter(key=key).first()
    if known:
        return known
    kind = kinds.get(template)
    if kind and kind.news and not context.get("stop"):
        raise ValueError(f"A letter that nobody must get leads to where it is stopped: {template}")
    with translation.override(language or translation.get_language() or settings.LANGUAGE_CODE):
        written = writing.write(template, context)
    return put(key, template, to, written, context.get("stop", ""), job, document)


def put(
    key: str,
    template: str,
    to: str,
    written: writing.Written,
    stop: str = "",
    job: str = PLAIN,
    document: str = "",
) -> Letter:
    """Queue a letter that is written already. `stop`: where such letters are stopped, if nobody must get them."""
    with transaction.atomic():
        letter, made = Letter.objects.get_or_create(
            key=key,
            defaults={
                "template": template,
                "to": to,
                "job": job,
                "document": document,
                "subject": written.subject,
                "text": written.text,
                "html": written.html,
                "stop_url": stop,
            },
        )
        if made:
            jobs.enqueue(job, f"letter:{letter.pk}", {"letter": letter.pk})
    return letter


@jobs.handler(PLAIN)
def send_plain(args: dict[str, Any]) -> None:
    send(args)


def send(args: dict[str, Any], attach: Attach | None = None) -> None:
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
    letter.refresh_from_db(fields=["to"])  # until it was ours, its address could still be put right
    try:
        _message(letter, attach(letter.document) if attach else None).send()
    except smtplib.SMTPRecipientsRefused as error:
        _refused(letter, error, lasting=all(500 <= code < 600 for code, _ in error.recipients.values()))
    except smtplib.SMTPResponseException as error:
        _refused(letter, error, lasting=500 <= error.smtp_code < 600)
    except (OSError, smtplib.SMTPException) as error:
        _refused(letter, error, lasting=_is_no(error))
    else:
        _move(letter, Letter.State.SENDING, Letter.State.SENT, sent_at=timezone.now(), last_error="")


def _is_no(error: Exception) -> bool:
    """Whether a provider's API read the letter and said no; 408 and 429 only ask to wait."""
    status = getattr(error, "status_code", None) or 0
    return 400 <= status < 500 and status not in (401, 403, 408, 429)


def send_again(letter: Letter) -> None:
    """Staff say: send a letter that was refused, or that may not have left, once more."""
    if _move(letter, Letter.State.FAILED, Letter.State.WAITING) or _move(
        letter, Letter.State.UNSURE, Letter.State.WAITING
    ):
        jobs.enqueue(letter.job, f"letter:{letter.pk}:{uuid.uuid4()}", {"letter": letter.pk})


def doubt_what_waits() -> int:
    """Of a database that is a restored copy: what waited when the copy was made may have left since. Staff decide."""
    waiting = Letter.objects.filter(state__in=(Letter.State.WAITING, Letter.State.SENDING))
    return waiting.update(state=Letter.State.UNSURE)


def _move(letter: Letter, before: Letter.State, after: Letter.State, **fields: Any) -> bool:
    """Change the state if it is still what we believe. False when somebody else was first."""
    return bool(Letter.objects.filter(pk=letter.pk, state=before).update(state=after, **fields))


def _message(letter: Letter, attachment: tuple[str, bytes, str] | None) -> EmailMultiAlternatives:
    organisation = Organisation.load()
    message = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        from_email=organisation.letters_from or None,
        to=[letter.to],
        headers={"X-Letter": letter.key, "Auto-Submitted": "auto-generated", **_way_out(letter)},
    )
    message.attach_alternative(letter.html, "text/html")
    if attachment:
        message.attach(*attachment)
    return message


def _way_out(letter: Letter) -> dict[str, str]:
    """RFC 8058: the mail program itself offers to stop letters that nobody must get."""
    if not letter.stop_url:
        return {}
    return {"List-Unsubscribe": f"<{letter.stop_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _refused(letter: Letter, error: Exception, lasting: bool) -> None:
    """Put the letter back, or aside. Raises the error again where a later try may succeed."""
    state = Letter.State.FAILED if lasting else Letter.State.WAITING
    _move(letter, Letter.State.SENDING, state, last_error=errors.said(error))
    if not lasting:
        raise error
