"""The outbox: write a letter together with the fact that it tells, and send it once, by a job."""

import smtplib
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.mail import get_connection
from django.db import transaction
from django.db.models import QuerySet
from django.dispatch import Signal
from django.utils import timezone, translation

from foundation.jobs import errors, lanes
from foundation.jobs import queue as jobs
from foundation.letters import headers, kinds, throttle, writing
from foundation.letters.faults import Fault, judge
from foundation.letters.message import LetterMessage, pictures_of
from foundation.letters.models import Letter
from foundation.organisation import clone_guard, once
from foundation.organisation.models import Organisation
from foundation.prepared import commands, once_more, queries

Attach = Callable[[str], tuple[str, bytes, str] | None]  # of a letter's document: file name, content, type
PLAIN = "send-letter"
LANE = "letters"  # of the worker: a mail server that hangs delays letters alone
MAILINGS = "mailings"  # the same for what goes to many: receipts never stand behind ten thousand statements
MOST_TRIES = 20  # for a reader whose server asks to wait: three days
LONGEST_WAIT = 6 * 3600  # seconds
HEARD = (OSError, smtplib.SMTPException, ValueError)  # the last: an address that cannot be written in a message
ENDS = {Fault.ADDRESS: Letter.State.FAILED, Fault.LETTER: Letter.State.FAILED, Fault.UNSURE: Letter.State.UNSURE}
no_such_address = Signal()  # with the `email` that a mail server does not know
GUARD_WAIT = 600  # seconds between retries while the clone guard refuses to send


def queue(
    key: str,
    template: str,
    to: str,
    context: dict[str, Any],
    language: str = "",
    job: str = PLAIN,
    document: str = "",
    is_new: bool = False,
) -> Letter:
    """Write the letter now, with what is true now, and enqueue the job that sends it after this transaction commits.

    Idempotent by key: a second call returns the first letter unchanged. `template` is a folder of templates/letters,
    whose words staff may have changed (see `kinds`); `context` fills the places in them. `language`: the reader's;
    empty means that of this moment. A letter with an attachment names its `document`, and the kind of `job` that draws
    it and calls `send`. `is_new`: the caller has just looked, and found none of this key. ValueError for news without a
    way to stop it.
    """
    if not is_new and (known := find(key)):
        return known
    kind = kinds.get(template)
    if kind and kind.news and not context.get("stop"):
        raise ValueError(f"A letter that nobody must get leads to where it is stopped: {template}")
    with translation.override(language or translation.get_language() or settings.LANGUAGE_CODE):
        written = writing.write(template, context)
    return enqueue(key, template, to, written, context.get("stop", ""), job, document)


def find(key: str) -> Letter | None:
    """Return the letter of that key, if it was written."""
    return queries.first(_of, key=key)


def _of(key: str) -> QuerySet[Letter]:
    return Letter.objects.filter(key=key)


def enqueue(
    key: str,
    template: str,
    to: str,
    written: writing.Written,
    stop: str = "",
    job: str = PLAIN,
    document: str = "",
) -> Letter:
    """Enqueue a letter that is written already. `stop`: where such letters are stopped, if nobody must get them."""
    letter = Letter(
        key=key,
        template=template,
        to=to,
        job=job,
        document=document,
        subject=written.subject,
        text=written.text,
        html=written.html,
        stop_url=stop,
    )
    with transaction.atomic(savepoint=False):  # inside of another transaction all of that is written, or nothing
        if not commands.insert_new(letter, "key"):
            return Letter.objects.get(key=key)
        jobs.enqueue_unread(job, f"letter:{letter.pk}", {"letter": letter.pk})
    return letter


@jobs.handler(PLAIN, lane=LANE)
def send_plain(args: dict[str, Any]) -> None:
    """Job: send a letter without an attachment."""
    send(args)


@once.read_once()
def send(args: dict[str, Any], attach: Attach | None = None) -> None:
    """Send one waiting letter: hand it to the mail server. Called by a job.

    Nobody can tell whether a letter left when its worker died in between, or the connection did. It is then neither
    sent twice nor lost silently: staff see it as unsure and decide. What else follows depends on whose fault it is.
    """
    try:
        clone_guard.check_address()
    except clone_guard.WrongSiteError as error:
        raise jobs.RetryLaterError(GUARD_WAIT, str(error)) from error
    letter = Letter.objects.get(pk=args["letter"])
    if letter.state == Letter.State.SENDING:
        _move(letter, Letter.State.SENDING, Letter.State.UNSURE)
    if letter.state != Letter.State.WAITING:
        return
    if wait := throttle.take_turn():
        raise jobs.RetryLaterError(wait, "So many letters left in this minute as the settings allow.")
    # What goes wrong until here is no fault of a server's: the letter waits, and the job is tried again.
    message = _message(letter, attach(letter.document) if attach else None)
    message.connection = get_connection()
    if not _move(letter, Letter.State.WAITING, Letter.State.SENDING):
        return  # another worker was first
    letter.refresh_from_db(fields=["to"])  # until it was ours, its address could still be put right
    message.to = [letter.to]
    try:
        message.send()
    except HEARD as error:
        _not_sent(letter, error)
    else:
        _sent(letter)


