"""Crowds of signatures (abuse) in the panel: a list, a button to exclude or restore one."""

import django_filters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages
from wagtail.log_actions import log

from pledges import crowds
from pledges.models import Signature
from staff.list_filters import ListFilterSet

MAY_LOOK, MAY = "pledges.view_signature", "pledges.change_signature"
LABEL = _("Crowds of one domain")


class SignatureFilters(ListFilterSet):
    """Filters of the list of signatures."""

    domain = django_filters.CharFilter(label=_("Domain of the address"), method="of_domain")

    class Meta:
        model = Signature
        fields = {
            "state": ["exact"],
            "pledge": ["exact"],
            "country": ["exact"],
            "wants_letters": ["exact"],
            "signed_at": ["date"],
            "confirmed_at": ["date"],
        }

    def of_domain(self, rows: QuerySet[Signature], name: str, value: str) -> QuerySet[Signature]:
        return rows.filter(canonical__endswith=f"@{value.strip().lstrip('@').lower()}")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def crowd_list(request: HttpRequest) -> HttpResponse:
    """The list of crowds. GET changes nothing; the buttons set one aside (out of the count), or restore it."""
    if not request.user.has_perm(MAY if request.method == "POST" else MAY_LOOK):
        raise PermissionDenied
    if request.method == "POST":
        _act(request, request.POST.get("domain", ""), back=request.POST.get("act") == "back")
        return redirect("pledges_crowds")
    context = {
        "label": LABEL,
        "crowds": crowds.found(),
        "may": request.user.has_perm(MAY),
        "many": crowds.MANY,
        "days": crowds.SHOWN.days,
        "signatures": reverse("signature:index"),
    }
    return render(request, "pledges/crowds_panel.html", context)


def _act(request: HttpRequest, domain: str, back: bool) -> None:
    crowd = crowds.of(domain)
    if crowd is None:
        raise Http404
    who = request.user.email  # type: ignore[union-attr]
    if back:
        count = crowds.put_back(crowd, who)
        words = ngettext("%(count)s signature counts again.", "%(count)s signatures count again.", count)
    else:
        count = crowds.set_aside(crowd, who)
        words = ngettext("%(count)s signature is set aside.", "%(count)s signatures are set aside.", count)
    sentence = words % {"count": count}
    label = gettext("Put back") if back else gettext("Set all aside")
    log(request.user, "staff.action", user=request.user, data={"action": "crowd", "label": label, "sentence": sentence})
    messages.success(request, sentence)


def addresses() -> list[URLPattern]:
    return [path("signatures/crowds/", crowd_list, name="pledges_crowds")]
