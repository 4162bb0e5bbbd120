"""What staff see of money: gifts, plans, books and events to read, and the currencies to set."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup
from wagtail.permission_policies import ModelPermissionPolicy

from donations.currency_form import CurrencyForm
from donations.models import Currency, Gift, LedgerEntry, Objection, Payout, Receipt, Reconciliation, StripeEvent
from donations.plan_panel import PlanViewSet
from foundation.jobs import queue
from foundation.jobs.models import Job
from staff.lists import Action, ReadOnlyViewSet, Related

ENTRY_COLUMNS = ["kind", "amount_text", "settled_text", "day", "stripe_object"]


class GiftViewSet(ReadOnlyViewSet):
    """One row for each payment, and for each that was begun."""

    model = Gift
    icon = "pick"
    menu_label = _("Gifts")
    list_display = ["reference", "name", "email", "total_text", "returned_text", "frequency", "status", "created_at"]
    list_filter = {
        "status": ["exact"],
        "frequency": ["exact"],
        "currency": ["exact"],
        "created_at": ["date"],
        "paid_at": ["date"],
    }
    search_fields = ["reference", "name", "email", "payment_intent_id", "session_id", "invoice_id"]
    inspect_view_fields = [
        *["reference", "status", "returned_text", "frequency", "total_text", "amount", "fee_cover", "currency"],
        *["name", "email"],
        *["supporter", "plan", "created_at", "paid_at", "session_id", "payment_intent_id", "invoice_id", "livemode"],
    ]
    list_export = [
        *["reference", "status", "frequency", "amount", "fee_cover", "total", "currency", "name", "email"],
        *["created_at", "paid_at", "payment_intent_id", "livemode"],
    ]
    related = [
        Related(_("Ledger"), lambda gift: gift.entries.all(), ENTRY_COLUMNS),
        Related(
            _("Receipts"), lambda gift: gift.receipts.all(), ["label", "total_text", "day", "replaces", "issued_at"]
        ),
        Related(
            _("Disputes and warnings"),
            lambda gift: gift.objections.all(),
            ["stripe_object", "kind", "status", "amount_text", "answer_by"],
        ),
    ]

    def get_index_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_index_view_kwargs(**{"queryset": Gift.objects.with_returns(), **kwargs})


class ObjectionViewSet(ReadOnlyViewSet):
    """What banks and card networks hold against payments. Answers are given in Stripe's dashboard."""

    model = Objection
    icon = "warning"
    menu_label = _("Disputes and warnings")
    list_display = ["stripe_object", "kind", "status", "reason", "amount_text", "answer_by", "gift", "opened_at"]
    list_filter = {"kind": ["exact"], "status": ["exact"], "actionable": ["exact"], "opened_at": ["date"]}
    search_fields = ["stripe_object", "gift__reference", "gift__email"]
    list_select_related = ["gift"]


class LedgerViewSet(ReadOnlyViewSet):
    """Every movement of money. Rows are only ever added."""

    model = LedgerEntry
    icon = "list-ul"
    menu_label = _("Ledger")
    list_display = ["stripe_object", "kind", "amount_text", "settled_text", "day", "gift"]
    list_filter = {"kind": ["exact"], "currency": ["exact"], "day": ["exact"], "livemode": ["exact"]}
    search_fields = ["stripe_object", "balance_transaction", "gift__reference"]
    list_select_related = ["gift"]
    list_export = [
        *["id", "kind", "stripe_object", "balance_transaction", "gift", "amount", "cover", "currency"],
        *["settled", "settled_currency", "occurred_at", "day", "livemode", "recorded_at"],
    ]


class PayoutViewSet(ReadOnlyViewSet):
    """What left for the bank account, and whether our books explain it."""

    model = Payout
    icon = "upload"
    menu_label = _("Payouts")
    list_display = ["payout_id", "status", "amount_text", "unexplained_text", "movements", "arrives_on"]
    list_filter = {"status": ["exact"], "currency": ["exact"], "arrives_on": ["exact"]}
    search_fields = ["payout_id"]


