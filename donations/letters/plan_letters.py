"""Letters about monthly and yearly gifts: dunning when a card fails, changes, pauses, ends, and what is taken soon."""

from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from donations import money
from donations.letters import gift_letters
from donations.models import Gift, Plan, months
from foundation.access import tokens
from foundation.letters.models import Letter
from foundation.organisation.models import Organisation

CARD = "mend-card"  # purpose of the link's token
CARD_LIFE = timedelta(days=30)
LAST_LETTER = 10
PATIENCE = timedelta(days=21)  # from the first failure to the pause
next_payment = months.next_payment
SERIES = {0: "card_failed", 4: "card_failed_again", LAST_LETTER: "card_failed_last", PATIENCE.days: "plan_held"}


def card_failed(plan: Plan, days: int) -> Letter | None:
    """Queue the dunning letter of a day: a payment failed, and here is one tap to mend it. Once for each day of one
    series.

    The link's token is made once, with the letter. Call it while the plan's row is the newest.
    """
    since = plan.past_due_since
    return _with_link(plan, f"card-failed:{plan.subscription_id}:{since:%Y%m%d%H%M%S}:{days}", SERIES[days])


def card_link(plan: Plan) -> Letter | None:
    """Queue a link to change the card, by staff, because the donor asked for it. A double click is one letter."""
    return _with_link(plan, f"card-link:{plan.subscription_id}:{timezone.now():%Y%m%d%H%M}", "card_link")


def new_card_link(plan: Plan) -> Letter | None:
    """Queue a new link to change the card, for a donor whose link expired. One letter a day, however often they ask."""
    return _with_link(plan, f"card-link:{plan.subscription_id}:{timezone.now():%Y%m%d}", "card_link")


def card_refused(plan: Plan, invoice: str, card: str) -> Letter | None:
    """Queue the letter about a new card that is declined as well. Once for each card and month."""
    return _with_link(plan, f"card-refused:{plan.subscription_id}:{invoice}:{card}", "card_failed_again")


def card_changed(plan: Plan) -> Letter | None:
    """Queue the letter about a new card. Once for each card. What is still open is tried with it at once (sync.cards);
    a gift that we paused, because the one before failed, goes on by itself.
    """
    key = f"card-changed:{plan.subscription_id}:{plan.method_id}"
    return _about(
        plan,
        key,
        "card_changed",
        open=plan.past_due_since if plan.asks_for_card else None,
        lifted=plan.pace if plan.auto_paused_at else "",
    )


def welcome(plan: Plan) -> Letter | None:
    return _about(plan, f"welcome:{plan.subscription_id}", "welcome_monthly")


def changed(plan: Plan, before: int) -> Letter | None:
    """Queue the letter about another amount. `before` in minor units."""
    key = f"plan-changed:{plan.subscription_id}:{_stamp(plan)}"
    return _about(plan, key, "plan_changed", before=before)


def paused(plan: Plan) -> Letter | None:
    key = f"plan-paused:{plan.subscription_id}:{_stamp(plan)}"
    return _about(plan, key, "plan_paused", until=plan.resumes_at)


def resumed(plan: Plan) -> Letter | None:
    return _about(plan, f"plan-resumed:{plan.subscription_id}:{_stamp(plan)}", "plan_resumed")


def stopped(plan: Plan) -> Letter | None:
    """Queue the letter about an end that was set: by our stop, with nothing taken until then, or at Stripe itself."""
    template = "plan_stopped" if plan.status == Plan.Status.PAUSED else "plan_ending"
    key = f"plan-stopped:{plan.subscription_id}:{_stamp(plan)}"
    return _about(plan, key, template, ends_on=plan.cancel_at)


def renews(plan: Plan, on: datetime) -> Letter | None:
    """Queue the notice before a yearly payment is taken again, `on` that day (UTC). Once for each payment."""
    return _about(plan, f"renewal:{plan.subscription_id}:{on:%Y%m%d}", "renewal_notice", next_on=on)


def ended(plan: Plan) -> Letter | None:
    return _about(plan, f"plan-ended:{plan.subscription_id}", "plan_ended")


def made_single(plan: Plan) -> Letter | None:
    return _about(plan, f"plan-ended:{plan.subscription_id}", "plan_single")


def newest_gift(plan: Plan) -> Gift | None:
    return plan.gifts.select_related("supporter").order_by("-id").first()


def _with_link(plan: Plan, key: str, template: str) -> Letter | None:
    gift = newest_gift(plan)
    if gift is None or Letter.objects.filter(key=key).exists():
        return None
    token = tokens.make(CARD, plan.subscription_id, CARD_LIFE)
    return _about(
        plan,
        key,
        template,
        link=settings.BASE_URL + reverse("donations:card", args=[token]),
        days=str(CARD_LIFE.days),
        pause_on=plan.past_due_since + PATIENCE if plan.past_due_since else None,
    )


def _about(plan: Plan, key: str, template: str, **places: str | int | datetime | None) -> Letter | None:
    """Queue a letter to the donor of the newest payment, or of the first one that did not come.

    Whole numbers are minor units, moments UTC.
    """
    gift = newest_gift(plan)
    if gift is None:
        return None
    with gift_letters.speaking_to(gift):
        words = {"every": plan.every, "pace": plan.pace}
        raw = {"total": plan.total, "next_on": next_payment(plan), **words, **places}
        return gift_letters.post(key, template, gift, {name: _said(value, plan) for name, value in raw.items()})


def _said(value: str | int | datetime | None, plan: Plan) -> str:
    if isinstance(value, int):
        return money.exact(value, plan.currency)
    if isinstance(value, datetime):  # on the organisation's own calendar
        return gift_letters.day(Organisation.load().day_of(value))
    return value or ""


def _stamp(plan: Plan) -> str:
    return f"{plan.as_of:%Y%m%d%H%M%S%f}"
