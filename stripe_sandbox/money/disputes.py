"""Disputes: inquiries and chargebacks, the amount and fee they withdraw, how they close; and early fraud warnings."""

from ..shapes import disputes as shapes
from ..store.books import Books, Thing, merged
from ..store.errors import StripeError
from ..store.events import change, emit
from . import balance

DAY = 86400
# Stripe's fee for a dispute, in cents; given back when the dispute is won.
FEE = 1500
TIME_TO_ANSWER = 14 * DAY
# Seconds in which the bank decides on evidence.
DELIBERATION = DAY
OPEN = ("needs_response", "under_review")
ASKING = ("warning_needs_response", "warning_under_review")


def begin(books: Books, charge: Thing, facts: Thing) -> Thing:
    """Open a dispute. `facts`: reason, amount in minor units (else all that is left), inquiry (no money moves)."""
    left = charge["amount"] - charge["amount_refunded"]
    if charge["status"] != "succeeded" or charge["disputed"] or left == 0:
        raise StripeError(f"Charge {charge['id']} cannot be disputed: not paid, refunded, or disputed already.")
    amount = facts.get("amount", left)
    if not 1 <= amount <= left:
        raise StripeError(f"A dispute of this charge is about 1 to {left}.")
    due = books.now + TIME_TO_ANSWER
    dispute = shapes.dispute(
        books.new_id("du"), books.now, charge, amount, facts.get("reason", "general"), facts.get("inquiry", False), due
    )
    if dispute["status"] == "needs_response":
        _withdraw(books, dispute)
    books.put(dispute)
    change(books, charge, None, disputed=True)
    end_warnings(books, charge)
    emit(books, "charge.dispute.created", dispute)
    if dispute["status"] == "needs_response":
        emit(books, "charge.dispute.funds_withdrawn", dispute)
    books.schedule(dispute["id"], "overdue", due)
    return dispute


def _withdraw(books: Books, dispute: Thing) -> None:
    amount, rate = balance.converted(books, dispute["amount"], dispute["currency"])
    words = f"Chargeback withdrawal for {dispute['charge']}"
    _book(books, dispute, "dispute", -amount, FEE, rate, words)


def _reinstate(books: Books, dispute: Thing) -> None:
    taken = dispute["balance_transactions"][0]
    words = f"Chargeback reversal for {dispute['charge']}"
    _book(books, dispute, "dispute_reversal", -taken["amount"], -FEE, taken["exchange_rate"], words)


def _book(
    books: Books, dispute: Thing, category: str, amount: int, fee: int, rate: float | None, description: str
) -> None:
    transaction = balance.book(
        books,
        "adjustment",
        category,
        amount,
        fee=fee,
        fee_description="Dispute fee",
        source=dispute["id"],
        description=description,
        rate=rate,
    )
    dispute["balance_transactions"].append(transaction)


def update(books: Books, dispute: Thing, params: Thing) -> Thing:
    """POST /v1/disputes/{id}: evidence is sent to the bank at once, unless `submit` is false."""
    if dispute["status"] not in OPEN + ASKING:
        raise StripeError(f"The dispute {dispute['id']} is closed: it has a status of {dispute['status']}.")
    evidence = {**dispute["evidence"], **{name: text or None for name, text in params.get("evidence", {}).items()}}
    details = {**dispute["evidence_details"], "has_evidence": any(value for value in evidence.values())}
    fields: Thing = {"metadata": merged(dispute["metadata"], params.get("metadata"))}
    if "evidence" in params and params.get("submit", True):
        details.update(submission_count=details["submission_count"] + 1, submission_method="manual")
        inquiry = dispute["status"] in ASKING
        fields["status"] = "warning_under_review" if inquiry else "under_review"
        books.unschedule(dispute["id"], "overdue")
        books.schedule(dispute["id"], "judge", books.now + DELIBERATION)
    return change(books, dispute, "charge.dispute.updated", **fields, evidence=evidence, evidence_details=details)


