"""Panel view of receipts that nobody was mailed: which they are, and one button that sends them all."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages
from wagtail.log_actions import log

from donations.reconcile import unsent

MAY = "donations.change_receipt"  # who may send one receipt to its donor
LABEL = _("Receipts that nobody was mailed")
SHOWN, LOOK_AGAIN = 100, 5  # rows of the preview; seconds between two refreshes while letters are written


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def receipts(request: HttpRequest) -> HttpResponse:
    """View: what would be sent. The button (POST) enqueues it; a GET sends nothing."""
    if not request.user.has_perm(MAY):
        raise PermissionDenied
    if request.method == "POST":
        count = unsent.gifts().count()
        if unsent.start():
            sentence = gettext("%(count)s receipts are being written to their donors.") % {"count": count}
            data = {"action": "send-receipts", "label": str(LABEL), "sentence": sentence}
            log(request.user, "staff.action", user=request.user, data=data)
            messages.success(request, sentence)
        return redirect("donations_unsent")
    found = unsent.gifts()
    context = {"label": LABEL, "count": found.count(), "gifts": found[:SHOWN], "running": unsent.is_running()}
    answer = render(request, "donations/unsent_panel.html", context)
    if context["running"]:
        answer["Refresh"] = str(LOOK_AGAIN)  # without a script
    return answer


def addresses() -> list[URLPattern]:
    return [path("unsent-receipts/", receipts, name="donations_unsent")]
