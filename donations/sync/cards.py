"""Sync a donor's new card: monthly and yearly gifts are charged by it, at once for what is still open."""

from donations.letters.outcomes import CardRefused, Tell
from donations.models import Plan
from donations.monthly import changes, plans
from donations.stripe import reads, unpaid, writes
from donations.stripe.errors import StripeRefusedError


def take_over(plan: Plan, tell: Tell) -> None:
    """Charge a plan by the customer's new card. Called after anything about the customer's cards changed. Idempotent.

    Stripe's page may change the plan's own card, or the customer's alone; the plan's goes first. So the newer of the
    two becomes the plan's. Nothing is taken of a gift that is paused or stopped; what we auto-paused is resumed.
    """
    known = reads.subscription(plan.subscription_id)
    card = reads.card_of_customer(plan.customer_id)
    if card and known.method and card != known.method and reads.is_newer(card, known.method):
        changes.charge(plan, card, tell)
    else:
        card = known.method or card
        if plan.method_id != known.method:
            changes.refresh(plan, tell)  # the letter about the card says what is open, before that is tried by it
    if plan.auto_paused_at:
        plans.request_resume(plan)
    elif known.collecting and known.status in ("past_due", "unpaid") and not known.cancel_at:
        _collect(plan, known.latest, card, tell)


def _collect(plan: Plan, invoice: str, card: str, tell: Tell) -> None:
    """Charge the invoice that is open now, if this card was not tried for it yet. Older ones were voided: nobody is
    charged for several at once.
    """
    intent = reads.intent_of_invoice(invoice) if invoice else ""
    tried = reads.payment_intent(intent) if intent else None
    if tried is None or tried.status == "processing" or tried.refused == card:
        return
    try:
        writes.collect(invoice, card)
    except StripeRefusedError:
        changes.refresh(plan, tell)
        if plan.asks_for_card and not unpaid.on_its_way(invoice):
            tell([CardRefused(plan, invoice, card)])
    else:
        changes.refresh(plan, tell)
