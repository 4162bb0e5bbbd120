"""All that we know of a supporter's giving, for their data export: every column of every row about it."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, prefetch_related_objects

from donations import money
from donations.models import (
    AddressChange,
    Dispute,
    Gift,
    GiftAidDeclaration,
    GiftAidLine,
    LedgerEntry,
    MatchReservation,
    Plan,
    Receipt,
    RefundRequest,
    StripeEvent,
)
from donations.my.own_gifts import gifts_of
from foundation.organisation import retention_periods
from supporters.data_export import Facts, facts
from supporters.models import Supporter

# What is no part of the export, and why.
NOT_TOLD = {
    "donations.Opening": "keyed hashes that nobody can read back, forgotten after two days",
    "donations.CardTry": "keyed hashes that nobody can read back, forgotten after two days",
}


def of(supporter: Supporter) -> dict[str, Any]:
    """Return each kind of row as a list of its rows, in the order in which they were written."""
    gifts = _gifts(supporter)
    plans = list(supporter.plans.order_by("id"))
    entries = _sorted(entry for gift in gifts for entry in gift.entries.all())
    disputes = _sorted(row for gift in gifts if gift.is_disputed for row in gift.disputes.all())
    refunds = _sorted(row for gift in gifts if gift.was_asked_back for row in gift.refund_requests.all())
    changes = _sorted(row for gift in gifts if gift.was_corrected for row in gift.address_changes.all())
    declared = list(GiftAidDeclaration.objects.filter(Q(supporter=supporter) | Q(gift__in=gifts)).order_by("id"))
    claimed = GiftAidLine.objects.filter(declaration__in=declared).select_related("claim", "gift").order_by("id")
    lines = list(claimed) if declared else []
    return {
        "gifts": [_gift(gift) for gift in gifts],
        "monthly and yearly gifts": [_plan(plan) for plan in plans],
        "receipts": [_receipt(row) for row in _sorted(each for gift in gifts for each in gift.receipts.all())],
        "what moved": [_entry(entry) for entry in entries],
        "disputes": [facts(row, gift=_its_gift, amount=_sum("amount")) for row in disputes],
        "refunds that our staff asked for": [
            facts(row, ("asked_by",), gift=_its_gift, amount=_sum("amount")) for row in refunds
        ],
        "addresses put right": [facts(row, gift=_its_gift, changed_by=_by_whom) for row in changes],
        "Gift Aid declarations": [_declaration(row) for row in declared],
        "Gift Aid claimed": [_line(row) for row in lines],
        "matches": [_match(gift.match) for gift in gifts if hasattr(gift, "match")],
        "what Stripe told us": [facts(event) for event in _events(gifts, plans, entries, disputes)],
    }


def _gifts(supporter: Supporter) -> list[Any]:
    """With all that hangs on them. What is rare is asked for only where it is there."""
    found = list(
        gifts_of(supporter)
        .order_by("id")
        .select_related("plan", "fund", "campaign", "dedication", "match__campaign")
        .prefetch_related("receipts", "entries")
        .annotate(
            is_disputed=Exists(Dispute.objects.filter(gift=OuterRef("pk"))),
            was_asked_back=Exists(RefundRequest.objects.filter(gift=OuterRef("pk"))),
            was_corrected=Exists(AddressChange.objects.filter(gift=OuterRef("pk"))),
        )
    )
    prefetch_related_objects([gift for gift in found if gift.is_disputed], "disputes")
    prefetch_related_objects([gift for gift in found if gift.was_asked_back], "refund_requests")
    prefetch_related_objects([gift for gift in found if gift.was_corrected], "address_changes")
    return found


def _gift(gift: Gift) -> Facts:
    told = facts(
        gift,
        ("session_url",),
        plan=lambda row: row.plan.subscription_id if row.plan else "",
        fund=lambda row: str(row.fund or ""),
        campaign=lambda row: str(row.campaign or ""),
        batch=lambda row: str(row.batch_id or ""),
        **_sums("amount", "fee_cover", "total"),
    )
    told["sum"] = money.exact(gift.total, gift.currency)
    told["dedication"] = facts(gift.dedication, ("gift",)) if hasattr(gift, "dedication") else {}
    told["receipts"] = [row.label for row in _sorted(gift.receipts.all())]
    return told


def _plan(plan: Plan) -> Facts:
    told = facts(plan, **_sums("amount", "fee_cover", "total"))
    told["sum"] = money.exact(plan.total, plan.currency)
    return told


def _receipt(row: Receipt) -> Facts:
    labels = {each.pk: each.label for each in row.gift.receipts.all()}
    sums = _sums("amount", "fee_cover", "total")
    return facts(row, gift=_its_gift, replaces=lambda row: labels.get(row.replaces_id, ""), **sums)


def _entry(entry: LedgerEntry) -> Facts:
    sums = _sums("amount", "cover", "beyond")
    return facts(entry, gift=_its_gift, settled=_sum("settled", "settled_currency"), **sums)


def _match(match: MatchReservation) -> Facts:
    def exact(name: str) -> Callable[[Any], str]:
        return lambda row: money.exact(getattr(row, name), row.gift.currency)

    return facts(
        match,
        gift=_its_gift,
        campaign=lambda row: str(row.campaign),
        promised=exact("promised"),
        amount=exact("amount"),
    )


def _declaration(row: GiftAidDeclaration) -> Facts:
    return facts(row, ("taken_by",), gift=lambda row: row.gift.reference if row.gift else "")


def _line(row: GiftAidLine) -> Facts:
    about = {"claim": lambda row: str(row.claim), "declaration": lambda row: str(row.declaration.declared_at.date())}
    return facts(row, gift=_its_gift, amount=_sum("amount"), **about)


def _events(
    gifts: list[Gift], plans: list[Plan], entries: list[LedgerEntry], disputes: list[Dispute]
) -> Iterable[StripeEvent]:
    """What Stripe told us of these very rows, in its words. Where nothing happened of late, it is forgotten by now:
    nothing is asked then.
    """
    moments = [gift.paid_at or gift.created_at for gift in gifts] + [entry.occurred_at for entry in entries]
    moments += [plan.as_of for plan in plans] + [dispute.as_of for dispute in disputes]
    if not any(moment >= retention_periods.end("events") for moment in moments):
        return []
    ids = {each for gift in gifts for each in (gift.session_id, gift.payment_intent_id, gift.invoice_id)}
    ids |= {each for plan in plans for each in (plan.subscription_id, plan.customer_id)}
    ids |= {each for entry in entries for each in (entry.stripe_object, entry.balance_transaction)}
    ids |= {dispute.stripe_object for dispute in disputes}
    return StripeEvent.objects.filter(object_id__in=ids - {None, ""}).order_by("id")


def _sorted(rows: Iterable[Any]) -> list[Any]:
    return sorted(rows, key=lambda row: row.pk)


def _sums(*names: str) -> dict[str, Callable[[Any], str]]:
    return {name: _sum(name) for name in names}


def _sum(name: str, currency: str = "currency") -> Callable[[Any], str]:
    """How a sum in minor units is told."""

    def exact(row: Any) -> str:
        amount = getattr(row, name)
        return "" if amount is None else money.exact(amount, getattr(row, currency))

    return exact


def _its_gift(row: Model) -> str:
    reference: str = row.gift.reference  # type: ignore[attr-defined]
    return reference


def _by_whom(row: Model) -> str:
    """Who of staff it was is not told: that is somebody else."""
    return "staff" if row.changed_by_id else "donor"  # type: ignore[attr-defined]
