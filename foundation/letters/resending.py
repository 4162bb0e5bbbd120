"""Resend letters: what did not arrive, what waits for a dead job, what staff want repeated."""

from datetime import timedelta

from django.db.models import QuerySet
from django.dispatch import Signal
from django.utils import timezone

from foundation.jobs import queue as jobs
from foundation.jobs.models import Job
from foundation.letters import kinds, outbox, writing
from foundation.letters.models import Letter

LATELY = timedelta(minutes=10)  # pressed twice, alone or among others, it is one letter
AGAIN = ":again:"
# With the `letter`: a receiver that knows where to send this very letter by now answers with that address. Where none
# does, `reader_asked` asks who had the address that it went to.
address_asked, reader_asked = Signal(), Signal()
warning_asked = Signal()  # with the `letter`: a receiver that knows of its reader's mailbox says what is wrong with it


def not_arrived() -> QuerySet[Letter]:
    """Letters that were refused, that perhaps left, or that wait for a dead job."""
    there = Letter.objects.filter(state__in=Letter.NOT_THERE)
    return there | Letter.objects.filter(pk__in=_stranded())


def may_go(letter: Letter) -> bool:
    """Whether it may be resent: it did not arrive; or it did and says what is still true: no link with a token."""
    if letter.state == Letter.State.SENT:
        kind = kinds.get(letter.template)
        return bool(letter.text and letter.to and kind and not kind.stranger)
    return letter.state in Letter.NOT_THERE or (letter.state == Letter.State.WAITING and letter.pk in _stranded())


def warning(letter: Letter) -> str:
    """What staff must know before they press the button, in a sentence; empty where nothing is wrong."""
    answers = [str(answer) for _receiver, answer in warning_asked.send(sender=Letter, letter=letter) if answer]
    return answers[0] if answers else ""


def address_now(letter: Letter) -> str:
    """Where its reader is by now; empty if nobody knows better. A link that proves an address goes to that address, and
    what staff are told goes where it went.
    """
    kind = kinds.get(letter.template)
    if kind is None or kind.stranger:
        return ""
    answers = (answer for asked in (address_asked, reader_asked) for _r, answer in asked.send(Letter, letter=letter))
    return next((answer for answer in answers if answer), "")


def resend(letter: Letter, to: str = "") -> None:
    """Resend a letter, when staff press a button: the same words, to where their reader is now. `to`: who pressed knows
    the reader, and where they are.
    """
    to = to or address_now(letter)
    if to and letter.state != Letter.State.SENT:
        Letter.objects.filter(pk=letter.pk).update(to=to)
    if letter.state == Letter.State.WAITING:
        for job in _dead().filter(args__letter=letter.pk):
            jobs.retry_dead(job)
        return
    if letter.state != Letter.State.SENT:
        outbox.send_again(letter)
        return
    first = letter.key.partition(AGAIN)[0]  # a copy that goes again is one of the same letter
    prefix, now = f"{first[:170]}{AGAIN}", timezone.now()
    if Letter.objects.filter(key__startswith=prefix, created_at__gt=now - LATELY).exists():
        return
    written = writing.Written(letter.subject, letter.text, letter.html)
    key, to = f"{prefix}{now:%Y%m%d%H%M}", to or letter.to
    outbox.enqueue(key, letter.template, to, written, letter.stop_url, letter.job, letter.document)


def _dead() -> QuerySet[Job]:
    return Job.objects.filter(key__startswith="letter:", state=Job.State.DEAD)


def _stranded() -> set[int]:
    """Ids of the waiting letters that no job will send by itself."""
    dead = {args["letter"] for args in _dead().values_list("args", flat=True)}
    alive = Job.objects.filter(args__letter__in=dead, state__in=[Job.State.READY, Job.State.RUNNING])
    dead -= {args["letter"] for args in alive.values_list("args", flat=True)}
    waiting = Letter.objects.filter(pk__in=dead, state=Letter.State.WAITING)
    return set(waiting.values_list("pk", flat=True))
