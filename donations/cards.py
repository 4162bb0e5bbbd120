"""A donor's new card: monthly gifts are charged by it from now on, and at once for a month that is still open."""

from donations import asking, gateway, plan_letters, plans, steering, telling, unpaid
from donations.models import Plan


def take_over(plan: Plan) -> None:
    """After anything about the customer's cards changed. Harmless to repeat.

    Stripe's page may change the plan's own card, or the customer's alone; the plan's goes first. So the newer of the
    two becomes the plan's. Nothing is taken of a gift that is paused or stopped; what we paused goes on.
    """
    known = gateway.subscription(plan.subscription_id)
    card = asking.card_of_customer(plan.customer_id)
    if card and known.method and card != known.method and asking.is_newer(card, known.method):
        steering.charge(plan, card)
    else:
        card = known.method or card
    if plan.held_since:
        plans.go_on(plan)
    elif known.collecting and known.status in ("past_due", "unpaid") and not known.cancel_at:
        _collect(plan, known.latest, card)


def _collect(plan: Plan, invoice: str, card: str) -> None:
    """The month that is open now, if this card was not tried for it yet. Older ones were given up: nobody is charged
    for several at once.
    """
    intent = asking.intent_of_invoice(invoice) if invoice else ""
    tried = gateway.payment_intent(intent) if intent else None
    if tried is None or tried.status == "processing" or tried.refused == card:
        return
    try:
        telling.collect(invoice, card)
    except gateway.StripeRefusedError:
        steering.look(plan)
        if plan.asks_for_card and not unpaid.on_its_way(invoice):
            plan_letters.card_refused(plan, invoice, card)
    else:
        steering.look(plan)
