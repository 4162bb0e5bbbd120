"""Monthly gifts in the panel: a list, and one button for each change that a donor may ask for."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from donations import gateway, steering
from donations.models import Plan
from foundation.organisation import home
from staff.lists import Action, ReadOnlyViewSet, Related


def _steer(change: Callable[[Plan], Plan], words: Any) -> Callable[[Plan, Any], str]:
    """What a button does: the change at Stripe, or a sentence that says why not."""

    def run(plan: Plan, user: Any) -> str:
        try:
            change(plan)
        except (gateway.StripeIsDownError, gateway.StripeRefusedError, home.NotAtHomeError) as error:
            return gettext("Nothing was changed: %(why)s") % {"why": error}
        return str(words)

    return run


def _pause_for(days: int) -> Callable[[Plan], Plan]:
    return lambda plan: steering.pause(plan, timezone.now() + timedelta(days=days))


def _active(plan: Plan) -> bool:
    return plan.status in (Plan.Status.ACTIVE, Plan.Status.PAST_DUE) and plan.cancel_at is None


MAY = "donations.change_plan"


class PlanViewSet(ReadOnlyViewSet):
    """Monthly gifts, as Stripe has them, and what staff may do with one when a donor asks for it."""

    model = Plan
    icon = "repeat"
    menu_label = _("Monthly gifts")
    list_display = ["subscription_id", "supporter", "total_text", "status", "started_at", "current_period_end"]
    list_filter = {"status": ["exact"], "currency": ["exact"], "started_at": ["date"]}
    search_fields = ["subscription_id", "customer_id", "supporter__name", "supporter__email"]
    list_select_related = ["supporter"]
    related = [
        Related(
            _("Payments"), lambda plan: plan.gifts.all(), ["reference", "total_text", "status", "paid_at", "invoice_id"]
        )
    ]
    actions = [
        Action("pause-month", _("Pause for 30 days"), _steer(_pause_for(30), _("Paused for 30 days.")), MAY, _active),
        Action("pause-quarter", _("Pause for 90 days"), _steer(_pause_for(90), _("Paused for 90 days.")), MAY, _active),
        Action(
            "resume",
            _("Resume"),
            _steer(steering.resume, _("The monthly gift goes on.")),
            MAY,
            lambda plan: plan.status == Plan.Status.PAUSED and plan.cancel_at is None,
        ),
        Action(
            "stop",
            _("Stop: take nothing more, end in seven days"),
            _steer(steering.stop, _("Nothing more is taken. It ends in seven days, and can be taken up until then.")),
            MAY,
            lambda plan: plan.status != Plan.Status.ENDED and plan.cancel_at is None,
        ),
        Action(
            "undo-stop",
            _("Undo the stop"),
            _steer(steering.undo_stop, _("The monthly gift goes on.")),
            MAY,
            lambda plan: plan.status != Plan.Status.ENDED and plan.cancel_at is not None,
        ),
        Action(
            "end",
            _("End now, for ever"),
            _steer(steering.end, _("The monthly gift has ended.")),
            MAY,
            lambda plan: plan.status != Plan.Status.ENDED,
        ),
        Action("look", _("Ask Stripe how it stands"), _steer(steering.look, _("This is how Stripe has it.")), MAY),
    ]
