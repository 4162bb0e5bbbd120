"""What a donor's change of a gift that repeats does to the money, and when: the sentence that stands before the press.

They are said in the time zone of the page (`on_our_calendar`), of the plan as we know it now.
"""

from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from donations import money
from donations.letters import plan_letters
from donations.models import Plan, months
from donations.monthly import changes
from donations.stripe import writes


def amount(plan: Plan, total: int) -> str:
    facts = {**_facts(plan), "new": money.exact(total, plan.currency), "day": _day(_next(plan))}
    if facts["day"]:
        words = _(
            "From %(day)s on %(new)s is taken %(every)s, instead of %(sum)s. Nothing is taken or given back before."
        )
    else:
        words = _("From the next payment on %(new)s is taken %(every)s, instead of %(sum)s.")
    return words % facts + _if_open(plan, _("The payment that is still open stays as it is."))


def rest(plan: Plan, until: datetime) -> str:
    """Of a pause that ends so (UTC): one of `months.rests`."""
    found = next(each for each in months.rests(plan) if each.until == until)
    words = ngettext(
        "The payment of %(sum)s on %(first)s is not taken, and is not owed. The next one is taken on %(next)s.",
        "The %(count)s payments of %(sum)s from %(first)s to %(last)s are not taken, and are not owed. "
        "The next one is taken on %(next)s.",
        found.payments,
    )
    days = {"first": _day(months.rests(plan)[0].last), "last": _day(found.last), "next": _day(found.next)}
    return words % {**_facts(plan), **days, "count": found.payments} + _if_open(plan, _no_more_asked())


def resume(plan: Plan) -> str:
    return _goes_on(plan)


def stop(plan: Plan) -> str:
    facts = {**_facts(plan), "day": _day(_next(plan)), "until": _day(changes.ends_if_stopped())}
    if facts["day"]:
        words = _("From now on nothing more is taken: not the %(sum)s of %(day)s, and nothing later.")
    else:
        words = _("From now on nothing more is taken.")
    return " ".join([words, _("You can undo it until %(until)s.")]) % facts + _if_open(plan, _no_more_asked())


def undo(plan: Plan) -> str:
    """As `writes.undo_stop` does it: what rested before the stop rests again."""
    until = plan.resumes_at
    if plan.rested.isdecimal():
        until = datetime.fromtimestamp(int(plan.rested), UTC)
        rests = until > timezone.now() + timedelta(seconds=writes.SOON)
    else:
        rests = plan.status == Plan.Status.PAUSED and plan.rested in ("", writes.ALWAYS)
    if not rests:
        return _goes_on(plan) + _if_open(plan, _("The payment that is still open is asked for again."))
    if until is None:
        return _("It does not end, and rests as it did before: nothing is taken until you go on.")
    words = _("It does not end, and rests as it did before: %(sum)s is taken next on %(day)s.")
    return words % {**_facts(plan), "day": _day(months.first_after(plan, until))}


def once(plan: Plan) -> str:
    facts = {**_facts(plan), "day": _day(_next(plan))}
    came = plan.gifts.paid().first()
    if came:
        kept = _("Your %(sum)s of %(came)s is a single gift then.") % {
            "sum": came.total_text(),
            "came": _day(came.paid_at),
        }
    else:
        kept = _("The payment that is on its way still arrives, as a single gift.")
    never = (
        _("Nothing more is ever taken: nothing on %(day)s, and nothing later.")
        if facts["day"]
        else _("Nothing more is ever taken.")
    )
    anew = _("This cannot be undone: to give %(every)s again, you begin anew.")
    return " ".join([kept, never % facts, anew % facts])


def card(plan: Plan) -> str:
    facts = {**_facts(plan), "day": _day(_next(plan))}
    if plan.asks_for_card:
        words = _(
            "The payment that is still open is tried with the new card at once, and later ones are taken from it."
        )
    elif plan.auto_paused_at:
        words = _("Your gift goes on with the new card. Nothing is owed for the time in which it was paused.")
    elif facts["day"]:
        words = _("Nothing is taken now. From %(day)s on %(sum)s is taken %(every)s from the new card.")
    else:
        words = _("Nothing is taken now. Later payments are taken from the new card.")
    return words % facts


def _goes_on(plan: Plan) -> str:
    day = _day(months.first_after(plan, timezone.now()))
    if not day:
        return _("Your gift goes on: %(sum)s is taken %(every)s again. Nothing is taken now.") % _facts(plan)
    words = _("Your gift goes on: %(sum)s is taken %(every)s again, next on %(day)s. Nothing is taken now.")
    return words % {**_facts(plan), "day": day}


def _no_more_asked() -> str:
    return _("The payment that is still open is not asked for any more.")


def _if_open(plan: Plan, words: str) -> str:
    """A further sentence where a payment has failed, and may still be taken."""
    return f" {words}" if plan.status == Plan.Status.PAST_DUE else ""


def _facts(plan: Plan) -> dict[str, str]:
    return {"sum": money.exact(plan.total, plan.currency), "every": plan.every}


def _next(plan: Plan) -> datetime | None:
    """The next payment as it stands (UTC); the one after the open one of a gift that is past due."""
    if plan.status == Plan.Status.PAST_DUE and not plan.cancel_at:
        return months.first_after(plan, timezone.now())
    return plan_letters.next_payment(plan)


def _day(moment: datetime | None) -> str:
    return date_format(timezone.localtime(moment), "DATE_FORMAT") if moment else ""
