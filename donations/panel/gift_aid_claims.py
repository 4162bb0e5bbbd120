"""Panel: claim Gift Aid. What can be claimed, one button that claims it, and the schedule of each claim as a file."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.widgets.button import HeaderButton
from wagtail.log_actions import log

from donations import money
from donations.gift_aid import claims
from donations.models import GiftAidClaim, GiftAidLine
from donations.models.gift_aid import STERLING, tax_on
from foundation.organisation.context import organisation
from staff import list_views
from staff.lists import ReadOnlyViewSet, Related

MAY = "donations.add_giftaidclaim"
LABEL = _("Claim Gift Aid")
SHOWN = 100  # rows of the preview
Kind = GiftAidLine.Kind


class ClaimMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY) and organisation(request).offers_gift_aid


def menu_item() -> MenuItem:
    return ClaimMenuItem(LABEL, reverse("donations_gift_aid"), icon_name="doc-full", order=215)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def claim(request: HttpRequest) -> HttpResponse:
    """View: what can be claimed. The button (POST) claims it; a GET claims nothing."""
    if not request.user.has_perm(MAY):
        raise PermissionDenied
    if request.method == "POST":
        return _claim(request)
    now = claims.standing()
    context = {
        "label": LABEL,
        "now": now,
        "shown": [(gift, made, money.exact(pence, STERLING)) for gift, made, pence in now.gifts[:SHOWN]],
        "total": money.exact(now.total, STERLING),
        "tax": money.exact(tax_on(now.total), STERLING),
        "off": money.exact(now.off, STERLING),
        "tax_off": money.exact(tax_on(now.off), STERLING),
        "last": claims.last_number(),
        "most": claims.MOST,
    }
    return render(request, "donations/gift_aid_panel.html", context)


def _claim(request: HttpRequest) -> HttpResponse:
    after = request.POST.get("after", "")
    try:
        made = claims.make(request.user, int(after) if after.isdecimal() else -1)
    except claims.ClaimedMeanwhileError:
        messages.error(request, gettext("A claim was made since this page was shown. Nothing was claimed twice."))
        return redirect("donations_gift_aid")
    if made is None:
        messages.error(request, gettext("Nothing was claimed: look at what stands below."))
        return redirect("donations_gift_aid")
    count = made.lines.filter(kind=Kind.GIFT).count()
    sentence = ngettext(
        "Claim %(number)s is made, with %(count)s gift. Take its schedule as a file.",
        "Claim %(number)s is made, with %(count)s gifts. Take its schedule as a file.",
        count,
    ) % {"number": made.number, "count": count}
    log(made, "staff.action", user=request.user, data={"action": "make", "label": str(LABEL), "sentence": sentence})
    messages.success(request, sentence)
    return redirect("giftaidclaim:inspect", made.pk)


class ClaimDetail(list_views.DetailView):
    """A claim, with its schedule as a file for those who may take it."""

    @cached_property
    def header_buttons(self) -> list[Any]:
        if not self.request.user.has_perm("donations.export_giftaidline"):
            return []
        there = f"{reverse('giftaidline:index')}?claim={self.object.pk}&kind={Kind.GIFT}&export=csv"
        return [HeaderButton(gettext("The schedule as CSV"), url=there, icon_name="download")]


class ClaimViewSet(ReadOnlyViewSet):
    """Claims that were made, with their lines."""

    model = GiftAidClaim
    inspect_view_class = ClaimDetail
    icon = "doc-full"
    menu_label = _("Gift Aid claims")
    list_display = ["number", "made_at", "total_text", "off_text", "made_by"]
    inspect_view_fields = ["number", "made_at", "made_by", "total_text", "earliest_text", "off_text", "tax_off_text"]
    related = [
        Related(
            _("Lines"),
            lambda row: row.lines.select_related("gift", "declaration"),
            ["gift", "kind", "amount_text", "day", "declaration"],
        )
    ]


class LineList(list_views.ListView):
    """Lines of claims. A file holds what the schedule of the tax office asks for: gifts, nothing that is taken off."""

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found: QuerySet[Any] = super().filter_queryset(queryset)
        return found.filter(kind=Kind.GIFT).order_by("pk") if self.is_export else found


class LineViewSet(ReadOnlyViewSet):
    """Lines of claims; its file has the columns of the schedule of HM Revenue & Customs, in its order."""

    model = GiftAidLine
    index_view_class = LineList
    icon = "list-ul"
    menu_label = _("Lines of Gift Aid claims")
    list_display = ["gift", "claim", "kind", "amount_text", "day", "declaration"]
    list_filter = {"claim": ["exact"], "kind": ["exact"], "day": ["exact"]}
    search_fields = ["gift__reference", "declaration__last_name"]
    list_select_related = ["gift", "claim", "declaration"]
    list_export = [
        *["schedule_title", "schedule_first_name", "schedule_last_name", "schedule_home", "schedule_postcode"],
        *["schedule_aggregated", "schedule_sponsored", "schedule_date", "schedule_amount"],
    ]


def addresses() -> list[URLPattern]:
    return [path("gift-aid/", claim, name="donations_gift_aid")]
