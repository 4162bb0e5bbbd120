"""Book payments: fetch what Stripe knows of one, then write gift, plan, ledger and receipt at once."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from donations.books import ledger, receipts
from donations.campaigns import matching
from donations.letters.outcomes import Booked, DebitFailed, PlanBegan, ReceiptIssued
from donations.models import Campaign, Gift, LedgerEntry, Plan
from donations.models.gifts import ALPHABET
from donations.monthly import plans
from donations.stripe import objects, prefetch, reads
from foundation.organisation.models import Organisation
from foundation.prepared import queries
from supporters.supporters import get_or_create_supporter


class NotOursError(Exception):
    """Foreign money, or an object on this Stripe account that no gift of ours asked for. Accepted and left alone."""


class OrphanError(NotOursError):
    """It carries a reference as we give them, and no gift of ours has it: lost from our books, or another site's.

    `named`: by what its Checkout Session is found at Stripe; empty where nobody knows that here.
    """

    def __init__(self, reference: str, named: dict[str, str]) -> None:
        super().__init__(f"No gift has the reference “{reference}”.")
        self.reference, self.named = reference, named


REFERENCE = re.compile("-".join([f"[{ALPHABET}]{{4}}"] * 3))


# What a payment makes of a gift that waited for it; all else stays as it is.
SUMS = ("amount", "fee_cover", "total", "currency")
PAID = (*SUMS, "name", "status", "paid_at", "livemode", "payment_intent_id", "invoice_id", "supporter")


@dataclass(frozen=True)
class Payment:
    """All facts about one payment, fetched outside of any transaction. `as_of`: when the fetching began, UTC.
    `is_latest`: no other charge of its payment intent came after it. `part`: the invoice payment ("inpay_…"), if it was
    found by its invoice.
    """

    reference: str
    charge: objects.Charge
    invoice: objects.Invoice | None
    subscription: objects.Subscription | None
    as_of: datetime
    is_latest: bool = True
    part: str = ""


def by_intent(ident: str) -> Payment | None:
    """The payment behind a payment intent; None while no money came. Raises NotOursError."""
    as_of = prefetch.as_of()
    intent = reads.payment_intent(ident)
    return _of(intent, intent.charge, as_of) if intent.charge and intent.charge.moved else None


def by_charge(charge: objects.Charge, intent: objects.PaymentIntent) -> Payment | None:
    """The payment that a charge is, even when a later charge took its place; None while it moved no money."""
    as_of = prefetch.as_of()
    if not charge.moved:
        return None
    return replace(_of(intent, charge, as_of), is_latest=intent.latest == charge.id)


def reference_of(intent: objects.PaymentIntent) -> str:
    """The gift that a charge was tried for, whether or not money came; empty for one that nobody asked us for."""
    if intent.reference:
        return intent.reference
    invoice = reads.invoice_of_intent(intent.id)
    return reads.invoice(invoice).reference if invoice else ""


def _of(intent: objects.PaymentIntent, charge: objects.Charge, as_of: datetime) -> Payment:
    if intent.reference:
        return Payment(intent.reference, charge, None, None, as_of)
    return _monthly(reads.invoice_of_intent(intent.id), charge, as_of)


def by_invoice(ident: str) -> list[Payment]:
    """The payments behind an invoice. Raises NotOursError."""
    as_of = prefetch.as_of()
    charges = [(part, reads.payment_intent(intent).charge) for intent, part in reads.intents_of_invoice(ident)]
    return [
        replace(_monthly(ident, charge, as_of), part=part) for part, charge in charges if charge and charge.succeeded
    ]


def _monthly(invoice_id: str, charge: objects.Charge, as_of: datetime) -> Payment:
    if not invoice_id:
        raise NotOursError
    invoice = reads.invoice(invoice_id)
    if not invoice.subscription or not invoice.reference:
        raise NotOursError
    subscription = reads.subscription(invoice.subscription)
    return Payment(invoice.reference, charge, invoice, subscription, as_of)


@transaction.atomic
def receive(payment: Payment) -> Booked:
    """Book a payment, idempotent, however often and in whatever order it is told. Writes to nobody.

    Everything of one gift, and of all payments of one plan, happens with its first row locked.
    """
    subscription = payment.subscription
    named = {"subscription": subscription.id} if subscription else {"payment_intent": payment.charge.payment_intent}
    first = lock(payment.reference, named)
    booked, plan = Booked(), None
    if subscription:
        plan, booked.outcomes = plans.upsert(subscription, first, payment.as_of)
    gift = _gift_of(payment, first, plan)
    comes_now = not gift.is_paid
    if comes_now:
        booked.note = _mismatch(gift, payment.charge)
        _pay(gift, payment)
    charge = payment.charge
    if plan:
        _belong(gift, plan.pk)
        if plan.supporter_id is None:
            type(plan).objects.filter(pk=plan.pk).update(supporter=gift.supporter)
    ledger.record_charge(gift, charge)
    if plan:
        plans.follow_money(plan)
    if plan and gift.is_paid and payment.invoice and payment.invoice.first:
        booked.outcomes.append(PlanBegan(plan))
    if charge.returned:
        ledger.record_refund_or_dispute(gift, charge.id, LedgerEntry.Kind.REFUND, -charge.amount, charge.returned)
        booked.note = f"{booked.note} The bank took the money back.".strip()
    matching.follow(gift, comes_now)
    document = None
    if gift.is_paid:
        issued = receipts.issue(gift, charge)
        booked.outcomes.append(ReceiptIssued(issued))
        document = receipts.correct(gift, issued)
    if charge.returned:
        booked.outcomes.append(DebitFailed(gift, document))
    return booked


def is_reference(text: str) -> bool:
    """Whether a text has the form of our references: another shop's mark does not."""
    return bool(REFERENCE.fullmatch(text))


