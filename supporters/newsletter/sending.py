"""Send a newsletter: written little by little by a job that can restart anywhere, to each reader once, while they want
it and staff neither pause nor stop it.
"""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery
from django.utils import timezone

from foundation.jobs import lanes
from foundation.jobs import queue as jobs
from foundation.jobs.models import Job
from foundation.letters import outbox
from foundation.letters.models import Letter
from foundation.organisation import clone_guard
from supporters import news
from supporters.models import ConsentEvent, Subscription, Supporter
from supporters.newsletter import writing
from supporters.newsletter.models import Delivery, Newsletter

KIND, HAND_OVER = "newsletter", "send-newsletter"
STEP = 100  # so many letters wait in the outbox at most: a receipt is never behind ten thousand of them
PACE, IDLE, PAUSED = (
    5.0,
    60.0,
    60.0,
)  # seconds to the next look: writing, the last ones leave, paused
LETTERS = ConsentEvent.Purpose.LETTERS
State = Newsletter.State
ON_ITS_WAY = (Letter.State.WAITING, Letter.State.SENDING)


@dataclass(frozen=True)
class Progress:
    """How far a newsletter is. `readers`: who got it or will, as far as anybody knows now."""

    readers: int
    written: int
    sent: int
    withheld: int
    not_there: int
    running: bool


def readers(newsletter: Newsletter) -> QuerySet[Supporter]:
    """Supporters who get it: their newest word is a yes (and was one when the sending began), they read a language that
    it is written in, and their mailbox neither bounced nor complained.
    """
    wanting = _wanting().filter(language__in=newsletter.texts.values("language"))
    if newsletter.sent_from:
        before = ConsentEvent.objects.filter(supporter=OuterRef("pk"), purpose=LETTERS, at__lte=newsletter.sent_from)
        wanting = wanting.annotate(was=Subquery(before.order_by("-id").values("given")[:1])).filter(was=True)
    return wanting.order_by("pk")


def _wanting() -> QuerySet[Supporter]:
    reachable = Supporter.objects.filter(bounced_at=None, complained_at=None, erased_at=None).exclude(email="")
    return reachable.filter(Exists(Subscription.objects.filter(supporter=OuterRef("pk"))))


def by_language(newsletter: Newsletter) -> dict[str, int]:
    """How many want letters in each language, whether or not this one is written in it."""
    counted = _wanting().order_by().values_list("language").annotate(Count("pk"))
    return dict(counted)


def missing(newsletter: Newsletter) -> QuerySet[Supporter]:
    """Readers to whom nothing was written yet, in the order of their ids."""
    written = Delivery.objects.filter(newsletter=newsletter, supporter=OuterRef("pk"))
    return readers(newsletter).exclude(Exists(written))


def progress(newsletter: Newsletter) -> Progress:
    """Return how far it is. Changes nothing."""
    states = Delivery.objects.filter(newsletter=newsletter).values_list("letter__state").annotate(Count("pk"))
    count: dict[str, int] = dict(states)
    written = sum(count.values())
    over = newsletter.state in (State.STOPPED, State.SENT)
    return Progress(
        readers=written if over else written + missing(newsletter).count(),
        written=written,
        sent=count.get(Letter.State.SENT, 0),
        withheld=count.get(Letter.State.WITHHELD, 0) + count.get(Letter.State.FORGOTTEN, 0),
        not_there=sum(count.get(state, 0) for state in Letter.NOT_THERE),
        running=newsletter.state == State.SENDING and is_running(newsletter),
    )


def is_running(newsletter: Newsletter) -> bool:
    """Whether a job is at it. One that sends and has none stands still: its job failed too often."""
    alive = Job.objects.filter(state__in=[Job.State.READY, Job.State.RUNNING])
    return alive.filter(kind=KIND, args__newsletter=newsletter.pk, args__run=newsletter.runs).exists()


def begin(newsletter: Newsletter) -> bool:
    """Begin to send a draft. False: somebody else did, or it has no words."""
    return newsletter.texts.exists() and _go(newsletter, State.DRAFT, sent_from=timezone.now())


def resume(newsletter: Newsletter) -> bool:
    """Go on with one that is paused, or that stands still. False: it is neither."""
    if newsletter.state == State.SENDING and is_running(newsletter):
        return False
    return _go(newsletter, State.PAUSED) or _go(newsletter, State.SENDING)


