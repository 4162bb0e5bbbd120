"""The panel's own search box: one word is sought in gifts, supporters, monthly gifts and letters, as far as a role may.

An app offers a list by `hooks.register(panel_search.HOOK, GiftViewSet)`: a ReadOnlyViewSet that has a `search`.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from wagtail import hooks
from wagtail.admin.forms.search import SearchForm
from wagtail.admin.search import SearchArea

from staff.list_views import table_of

HOOK = "find_in_panel"
LABEL = _("People and gifts")
SHOWN = 5  # rows of each kind; the list itself has the others
COLUMNS = 4


def kinds(user: Any) -> list[Any]:
    """The lists in which this user may search, in the order in which they were offered."""
    return [kind for kind in hooks.get_hooks(HOOK) if user.has_perm(_right(kind))]


def _right(kind: Any) -> str:
    return f"{kind.model._meta.app_label}.view_{kind.model._meta.model_name}"


class Area(SearchArea):
    """The first one is where the box of the menu leads; Wagtail's own, of pages and files, stand beside the results."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(kinds(request.user))


def area() -> Area:
    return Area(LABEL, reverse("staff_find"), name="people-and-gifts", icon_name="group", order=1)


@require_safe
@never_cache
def find(request: HttpRequest) -> HttpResponse:
    """View: the newest few rows of each kind that the search finds, and the way to all of them."""
    offered = kinds(request.user)
    if not offered:
        raise PermissionDenied
    form = SearchForm(request.GET)
    typed = form.cleaned_data["q"].strip() if form.is_valid() else ""
    parts = [part for part in (_part(request, kind, typed) for kind in offered) if part] if typed else []
    return render(
        request,
        "staff/find_panel.html",
        {"label": LABEL, "form": SearchForm(request.GET), "typed": typed, "parts": parts},
    )


def _part(request: HttpRequest, kind: Any, typed: str) -> dict[str, Any] | None:
    rows = kind.model._default_manager.order_by("-pk").select_related(*kind.list_select_related)
    found = list(kind.search.rows(rows, typed)[: SHOWN + 1])
    if not found:
        return None
    more = f"{reverse(f'{kind.model._meta.model_name}:index')}?{urlencode({'q': typed})}"
    table = table_of(request.user, kind.list_display[:COLUMNS], found[:SHOWN])
    return {"label": kind.menu_label, "table": table, "more": more if len(found) > SHOWN else ""}


def addresses() -> list[URLPattern]:
    return [path("find/", find, name="staff_find")]
