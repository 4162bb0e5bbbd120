"""Panel list of gaps: money at Stripe that our books cannot explain, and what a person may decide about it."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from donations.letters import audience
from donations.models import Gap, LedgerEntry
from donations.reconcile import gaps
from donations.stripe import client
from donations.stripe.errors import StripeIsDownError, StripeRefusedError
from donations.sync import balance, orphans, payments
from foundation.organisation import clone_guard
from staff.action_views import NotDoneError
from staff.lists import Action, ReadOnlyViewSet

MAY = "donations.change_gap"


def _is_open(gap: Gap) -> bool:
    return gap.explained_at is None and gap.net is not None


def _has_no_row(gap: Gap) -> bool:
    return _is_open(gap) and not LedgerEntry.objects.filter(balance_transaction=gap.balance_transaction).exists()


def _book(gap: Gap, user: Any) -> str:
    """Book it by the handlers of webhook events; nobody is written to. A person says that our mark on it is ours."""
    txn = gaps.balance_transaction(gap)
    try:
        clone_guard.check_account(client.account())
        note = balance.book(txn, audience.staff_alone, anywhere=True)
    except (
        *(StripeIsDownError, StripeRefusedError, clone_guard.WrongSiteError),
        *(orphans.UnknownOrphanError, payments.NotOursError),
    ) as error:
        raise NotDoneError(gettext("Nothing was changed: %(why)s") % {"why": error}) from error
    if balance.unexplained([txn]):
        raise NotDoneError(gettext("Our books still do not explain it. Please look it up in Stripe's dashboard."))
    gaps.close([gap.balance_transaction])
    return note or gettext("It is in the books now. Nobody was written to.")


def _not_ours(gap: Gap, user: Any) -> str:
    balance.book_foreign(gaps.balance_transaction(gap))
    gaps.close([gap.balance_transaction])
    return gettext("It is booked as money that is not ours.")


class GapViewSet(ReadOnlyViewSet):
    """Gaps: each balance transaction that no ledger entry explains, until one does."""

    model = Gap
    icon = "help"
    menu_label = _("Money not in our books")
    list_display = ["balance_transaction", "type", "net_text", "moved_at", "why", "explained_at"]
    list_filter = {"explained_at": ["isnull"], "moved_at": ["date"]}
    search_fields = ["balance_transaction", "source", "why"]
    inspect_view_fields = [
        *[
            "balance_transaction",
            "source",
            "type",
            "net_text",
            "moved_at",
            "why",
            "found_at",
            "told_at",
            "explained_at",
            "account",
        ],
    ]
    actions = [
        Action("book", _("Book it: it is ours"), _book, MAY, applies=_is_open),
        Action(
            "not-ours",
            _("It is not ours"),
            _not_ours,
            MAY,
            applies=_has_no_row,
            sure=lambda gap, filled: _("It will be booked as money that no gift of ours asked for. Are you sure?"),
        ),
    ]