class ReconciliationViewSet(ReadOnlyViewSet):
    """Each comparison with Stripe's lists: what it found, and what it could not explain."""

    model = Reconciliation
    icon = "resubmit"
    menu_label = _("Comparisons with Stripe")
    list_display = ["started_at", "finished_at", "applied", "found_text", "gaps"]
    list_filter = {"applied": ["exact"], "started_at": ["date"]}
    inspect_view_fields = ["started_at", "finished_at", "since", "applied", "found_text", "gaps", "notes"]


class ReceiptViewSet(ReadOnlyViewSet):
    """Numbered documents, as they were issued."""

    model = Receipt
    icon = "doc-full"
    menu_label = _("Receipts")
    list_display = ["label", "name", "total_text", "day", "gift", "issued_at"]
    list_filter = {"series": ["exact"], "year": ["exact"], "day": ["exact"]}
    search_fields = ["label", "name", "code", "gift__reference"]
    list_select_related = ["gift"]


def _try_again(event: StripeEvent, user: Any) -> str:
    job = Job.objects.filter(key=event.job_key).first()
    if job is None:
        queue.enqueue("stripe-event", event.job_key, {"event": event.event_id})
    elif job.state == Job.State.DEAD:
        queue.revive(job)
    return gettext("The event waits for the worker again.")


def _replay(event: StripeEvent, user: Any) -> str:
    """Harmless: the object is fetched anew and what is written already is found."""
    key = f"{event.job_key}:again:{timezone.now():%Y%m%d%H%M%S%f}"
    queue.enqueue("stripe-event", key, {"event": event.event_id})
    return gettext("The event will be worked through once more. What is in the books already is not written twice.")


class EventViewSet(ReadOnlyViewSet):
    """What Stripe told us, and what became of it. The body holds names and addresses, so it stays out of the panel."""

    model = StripeEvent
    icon = "download"
    menu_label = _("Stripe events")
    list_display = ["event_id", "type", "object_id", "state", "note", "received_at"]
    list_filter = {"state": ["exact"], "type": ["exact"], "api_version": ["exact"], "received_at": ["date"]}
    search_fields = ["event_id", "type", "object_id", "note"]
    inspect_view_fields = [
        *["event_id", "type", "object_id", "state", "note", "created", "received_at", "finished_at"],
        *["api_version", "livemode"],
    ]
    actions = [
        Action(
            "try-again",
            _("Try again"),
            _try_again,
            "jobs.change_job",
            applies=lambda event: event.state == StripeEvent.State.FAILED,
        ),
        Action(
            "replay",
            _("Work through it again"),
            _replay,
            "donations.change_stripeevent",
            applies=lambda event: event.state in (StripeEvent.State.DONE, StripeEvent.State.IGNORED),
        ),
    ]


class NeverDeleted(ModelPermissionPolicy):
    """A currency is taken off the giving page, not deleted: its gifts stay readable. Superusers included."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action != "delete" and super().user_has_permission(user, action)


class CurrencyViewSet(ModelViewSet):
    """The currencies of the giving page."""

    model = Currency
    icon = "globe"
    menu_label = _("Currencies")
    list_display = ["code", "name", "shown", "position"]
    list_per_page = 200
    copy_view_enabled = False
    add_to_reference_index = False
    sort_order_field = None

    @property
    def permission_policy(self) -> NeverDeleted:
        return NeverDeleted(self.model)

    def get_form_class(self, for_update: bool = False) -> type[CurrencyForm]:
        return CurrencyForm


class Money(ModelViewSetGroup):
    menu_label = _("Giving")
    menu_icon = "pick"
    menu_order = 200
    items = (
        GiftViewSet,
        PlanViewSet,
        ObjectionViewSet,
        LedgerViewSet,
        PayoutViewSet,
        ReconciliationViewSet,
        ReceiptViewSet,
        EventViewSet,
        CurrencyViewSet,
    )
