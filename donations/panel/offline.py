"""Panel views of offline gifts: enter one, take one back (refund), and the PDF of a receipt to print."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.admin import messages
from wagtail.admin.widgets.button import HeaderButton
from wagtail.log_actions import log

from donations.giving import offline
from donations.letters import papers
from donations.models import Gift, LedgerEntry, Receipt
from donations.panel import batches
from donations.panel.money_lists import MoneyDetail, MoneyList
from donations.panel.offline_form import OfflineForm
from staff.lists import Action

MAY = "donations.add_gift"  # the permission to enter such a gift, and to take it back
LABEL = _("Enter a gift")


class GiftList(MoneyList):
    """The list of gifts, with the button to enter an offline one. What was begun and not finished is no gift: it is
    shown only when the list is filtered by status or person, or searched.
    """

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found: QuerySet[Any] = super().filter_queryset(queryset)
        asked = any(self.request.GET.get(name) for name in ("status", "q", "supporter"))
        return found if asked else found.exclude(status__in=Gift.UNFINISHED)

    @cached_property
    def header_buttons(self) -> list[Any]:
        if not self.request.user.has_perm(MAY):
            return []
        return [
            HeaderButton(str(LABEL), url=reverse("donations_enter_gift"), icon_name="plus"),
            HeaderButton(str(batches.LABEL), url=reverse("donations_batches"), icon_name="list-ol"),
        ]


class ReceiptDetail(MoneyDetail):
    """A receipt, with its file."""

    @cached_property
    def header_buttons(self) -> list[Any]:
        there = reverse("donations_receipt_pdf", args=[self.object.pk])
        label = gettext("The acknowledgment as PDF") if self.object.is_thanks else gettext("The receipt as PDF")
        return [HeaderButton(label, url=there, icon_name="download")]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def enter(request: HttpRequest) -> HttpResponse:
    """View: enter a gift that came without Stripe. Idempotent: sent twice, it is one gift, one log line."""
    if not request.user.has_perm(MAY):
        raise PermissionDenied
    form = OfflineForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        entry = form.entry
        known = Gift.objects.filter(attempt_key=entry.attempt).exists()
        gift = offline.record(entry, **form.more)
        sentence = (
            gettext("The gift is in the books, and the letter of thanks is written. It is no receipt.")
            if gift.is_recommended
            else gettext("The gift is in the books, and its receipt is written.")
        )
        if not known:
            data = {"action": "enter", "label": str(LABEL), "sentence": f"{gift.total_text()}. {sentence}"}
            log(gift, "staff.action", user=request.user, data=data)
        messages.success(request, sentence)
        return redirect("gift:inspect", gift.pk)
    context = {"label": LABEL, "row": gettext("without Stripe"), "form": form, "back": reverse("gift:index")}
    status = 422 if request.method == "POST" else 200
    return render(request, "staff/action.html", context, status=status)


@require_safe
def receipt_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """Download the PDF of a receipt, with the permission to view its row."""
    if not request.user.has_perm("donations.view_receipt"):
        raise PermissionDenied
    return papers.receipt_file(get_object_or_404(Receipt, pk=pk))


def _take_back(gift: Gift, user: Any) -> str:
    offline.take_back(gift)
    return gettext("The gift is taken back. A new receipt says so and names the first.")


def _sure(gift: Gift, filled: dict[str, Any]) -> str:
    return gettext(
        "Take %(sum)s back? Do this when the money was given back, or when the gift was entered by mistake. "
        "Its rows stay in the books, and further ones cancel them."
    ) % {"sum": gift.total_text()}


def _may_go_back(gift: Gift) -> bool:
    return gift.is_offline and not gift.is_in_kind and LedgerEntry.objects.kept(gift)[0] > 0


TAKE_BACK = Action("take-back", _("Take this gift back"), _take_back, MAY, _may_go_back, sure=_sure)


def addresses() -> list[URLPattern]:
    return [
        path("gifts/enter/", enter, name="donations_enter_gift"),
        path("receipts/<int:pk>.pdf", receipt_pdf, name="donations_receipt_pdf"),
    ]
