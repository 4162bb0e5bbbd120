"""Acts of a donor on their monthly or yearly gift: when each is allowed, what it says beforehand, and the change.

Why it asks as it does: D-156.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from donations.models import Plan, months
from donations.models.frequency import Frequency
from donations.monthly import changes
from donations.monthly.forms import AmountForm, PauseForm
from donations.my import sentences

ONCE = timedelta(days=7)  # so long somebody who meant to give once can still say so


@dataclass(frozen=True)
class Act:
    """One act. `title` and `button` stand on the page that asks. `says` is the sentence about the money, `stands`
    whether it is so already, `again` the name of the note for that. All three, and the change, take the plan and what
    its `form` was filled in with.
    """

    title: Any
    button: Any
    may: Callable[[Plan], bool]
    stands: Callable[..., bool]
    again: str
    says: Callable[..., str]
    change: Callable[..., Plan]
    form: type[Any] | None = None


def read(sentence: str) -> str:
    """What a button sends along to show which sentence stood above it: another one is asked again."""
    return hashlib.sha256(sentence.encode()).hexdigest()[:16]


def may_stop(plan: Plan) -> bool:
    """Until Stripe says that it is over. An end that was set at Stripe lets the months before it be charged."""
    return plan.status != Plan.Status.ENDED and not _stopped(plan)


def may_change(plan: Plan) -> bool:
    return plan.status != Plan.Status.ENDED and plan.cancel_at is None


def may_pause(plan: Plan) -> bool:
    return may_change(plan) and plan.can_rest


def may_skip(plan: Plan) -> bool:
    return may_pause(plan) and plan.status == Plan.Status.ACTIVE and bool(months.rests(plan))


def may_resume(plan: Plan) -> bool:
    return may_change(plan) and plan.status == Plan.Status.PAUSED


def may_undo(plan: Plan) -> bool:
    return plan.status != Plan.Status.ENDED and plan.cancel_at is not None


def once_until(plan: Plan) -> datetime:
    """Until when it can be said that it was meant once (UTC): seven times 24 hours, whatever clocks do meanwhile."""
    return plan.started_at + ONCE


def meant_once(plan: Plan) -> bool:
    """Whether it was perhaps a mistake: in its first week, after one payment."""
    young = timezone.now() < once_until(plan)
    return young and plan.status != Plan.Status.ENDED and plan.gifts.paid().count() <= 1


def made_single(plan: Plan) -> bool:
    return plan.status == Plan.Status.ENDED and plan.gifts.filter(frequency=Frequency.ONCE).exists()


def _stopped(plan: Plan) -> bool:
    return bool(plan.cancel_at) and plan.status == Plan.Status.PAUSED


def _goes_on(plan: Plan) -> bool:
    return may_change(plan) and plan.status != Plan.Status.PAUSED


def _has_it(plan: Plan, total: int) -> bool:
    return plan.total == total


def _rests(plan: Plan, until: datetime) -> bool:
    return may_resume(plan) and plan.resumes_at == until


ACTS = {
    "resume": Act(_("Go on now"), _("End the rest"), may_resume, _goes_on, "going", sentences.resume, changes.resume),
    "stop": Act(_("Stop"), _("Stop this gift"), may_stop, _stopped, "stopped", sentences.stop, changes.stop),
    "undo": Act(
        _("Take it up again"), _("Undo the stop"), may_undo, may_change, "going", sentences.undo, changes.undo_stop
    ),
    "once": Act(
        _("I meant to give once"),
        _("Yes, make it a single gift"),
        meant_once,
        made_single,
        "single",
        sentences.once,
        changes.make_single,
    ),
    "amount": Act(
        _("Another amount"),
        _("Yes, change the amount"),
        may_change,
        _has_it,
        "same",
        sentences.amount,
        changes.change_amount,
        AmountForm,
    ),
    "pause": Act(
        _("Leave payments out"),
        _("Yes, leave them out"),
        may_pause,
        _rests,
        "resting",
        sentences.rest,
        changes.pause,
        PauseForm,
    ),
    # Until when is sent along: the payment that the page named.
    "skip": Act(
        _("Leave one out"),
        _("Yes, leave it out"),
        may_skip,
        _rests,
        "resting",
        sentences.rest,
        changes.pause,
        PauseForm,
    ),
}


def shown(plan: Plan) -> dict[str, tuple[str, str]]:
    """The acts whose button stands under its sentence on the gift's own page: the sentence, and its `read`."""
    says = {name: ACTS[name].says(plan) for name in ("resume", "stop", "undo") if ACTS[name].may(plan)}
    if may_change(plan):
        says["card"] = sentences.card(plan)
    if may_skip(plan):
        one, _two, three = months.rests(plan)[:3]
        says |= {"skip": sentences.rest(plan, one.until), "three": sentences.rest(plan, three.until)}
    return {name: (words, read(words)) for name, words in says.items()}
