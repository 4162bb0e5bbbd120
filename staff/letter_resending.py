"""Resend letters that failed, in the panel: how many of which template and state, and a button for each group."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages
from wagtail.admin.widgets.button import HeaderButton
from wagtail.log_actions import log

from foundation.letters import kinds
from foundation.letters import resending as letters
from foundation.letters.models import Letter
from staff.list_views import ListView

MAY = "letters.change_letter"
LABEL = _("Letters that did not arrive")
AT_ONCE = 500  # letters that one press enqueues again


class LetterList(ListView):
    """The list of letters, with a link to resend many."""

    @cached_property
    def header_buttons(self) -> list[Any]:
        if not self.request.user.has_perm(MAY):
            return []
        return [HeaderButton(str(LABEL), url=reverse("staff_letters_again"), icon_name="mail")]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def again(request: HttpRequest) -> HttpResponse:
    """Count the failed, uncertain and dead letters by group; POST resends one group. GET is safe and sends nothing."""
    if not request.user.has_perm(MAY):
        raise PermissionDenied
    if request.method == "POST":
        state, template = request.POST.get("state", ""), request.POST.get("template", "")
        rows = list(letters.not_arrived().filter(state=state, template=template).order_by("pk")[:AT_ONCE])
        for letter in rows:
            letters.resend(letter)
        sentence = gettext("%(count)s letters wait to be sent again.") % {"count": len(rows)}
        if rows:
            data = {"action": "letters-again", "label": str(LABEL), "sentence": sentence}
            log(request.user, "staff.action", user=request.user, data=data)
        messages.success(request, sentence)
        return redirect("staff_letters_again")
    return render(request, "staff/letter_resending.html", {"label": LABEL, "groups": _groups()})


def _groups() -> list[dict[str, Any]]:
    counted = letters.not_arrived().order_by("state", "template").values("state", "template")
    return [
        {**row, "said": Letter.State(row["state"]).label, "kind": kind.label if kind else row["template"]}
        for row in counted.annotate(count=Count("pk"))
        for kind in [kinds.get(row["template"])]
    ]


def addresses() -> list[URLPattern]:
    return [path("letters-again/", again, name="staff_letters_again")]
