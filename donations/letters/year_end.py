"""Mail the yearly statement to everybody who gave: in batches, by jobs that can restart anywhere; idempotent by key."""

from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Exists, Max, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.dispatch import receiver
from django.utils import translation

from donations.letters import gift_letters, papers, statements
from foundation.jobs import lanes
from foundation.jobs import queue as jobs
from foundation.jobs.models import Job
from foundation.letters import outbox, resending
from foundation.letters.models import Letter
from foundation.organisation import mode
from foundation.organisation.models import Organisation
from supporters import supporters
from supporters.models import Supporter

STEP = 100  # batch of letters that one job writes: a batch that dies is done again within seconds
KIND, SEND = "year-end-statements", "send-statement"


class TooEarlyError(Exception):
    """The year has not ended on the organisation's own calendar: a statement of it would be short."""


@dataclass(frozen=True)
class Progress:
    """Progress of the statements of a tax year, named by the year in which it begins. `written` letters stand in the
    outbox, `sent` of them have left.
    """

    year: int
    receivers: int
    written: int
    sent: int
    running: bool

    @property
    def left(self) -> int:
        return self.receivers - self.written


def progress(year: int) -> Progress:
    """Return what a run would do and what earlier ones did. Changes nothing."""
    receivers = statements.receivers(year).count()
    sent = Letter.objects.filter(key__startswith=_key(year, ""), state=Letter.State.SENT)
    return Progress(
        year=year,
        receivers=receivers,
        written=receivers - missing(year).count(),
        sent=sent.exclude(key__contains=resending.AGAIN).count(),  # a copy is no further receiver's
        running=_jobs(year).filter(state__in=[Job.State.READY, Job.State.RUNNING]).exists(),
    )


def missing(year: int) -> QuerySet[Supporter]:
    """Supporters for whom no letter of that year was written yet, in the order of their ids."""
    key = Concat(Value(_key(year, "")), Cast("pk", CharField()), output_field=CharField())
    written = Letter.objects.filter(key=OuterRef("statement_key"))
    return statements.receivers(year).annotate(statement_key=key).exclude(Exists(written))


def check(year: int) -> None:
    """Raises TooEarlyError while the year runs, unless no money moves: a demonstration may show it."""
    organisation = Organisation.load()
    today = organisation.tax_year_of(organisation.today()).begins
    if year > today or (year == today and not mode.no_money_moves()):
        raise TooEarlyError


def start(year: int) -> bool:
    """Enqueue the writing of all letters that are missing. False when a run is on its way. Raises TooEarlyError.

    Two people who press at the same moment enqueue the same job key, because they see the same last job.
    """
    check(year)
    last = _jobs(year).aggregate(last=Max("pk"))["last"] or 0  # first: a run begun since is seen, or has our key
    if progress(year).running:
        return False
    _enqueue(year, 0, last)
    return True


@jobs.handler(SEND, lane=outbox.MAILINGS)
def send(args: dict[str, Any]) -> None:
    """Job: send one of them, behind no receipt and before none."""
    gift_letters.send_with_document(args)


@jobs.handler(KIND, lane=lanes.SLOW)
def step(args: dict[str, Any]) -> None:
    """Job: write the next batch of a run, and enqueue the job for those behind it."""
    last = write(args["year"], after=args["after"])
    if last is not None:
        _enqueue(args["year"], last, args["run"])


def write(year: int, after: int = 0) -> int | None:
    """Write one batch of up to a hundred letters, to supporters with an id above `after`.

    Returns the id of the last one, or None when nobody is left. The key of each letter says whom and which year it is
    for, so that a second run writes only what is missing.
    """
    found = list(missing(year).filter(pk__gt=after)[:STEP])
    for supporter in found:
        _write(supporter, year)
    return found[-1].pk if found else None


def _write(supporter: Supporter, year: int) -> None:
    with translation.override(supporter.language):
        found = statements.of(supporter.pk, year)
        if not found.parts:
            return  # given back since we counted
        rows = [(row.day_text, row.words + _giver(found, part)) for part in found.parts for row in part.rows]
        context = {
            "name": found.name or supporter.name,
            "year": found.year.label,
            "total": ", ".join(total + _giver(found, part) for part in found.parts for total in part.totals),
            "statement": "\n".join(dict.fromkeys(words for part in found.parts for words in part.sentences)),
            "received_by": ", ".join(dict.fromkeys(_issuer(part) for part in found.parts)),
            "my_page": papers.my_page(),
            "facts": rows,
        }
        document = f"statement:{found.year.slug}:{supporter.pk}"
        key = _key(year, supporter.pk)
        outbox.queue(key, "statement", supporter.email, context, job=SEND, document=document)


@receiver(resending.address_asked, dispatch_uid="road-out-address-of-a-statement")
def address_now(letter: Letter, **_kwargs: Any) -> str:
    """Signal receiver: where a statement is resent whose reader has another address by now; else empty."""
    kind, _colon, rest = letter.document.partition(":")
    reader = supporters.numbered(int(rest.rpartition(":")[2])) if kind == "statement" else None
    return reader.email if reader else ""


def _giver(found: statements.Statement, part: statements.Part) -> str:
    giver = found.giver_beside(part)
    return f" ({giver})" if giver else ""


def _issuer(part: statements.Part) -> str:
    return f"{part.entity} ({part.registration_number})" if part.registration_number else part.entity


def _key(year: int, supporter: object) -> str:
    """Demonstrations and real years are kept apart, should a database ever have seen both; and so are the tax years of
    two countries, by their slugs.
    """
    series = "demo" if mode.no_money_moves() else "real"
    return f"statement:{series}:{Organisation.load().tax_year(year).slug}:{supporter}"


def _jobs(year: int) -> QuerySet[Job]:
    return Job.objects.filter(kind=KIND, args__year=year)


def _enqueue(year: int, after: int, run: int) -> None:
    jobs.enqueue(KIND, f"{KIND}:{year}:{run}:{after}", {"year": year, "after": after, "run": run})