def _sent(letter: Letter) -> None:
    """Mark it as sent, also where it took so long that another worker took this one for dead."""
    there = Letter.objects.filter(pk=letter.pk, state__in=[Letter.State.SENDING, Letter.State.UNSURE])
    its = {"state": Letter.State.SENT, "sent_at": timezone.now(), "last_error": ""}
    # It has left, whatever became of our connection meanwhile: nobody need doubt it for that.
    once_more.on_a_new_connection(lambda: there.update(**its))
    throttle.release()


def _not_sent(letter: Letter, error: Exception) -> None:
    """Save why. Raises RetryLaterError where it is retried: that is no failure of the job's, and never its last."""
    fault = Fault.LETTER if isinstance(error, ValueError) else judge(error)
    if fault == Fault.LATER and letter.tries >= MOST_TRIES:
        fault = Fault.LETTER
    state = ENDS.get(fault, Letter.State.WAITING)
    tries = _counted(letter.tries, fault, error)
    _move(letter, Letter.State.SENDING, state, last_error=errors.said(error), tries=tries)
    if fault == Fault.ADDRESS:
        no_such_address.send(sender=Letter, email=letter.to)
    if state != Letter.State.WAITING:
        return
    wait = float(min(60 * 2**letter.tries, LONGEST_WAIT)) if tries else 0.0
    if fault in throttle.WAITS:
        wait = max(wait, throttle.hold(fault, error))
    raise jobs.RetryLaterError(wait, errors.said(error)) from error


def _counted(tries: int, fault: Fault, error: Exception) -> int:
    """Count a try. Those that the server or we are to blame for never use up those of a reader who asks to wait."""
    if fault == Fault.LATER:
        return tries + 1
    return max(tries, min(tries + 1, MOST_TRIES // 2)) if _is_about(error) else tries


def _is_about(error: Exception) -> bool:
    """Whether the server spoke of this letter, so that it alone may be to blame: it then does not come first again."""
    return isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError)


def send_again(letter: Letter) -> None:
    """Resend, at the wish of staff, a letter that was refused, or that may not have left."""
    if _move(letter, Letter.State.FAILED, Letter.State.WAITING, tries=0) or _move(
        letter, Letter.State.UNSURE, Letter.State.WAITING, tries=0
    ):
        jobs.enqueue(letter.job, f"letter:{letter.pk}:{uuid.uuid4()}", {"letter": letter.pk})


def withhold(letters: QuerySet[Letter]) -> int:
    """Take back, for good, those of these letters that still wait: their words go, whom they were for stays. One that
    is being handed over at this moment leaves. Returns how many.
    """
    return letters.filter(state=Letter.State.WAITING).update(
        state=Letter.State.WITHHELD, text="", html="", stop_url="", last_error=""
    )


def doubt_what_waits() -> int:
    """Mark as unsure what waits in a restored copy: it may have left since the copy was made. Staff decide."""
    waiting = Letter.objects.filter(state__in=(Letter.State.WAITING, Letter.State.SENDING))
    return waiting.update(state=Letter.State.UNSURE)


def _move(letter: Letter, before: Letter.State, after: Letter.State, **fields: Any) -> bool:
    """Compare and set: change the state if it is still what we believe. False when another worker was first."""
    return bool(Letter.objects.filter(pk=letter.pk, state=before).update(state=after, **fields))


def _message(letter: Letter, attachment: tuple[str, bytes, str] | None) -> LetterMessage:
    organisation = Organisation.load()
    message = LetterMessage(
        subject=letter.subject,
        body=letter.text,
        from_email=headers.sender(organisation),
        to=[letter.to],
        reply_to=headers.answers_to(organisation),
        headers=headers.of(letter, organisation.letters_from),
    )
    if letter.html:
        message.attach_alternative(letter.html, "text/html")
        for picture in pictures_of(letter.html, letter.document):
            message.attach(picture)
    if attachment:
        message.attach(*attachment)
    return message


for each in (LANE, MAILINGS):
    lanes.close_lane(each, throttle.is_closed)
