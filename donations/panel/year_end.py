"""Panel view of the yearly statements: how many are due, one button that sends them, and how far they are."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.log_actions import log

from donations.letters import year_end
from foundation.organisation.models import Organisation

MAY = "donations.change_receipt"  # who may send one receipt to its donor
LABEL = _("Statements of a year")
FIRST, LOOK_AGAIN = 2000, 5  # the earliest year offered; seconds between two refreshes while letters are written


class StatementsMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY)


def menu_item() -> MenuItem:
    return StatementsMenuItem(LABEL, reverse("donations_statements"), icon_name="doc-full", order=210)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def statements(request: HttpRequest, year: int | None = None) -> HttpResponse:
    """View: what a run would do, and how far one is. The button (POST) starts one; a GET starts nothing."""
    if not request.user.has_perm(MAY):
        raise PermissionDenied
    organisation = Organisation.load()
    today = organisation.tax_year_of(organisation.today())
    year = today.begins - 1 if year is None else year
    if not FIRST <= year <= today.begins:
        raise Http404
    if request.method == "POST":
        _start(request, year)
        return redirect("donations_statements_of", year)
    now = year_end.progress(year)
    context = {
        "label": LABEL,
        "now": now,
        "year": organisation.tax_year(year),
        "may_start": _has_ended(year),
        "years": [today.before(ago) for ago in range(4)],
    }
    answer = render(request, "donations/statements_panel.html", context)
    if now.running:
        answer["Refresh"] = str(LOOK_AGAIN)  # without a script
    return answer


def _start(request: HttpRequest, year: int) -> None:
    try:
        started = year_end.start(year)
    except year_end.TooEarlyError:
        messages.error(request, gettext("This year has not ended yet: its statements would be short."))
        return
    if started:
        sentence = gettext("The statements of %(year)s are being written.") % {
            "year": Organisation.load().tax_year(year).label
        }
        data = {"action": "send-statements", "label": str(LABEL), "sentence": sentence}
        log(request.user, "staff.action", user=request.user, data=data)
        messages.success(request, sentence)


def _has_ended(year: int) -> bool:
    try:
        year_end.check(year)
    except year_end.TooEarlyError:
        return False
    return True


def addresses() -> list[URLPattern]:
    return [
        path("statements/", statements, name="donations_statements"),
        path("statements/<int:year>/", statements, name="donations_statements_of"),
    ]