def judge(books: Books, dispute_id: str) -> None:
    """Close the dispute by the bank's decision, when due; Stripe's magic words in the evidence decide."""
    dispute = books.own("dispute", dispute_id)
    words = dispute["evidence"]["uncategorized_text"] or ""
    if dispute["status"] == "warning_under_review":
        if "escalate_inquiry_evidence" in words:
            escalate(books, dispute)
        else:
            end(books, dispute, "warning_closed")
    elif dispute["status"] == "under_review":
        end(books, dispute, "won" if "winning_evidence" in words else "lost")


def escalate(books: Books, dispute: Thing) -> Thing:
    """Escalate an inquiry to a chargeback: now the money is withdrawn."""
    due = books.now + TIME_TO_ANSWER
    details = {**dispute["payment_method_details"]["card"], "case_type": "chargeback"}
    before = books.own("dispute", dispute["id"])
    dispute.update(
        status="needs_response",
        is_charge_refundable=False,
        payment_method_details={"card": details, "type": "card"},
        evidence_details={**dispute["evidence_details"], "due_by": due},
    )
    _withdraw(books, dispute)
    books.put(dispute)
    emit(books, "charge.dispute.updated", dispute, before)
    emit(books, "charge.dispute.funds_withdrawn", dispute)
    books.schedule(dispute["id"], "overdue", due)
    return dispute


def overdue(books: Books, dispute_id: str) -> None:
    """The deadline for evidence has passed: the dispute is lost, an inquiry is closed."""
    dispute = books.own("dispute", dispute_id)
    dispute["evidence_details"]["past_due"] = True
    if dispute["status"] in ASKING:
        end(books, dispute, "warning_closed")
    elif dispute["status"] == "needs_response":
        end(books, dispute, "lost")


def close(books: Books, dispute: Thing, params: Thing) -> Thing:
    """POST /v1/disputes/{id}/close: the charity accepts the loss."""
    if dispute["status"] not in OPEN + ASKING:
        raise StripeError("This dispute is already closed.")
    return end(books, dispute, "warning_closed" if dispute["status"] in ASKING else "lost")


def end(books: Books, dispute: Thing, status: str) -> Thing:
    """Close a dispute: won reinstates the money and the fee, lost and warning_closed move nothing."""
    books.unschedule(dispute["id"])
    dispute["status"] = status
    if status == "won":
        _reinstate(books, dispute)
    books.put(dispute)
    emit(books, "charge.dispute.closed", dispute)
    if status == "won":
        emit(books, "charge.dispute.funds_reinstated", dispute)
    return dispute


def let_go(books: Books, charge: Thing) -> None:
    """Close an inquiry, after a full refund."""
    for dispute in books.find("dispute", charge=charge["id"]):
        if dispute["status"] in ASKING:
            end(books, dispute, "warning_closed")


def forbid_refund(books: Books, charge: Thing) -> None:
    """Raises StripeError while, or after, the bank has taken the money back."""
    for dispute in books.find("dispute", charge=charge["id"]):
        if dispute["status"] in (*OPEN, "lost"):
            message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
            raise StripeError(message, code="charge_disputed")


def warn(books: Books, charge: Thing, fraud_type: str = "made_with_stolen_card") -> Thing:
    """radar.early_fraud_warning.created: the card's network suspects a charge. No money moves."""
    warning = {
        "id": books.new_id("issfr"),
        "object": "radar.early_fraud_warning",
        "actionable": not (charge["refunded"] or charge["disputed"]),
        "charge": charge["id"],
        "created": books.now,
        "fraud_type": fraud_type,
        "livemode": False,
        **({"payment_intent": charge["payment_intent"]} if charge["payment_intent"] else {}),
    }
    books.put(warning)
    emit(books, "radar.early_fraud_warning.created", warning)
    return warning


def end_warnings(books: Books, charge: Thing) -> None:
    """Close the fraud warnings of a charge (actionable=false), after a refund or a dispute."""
    for warning in books.find("radar.early_fraud_warning", charge=charge["id"], actionable=1):
        change(books, warning, "radar.early_fraud_warning.updated", actionable=False)
