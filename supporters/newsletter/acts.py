"""What may be done with a newsletter by a button: who may, when, what is asked before, and what it does."""

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from supporters.newsletter import sending
from supporters.newsletter.models import Newsletter

READ, WRITE, SEND = (f"supporters.{verb}_newsletter" for verb in ("view", "change", "send"))
State = Newsletter.State


class Act(NamedTuple):
    """One button of a newsletter. `run` returns False where somebody else was first; `said`: what came of it."""

    name: str
    label: Any
    right: str
    applies: Callable[[Newsletter], bool]
    run: Callable[[Newsletter], Any]
    said: Any
    question: Callable[[Newsletter], list[str]] | None = None


def _who_gets_it(row: Newsletter) -> list[str]:
    """The question before a newsletter is sent: how many get it, in which language, and who gets none."""
    number = sending.readers(row).count()
    asked = ngettext(
        "Send this newsletter to %(number)s supporter now? What has left cannot be taken back.",
        "Send this newsletter to %(number)s supporters now? What has left cannot be taken back.",
        number,
    )
    lines = [asked % {"number": number}]
    written = set(row.texts.values_list("language", flat=True))
    names = dict(settings.LANGUAGES)
    for language, count in sorted(sending.by_language(row).items()):
        line = (
            gettext("%(language)s: %(count)s")
            if language in written
            else gettext("%(language)s: %(count)s, who get none, because it is not written in that language")
        )
        lines.append(line % {"language": names.get(language, language), "count": count})
    return lines


def _stops_for_good(row: Newsletter) -> list[str]:
    left = sending.missing(row).count()
    asked = gettext("Stop it for good? %(left)s supporters, and those whose letter still waits, get none.")
    return [asked % {"left": left}]


def _delete(row: Newsletter) -> bool:
    return bool(Newsletter.objects.filter(pk=row.pk, state=State.DRAFT).delete()[0])


ALL = (
    Act(
        "send",
        _("Send it"),
        SEND,
        lambda row: row.state == State.DRAFT and row.texts.exists(),
        sending.begin,
        _("It is being sent."),
        _who_gets_it,
    ),
    Act("pause", _("Pause"), SEND, lambda row: row.state == State.SENDING, sending.pause, _("Paused.")),
    Act(
        "resume",
        _("Go on"),
        SEND,
        lambda row: row.state == State.PAUSED or (row.state == State.SENDING and not sending.is_running(row)),
        sending.resume,
        _("It is being sent."),
    ),
    Act(
        "stop",
        _("Stop for good"),
        SEND,
        lambda row: row.state in (State.SENDING, State.PAUSED),
        sending.stop,
        _("Stopped: nobody else gets it."),
        _stops_for_good,
    ),
    Act(
        "delete",
        _("Delete the draft"),
        WRITE,
        lambda row: row.state == State.DRAFT,
        _delete,
        _("The draft is deleted."),
        lambda row: [gettext("Delete this draft, in all languages? There is no way back.")],
    ),
)


def digest(row: Newsletter, question: list[str]) -> str:
    """What was asked and read, in short."""
    said = repr((question, list(row.texts.values_list())))
    return hashlib.sha256(said.encode()).hexdigest()[:16]
