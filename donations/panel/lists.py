"""Panel lists of money: gifts, plans, disputes, ledger, payouts, receipts, webhook events; currencies to set."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.viewsets.model import ModelViewSetGroup

from donations.models import Dispute, LedgerEntry, Payout, Receipt, Reconciliation, StripeEvent
from donations.panel import searches, to_do
from donations.panel.form import CostLineViewSet, CurrencyViewSet, FundViewSet
from donations.panel.gaps import GapViewSet
from donations.panel.gift_aid import DeclarationViewSet
from donations.panel.gift_aid_claims import ClaimViewSet, LineViewSet
from donations.panel.gifts import GiftViewSet
from donations.panel.money_lists import MoneyViewSet
from donations.panel.offline import ReceiptDetail
from donations.panel.plans import PlanViewSet
from donations.panel.receipts import SEND
from donations.panel.troubles import TroubleViewSet
from foundation.jobs import queue
from foundation.jobs.models import Job
from staff.lists import Action, ReadOnlyViewSet, try_again


def _settled(row: Dispute, user: Any) -> str:
    Dispute.objects.refunds_owed().filter(pk=row.pk).update(actionable=False)
    return gettext("Noted: the donor has the money.")


class DisputeViewSet(MoneyViewSet):
    """Disputes, inquiries and fraud warnings of banks and card networks, and refunds that failed. Answers to disputes
    are given in Stripe's dashboard.
    """

    model = Dispute
    icon = "warning"
    menu_label = _("Disputes and warnings")
    list_display = [
        "stripe_object",
        "kind",
        "status_text",
        "reason_text",
        "amount_text",
        "answer_by",
        "gift",
        "opened_at",
        "mode_text",
    ]
    inspect_view_fields = [
        *["kind", "status_text", "answer_by", "link_text", "gift", "amount_text", "reason_text", "opened_at"],
        *["stripe_object", "as_of", "livemode"],
    ]
    filterset_class = to_do.DisputeFilters
    search_fields = ["stripe_object", "gift__reference", "gift__email"]
    list_select_related = ["gift"]
    actions = [
        Action(
            "settled",
            _("The donor has the money in another way"),
            _settled,
            "donations.change_dispute",
            applies=lambda row: row.kind == Dispute.Kind.REFUND and row.actionable,
        )
    ]


class LedgerViewSet(MoneyViewSet):
    """Ledger entries: every movement of money. Append-only."""

    model = LedgerEntry
    icon = "list-ul"
    menu_label = _("Ledger")
    list_display = ["stripe_object", "kind", "amount_text", "settled_text", "day", "gift"]
    filterset_class = to_do.LedgerFilters
    search_fields, search = ["stripe_object"], searches.LEDGER
    list_select_related = ["gift"]
    list_export = [
        *["id", "kind", "stripe_object", "balance_transaction", "gift", "amount", "cover", "beyond", "currency"],
        *["settled", "settled_currency", "occurred_at", "day", "livemode", "recorded_at"],
        *["amount_minor", "settled_minor"],
    ]


class PayoutViewSet(MoneyViewSet):
    """Payouts: what left for the bank account, and whether our books explain it."""

    model = Payout
    icon = "upload"
    menu_label = _("Payouts")
    list_display = ["payout_id", "status", "amount_text", "unexplained_text", "balance_transactions", "arrives_on"]
    list_display += ["mode_text"]
    filterset_class = to_do.PayoutFilters
    search_fields = ["payout_id"]


class ReconciliationViewSet(ReadOnlyViewSet):
    """Reconciliation runs: each comparison with Stripe's lists, what it found, and what it could not explain."""

    model = Reconciliation
    icon = "resubmit"
    menu_label = _("Comparisons with Stripe")
    list_display = ["started_at", "finished_at", "applied", "found_text", "gaps"]
    list_filter = {"applied": ["exact"], "started_at": ["date"]}
    inspect_view_fields = ["started_at", "finished_at", "since", "applied", "found_text", "gaps", "notes"]


class ReceiptViewSet(MoneyViewSet):
    """Receipts: numbered documents, as they were issued."""

    model = Receipt
    inspect_view_class = ReceiptDetail
    icon = "doc-full"
    menu_label = _("Receipts")
    list_display = ["label", "name", "total_text", "day", "gift", "issued_at"]
    list_filter = {"series": ["exact"], "year": ["exact"], "day": ["exact"]}
    search_fields, search = ["label"], searches.RECEIPTS
    list_select_related = ["gift__supporter"]
    actions = [SEND]


def _job(event: StripeEvent) -> Job:
    """The event's job, enqueued anew where it was deleted since."""
    return queue.enqueue("stripe-event", event.job_key, {"event": event.event_id})


def _replay(event: StripeEvent, user: Any) -> str:
    """Replay the event by a new job. Idempotent: the object is fetched anew and what is written already is found."""
    key = f"{event.job_key}:again:{timezone.now():%Y%m%d%H%M%S%f}"
    queue.enqueue("stripe-event", key, {"event": event.event_id})
    return gettext("The event will be worked through once more. What is in the books already is not written twice.")


class EventViewSet(ReadOnlyViewSet):
    """Stripe's webhook events, and what became of them. The body has names and addresses: it stays out of here."""

    model = StripeEvent
    icon = "download"
    menu_label = _("Stripe events")
    list_display = ["about_text", "state", "note", "received_at", "mode_text"]
    filterset_class = to_do.EventFilters
    search_fields, search = StripeEvent.sought_in, searches.EVENTS
    inspect_view_fields = [
        *["event_id", "type", "object_id", "state", "note", "created", "received_at", "finished_at"],
        *["api_version", "livemode"],
    ]
    actions = [
        try_again("donations.change_stripeevent", lambda event: event.state == StripeEvent.State.FAILED, _job),
        Action(
            "replay",
            _("Work through it again"),
            _replay,
            "donations.change_stripeevent",
            applies=lambda event: event.state in (StripeEvent.State.DONE, StripeEvent.State.IGNORED),
        ),
    ]


class Money(ModelViewSetGroup):
    menu_label = _("Giving")
    menu_icon = "pick"
    menu_order = 200
    items = (
        GiftViewSet,
        PlanViewSet,
        DisputeViewSet,
        LedgerViewSet,
        PayoutViewSet,
        ReconciliationViewSet,
        GapViewSet,
        ReceiptViewSet,
        DeclarationViewSet,
        ClaimViewSet,
        LineViewSet,
        EventViewSet,
        TroubleViewSet,
        CurrencyViewSet,
        CostLineViewSet,
        FundViewSet,
    )