@transaction.atomic
def _go(newsletter: Newsletter, before: State, **fields: Any) -> bool:
    """Compare and set: of two who press at once, one starts a run."""
    mine = Newsletter.objects.filter(pk=newsletter.pk, state=before, runs=newsletter.runs)
    if not mine.update(state=State.SENDING, runs=F("runs") + 1, **fields):
        return False
    run = newsletter.runs + 1
    jobs.enqueue(KIND, f"{KIND}:{newsletter.pk}:{run}", {"newsletter": newsletter.pk, "run": run})
    return True


def pause(newsletter: Newsletter) -> bool:
    """Write no more, and hold what waits. False: it is not being sent."""
    return bool(Newsletter.objects.filter(pk=newsletter.pk, state=State.SENDING).update(state=State.PAUSED))


def pause_all() -> int:
    """Pause what a restored copy was sending: since the copy was made, others may have got it. Staff decide."""
    return Newsletter.objects.filter(state=State.SENDING).update(state=State.PAUSED)


def stop(newsletter: Newsletter) -> bool:
    """Stop it for good: nobody gets it who has not got it. False: it is over already, or has not begun."""
    under_way = Newsletter.objects.filter(pk=newsletter.pk, state__in=(State.SENDING, State.PAUSED))
    if not under_way.update(state=State.STOPPED, ended_at=timezone.now()):
        return False
    outbox.withhold(Letter.objects.filter(pk__in=_letters(newsletter)))
    return True


@jobs.handler(KIND, lane=lanes.SLOW)
def step(args: dict[str, Any]) -> None:
    """Job: write to the next readers, as long as few letters wait, and look again until the last one has left."""
    try:
        clone_guard.check_address()
    except clone_guard.WrongSiteError as error:
        raise jobs.RetryLaterError(outbox.GUARD_WAIT, str(error)) from error
    newsletter = Newsletter.objects.filter(pk=args["newsletter"], state=State.SENDING, runs=args["run"]).first()
    if newsletter is None:
        return  # paused, stopped, or another run's by now
    waiting = Letter.objects.filter(pk__in=_letters(newsletter), state__in=ON_ITS_WAY).count()
    if write(newsletter, STEP - waiting) or missing(newsletter).exists():
        raise jobs.RetryLaterError(PACE, "More readers come after these letters.")
    if waiting:
        raise jobs.RetryLaterError(IDLE, "The last letters wait to leave.")
    over = Newsletter.objects.filter(pk=newsletter.pk, state=State.SENDING)
    over.update(state=State.SENT, ended_at=timezone.now())


def write(newsletter: Newsletter, most: int) -> int:
    """Write to so many readers at most. Returns to how many. A second run beside this one writes no second letter."""
    texts = {text.language: writing.of(text) for text in newsletter.texts.all()}
    found = list(missing(newsletter)[: max(most, 0)])
    for supporter in found:
        jobs.extend_lease()
        _write(newsletter, texts[supporter.language], supporter)
    return len(found)


@transaction.atomic
def _write(newsletter: Newsletter, words: writing.Words, supporter: Supporter) -> None:
    language, stop_address = supporter.language, news.address(supporter, LETTERS)
    written = writing.compose(words, language, supporter.name, stop_address)
    key = f"{KIND}:{newsletter.pk}:{supporter.pk}"
    letter = outbox.enqueue(
        key, writing.TEMPLATE, supporter.email, written, stop_address, HAND_OVER, document=words.document
    )
    row = Delivery(newsletter=newsletter, supporter=supporter, language=language, letter=letter)
    Delivery.objects.bulk_create([row], ignore_conflicts=True)  # the constraint decides between two runs


@jobs.handler(HAND_OVER, lane=outbox.MAILINGS)
def hand_over(args: dict[str, Any]) -> None:
    """Job: send one letter if its reader still wants it at this moment, and staff have not stopped it."""
    letter = Letter.objects.filter(pk=args["letter"])
    row = Delivery.objects.select_related("newsletter", "supporter").filter(letter__in=letter).first()
    if row is None or row.newsletter.state == State.STOPPED or not news.may_write(row.supporter, LETTERS):
        outbox.withhold(letter)
        return
    if row.newsletter.state == State.PAUSED:
        raise jobs.RetryLaterError(PAUSED, "The newsletter is paused.")
    outbox.send(args)


def _letters(newsletter: Newsletter) -> QuerySet[Delivery, Any]:
    return Delivery.objects.filter(newsletter=newsletter).values("letter")
