"""Panel list of monthly and yearly gifts (subscriptions), and what staff may change when a donor asks for it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from donations import money
from donations.letters import gift_letters, plan_letters
from donations.models import Plan, months
from donations.monthly import changes
from donations.monthly.forms import AmountForm, PauseForm
from donations.panel import searches
from donations.panel.money_lists import MoneyViewSet
from donations.stripe import client, troubles
from donations.stripe.errors import KeyRefusedError, StripeIsDownError, StripeRefusedError
from foundation.organisation import clone_guard
from foundation.organisation.models import Organisation
from staff.action_views import NotDoneError
from staff.list_filters import ListFilterSet
from staff.lists import Action, Related

MAY = "donations.change_plan"


def _change_action(change: Callable[..., Plan], words: Any) -> Callable[..., str]:
    """Return what a button does: the change at Stripe, or a sentence that says why not."""

    def run(plan: Plan, user: Any, **chosen: Any) -> str:
        try:
            with changes.changes(plan):
                change(plan, **chosen)
        except (
            StripeIsDownError,
            StripeRefusedError,
            clone_guard.WrongSiteError,
            changes.CannotError,
        ) as error:
            if isinstance(error, KeyRefusedError | StripeRefusedError):
                troubles.refused(error, "monthly gift")
            if isinstance(error, StripeIsDownError) and error.may_be_done:
                unknown = gettext(
                    "Stripe has not answered, and may have done it: here is how it stands as far as we know."
                )
                raise NotDoneError(unknown) from error
            raise NotDoneError(gettext("Nothing was changed: %(why)s") % {"why": error}) from error
        return str(words(plan) if callable(words) else words)

    return run


def _skip(payments: int) -> Callable[[Plan], Plan]:
    return lambda plan: changes.skip(plan, payments)


def _sure_of_skip(payments: int) -> Callable[..., str]:
    def sure(plan: Plan, chosen: dict[str, Any]) -> str:
        rests = months.rests(plan)
        if not rests:
            return gettext("Stripe has not told us when the next payment is. Press “Ask Stripe how it stands” first.")
        return gettext(
            "%(gift)s from %(who)s rests. The next payment is then taken on %(day)s. The donor gets a letter about it."
        ) % {"gift": plan, "who": _who(plan), "day": _day(rests[payments - 1].next)}

    return sure


def _day(moment: datetime | None) -> str:
    return gift_letters.day(Organisation.load().day_of(moment)) if moment else ""


def _rests(plan: Plan) -> str:
    return gettext("Paused. The next payment is taken on %(day)s.") % {"day": _day(plan_letters.next_payment(plan))}


def _undone(plan: Plan) -> str:
    if plan.status == Plan.Status.PAUSED:
        return gettext("The gift does not end. It rests, as it did before the stop.")
    return gettext("The gift goes on.")


def _skips(plan: Plan) -> bool:
    return _pauses(plan) and plan.status in (Plan.Status.ACTIVE, Plan.Status.PAST_DUE)


def _pauses(plan: Plan) -> bool:
    return _stays(plan) and plan.can_rest


def _stays(plan: Plan) -> bool:
    return _is_there(plan) and plan.status != Plan.Status.ENDED and plan.cancel_at is None


def _is_there(plan: Plan) -> bool:
    """Whether it is at the Stripe account and mode of our key: not one of a rehearsal, once real money moves."""
    return plan.livemode == client.is_live()


def _runs(plan: Plan) -> bool:
    return _is_there(plan) and plan.status != Plan.Status.ENDED


def _still_takes(plan: Plan) -> bool:
    """An end that was set at Stripe lets the months before it be charged: such a gift can be stopped too."""
    return _runs(plan) and not (plan.cancel_at and plan.status == Plan.Status.PAUSED)


def _sure_of_amount(plan: Plan, chosen: dict[str, Any]) -> str:
    return gettext(
        "%(new)s instead of %(old)s, from the next payment on. Nothing is charged or given back now, "
        "and the donor gets a letter about it."
    ) % {"new": money.exact(chosen["total"], plan.currency), "old": plan}


def _sure_of_end(plan: Plan, chosen: dict[str, Any]) -> str:
    return gettext(
        "%(gift)s from %(who)s ends now. This cannot be undone: to give again, the donor begins anew. A stop takes "
        "nothing more either, and can be undone for seven days. The donor gets a letter about it."
    ) % {"gift": plan, "who": _who(plan)}


def _sure_of_stop(plan: Plan, chosen: dict[str, Any]) -> str:
    return gettext(
        "Nothing more is taken of %(gift)s from %(who)s, and it ends in seven days. The donor gets a letter about it."
    ) % {"gift": plan, "who": _who(plan)}


def _sure_of_pause(plan: Plan, chosen: dict[str, Any]) -> str:
    return gettext("%(gift)s from %(who)s rests. The donor gets a letter about it.") % {
        "gift": plan,
        "who": _who(plan),
    }


def _who(plan: Plan) -> str:
    supporter = plan.supporter
    return (supporter.name or supporter.email) if supporter else gettext("a donor whom we do not know yet")


def _mail_link(plan: Plan, user: Any) -> str:
    """The address stays out of the sentence: it stands in the log."""
    if plan_letters.card_link(plan) is None:
        raise NotDoneError(gettext("No letter was written: one went out a moment ago, or we have no address."))
    return gettext("A letter with a link to change the card is on its way. The link works for 30 days.")


class PlanFilters(ListFilterSet):
    several = django_filters.BooleanFilter(label=_("One of several running gifts of one person"), method="of_several")

    class Meta:
        model = Plan
        fields = {
            "status": ["exact"],
            "frequency": ["exact"],
            "currency": ["exact"],
            "started_at": ["date"],
            "cancel_at": ["date"],
            "ended_at": ["date"],
            "livemode": ["exact"],
        }

    def of_several(self, rows: QuerySet[Plan], name: str, value: bool | None) -> QuerySet[Plan]:
        several = Plan.objects.of_several().values("pk")
        return rows.filter(pk__in=several) if value else rows.exclude(pk__in=several)


class PlanViewSet(MoneyViewSet):
    """Monthly and yearly gifts, as Stripe has them, and what staff may do with one when a donor asks for it."""

    model = Plan
    icon = "repeat"
    menu_label = _("Monthly and yearly gifts")
    list_display = [
        "subscription_id",
        "supporter",
        "total_text",
        "frequency",
        "status_text",
        "started_at",
        "current_period_end",
        "mode_text",
    ]
    filterset_class = PlanFilters
    search_fields, search = ["subscription_id"], searches.PLANS
    list_select_related = ["supporter"]
    inspect_view_fields = [
        *["status_text", "total_text", "frequency", "amount", "fee_cover", "currency", "supporter", "started_at"],
        *["current_period_end", "resumes_at", "cancel_at", "ended_at", "past_due_since", "auto_paused_at"],
        *["stripe_status", "subscription_id", "customer_id", "as_of", "livemode"],
    ]
    related = [
        Related(
            _("Payments"), lambda plan: plan.gifts.all(), ["reference", "total_text", "status", "paid_at", "invoice_id"]
        )
    ]
    actions = [
        Action(
            "amount",
            _("Change the amount"),
            _change_action(changes.change_amount, lambda plan: gettext("Now %(gift)s.") % {"gift": plan}),
            MAY,
            _stays,
            form=AmountForm,
            sure=_sure_of_amount,
        ),
        Action(
            "pause",
            _("Leave out payments"),
            _change_action(changes.pause, _rests),
            MAY,
            _pauses,
            form=PauseForm,
            sure=_sure_of_pause,
        ),
        Action(
            "skip", _("Skip the next payment"), _change_action(_skip(1), _rests), MAY, _skips, sure=_sure_of_skip(1)
        ),
        Action(
            "skip-three",
            _("Skip the next three payments"),
            _change_action(_skip(3), _rests),
            MAY,
            _skips,
            sure=_sure_of_skip(3),
        ),
        Action(
            "resume",
            _("Resume"),
            _change_action(changes.resume, _("The gift goes on.")),
            MAY,
            lambda plan: _stays(plan) and plan.status == Plan.Status.PAUSED,
        ),
        Action("mail-card-link", _("Mail the donor a link to change the card"), _mail_link, MAY, _runs),
        Action(
            "stop",
            _("Stop: take nothing more, end in seven days"),
            _change_action(
                changes.stop, _("Nothing more is taken. It ends in seven days, and can be taken up until then.")
            ),
            MAY,
            _still_takes,
            sure=_sure_of_stop,
        ),
        Action(
            "undo-stop",
            _("Undo the stop"),
            _change_action(changes.undo_stop, _undone),
            MAY,
            lambda plan: _runs(plan) and plan.cancel_at is not None,
        ),
        Action(
            "end",
            _("End now, for ever"),
            _change_action(changes.end, _("The gift has ended.")),
            MAY,
            _runs,
            sure=_sure_of_end,
        ),
        Action(
            "look",
            _("Ask Stripe how it stands"),
            _change_action(changes.refresh, _("This is how Stripe has it.")),
            MAY,
            _is_there,
        ),
    ]