def lock(reference: str, named: dict[str, str] | None = None) -> Gift:
    """Return the gift that a reference names, locked (SELECT FOR UPDATE) until the transaction ends. Raises
    NotOursError; OrphanError where the reference is of our form, with what `named` says of its Checkout Session.
    """
    gift = queries.first(_locked, reference=reference) if reference else None
    if gift is None:
        if is_reference(reference):
            raise OrphanError(reference, named or {})
        raise NotOursError(f"No gift has the reference “{reference}”." if reference else "")
    return gift


def _locked(reference: str) -> QuerySet[Gift]:
    return Gift.objects.select_for_update(no_key=True).filter(reference=reference)


def _paid_by(intent: str) -> QuerySet[Gift]:
    return Gift.objects.filter(payment_intent_id=intent)[:1]


def gift_about(fact: objects.Refund | objects.Dispute | objects.FraudWarning) -> Gift:
    """Return the gift of a refund, dispute or warning, locked until the transaction ends. Stripe may name the charge
    alone. Raises NotOursError.
    """
    charges = LedgerEntry.objects.filter(kind=LedgerEntry.Kind.CHARGE).exclude(stripe_object="")
    named = (
        Q(payment_intent_id=fact.payment_intent)
        if fact.payment_intent
        else Q(pk__in=charges.filter(stripe_object=fact.charge).values("gift"))
    )
    gift = Gift.objects.select_for_update(no_key=True).filter(named).first()
    if gift is None:
        raise NotOursError("It is about a payment that is not ours.")
    return gift


def _gift_of(payment: Payment, first: Gift, plan: Plan | None) -> Gift:
    """The row of this payment: the one that waits for it, or a new one for each further payment."""
    known = queries.first(_paid_by, intent=payment.charge.payment_intent)
    if known:
        return known
    renewal = payment.invoice is not None and not payment.invoice.first
    if not renewal and not first.is_paid:
        return first
    amount, fee_cover = plans.parts(payment.charge.amount, first)
    return Gift(
        frequency=plan.frequency if plan else first.frequency,
        currency=payment.charge.currency,
        amount=amount,
        fee_cover=fee_cover,
        total=payment.charge.amount,
        email=first.email,
        name=first.name,
        company=first.company,
        name_public=first.name_public,
        fund=first.fund,
        language=first.supporter.language if first.supporter else first.language,
        campaign=_campaign_of(payment, first),
        supporter=first.supporter,
        livemode=payment.charge.livemode,
    )


def _campaign_of(payment: Payment, first: Gift) -> Campaign | None:
    """A renewal counts for the campaign that the gift began in, as long as that is open."""
    day = Organisation.load().day_of(payment.charge.created)
    campaign = first.campaign
    return campaign if campaign and campaign.state_on(day) == Campaign.State.OPEN else None


def _mismatch(gift: Gift, charge: objects.Charge) -> str:
    if (gift.total, gift.currency) == (charge.amount, charge.currency):
        return ""
    return f"Asked for {gift.total} {gift.currency}, charged {charge.amount} {charge.currency}: booked as charged."


def _pay(gift: Gift, payment: Payment) -> None:
    """The gift becomes what was paid: our own sums are a wish, Stripe's are the money."""
    charge = payment.charge
    if (gift.total, gift.currency) != (charge.amount, charge.currency):
        gift.amount, gift.fee_cover, gift.total, gift.currency = charge.amount, 0, charge.amount, charge.currency
    if not (gift.supporter and gift.supporter.erased_at):  # who was forgotten stays so
        gift.name = gift.name or charge.name[:200]
    if charge.succeeded:
        gift.status = Gift.Status.PAID
        gift.paid_at = charge.created
    else:
        gift.status = Gift.Status.FAILED
    gift.livemode = charge.livemode
    gift.payment_intent_id = charge.payment_intent
    gift.invoice_id = payment.invoice.id if payment.invoice else None
    gift.supporter = gift.supporter or get_or_create_supporter(gift.email, gift.name, language=gift.language)
    gift.save(update_fields=None if gift.pk is None else PAID)


def _belong(gift: Gift, plan: int) -> None:
    if gift.plan_id != plan:
        Gift.objects.filter(pk=gift.pk).update(plan=plan)
        gift.plan_id = plan
