"""Bulk actions: a button of the list that runs a detail page's action for every row shown, after a confirmation."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from wagtail.admin import messages
from wagtail.log_actions import log

from staff.action_views import NotDoneError

MOST = 500  # rows of one bulk action: more is rarely meant, and would keep a page waiting
SHOWN = 20  # of them are named on the confirmation page


class Many:
    """Mixin before the view of a list, whose search and filters say which rows are meant. GET only asks to confirm."""

    http_method_names = ("get", "head", "post")
    request: Any
    actions: Sequence[Any] = ()

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        chosen = next((each for each in self.actions if each.name == kwargs["action"] and each.for_all), None)
        if chosen is None:
            raise Http404
        if not request.user.has_perm(chosen.permission):
            raise PermissionDenied
        self.chosen = chosen
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        rows = self._rows()
        if rows is None:
            sentence = gettext("The list shows more than %(most)s rows. Please search or filter it first.")
            messages.error(request, sentence % {"most": MOST})
            return self._back()
        context = {"label": self.chosen.for_all, "rows": rows[:SHOWN], "count": len(rows), "back": self._list()}
        return render(request, "staff/many.html", context)

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        rows = self._rows()
        if rows is None:
            return self.get(request)
        done = sum(self._done(row) for row in rows)
        sentence = gettext("Done for %(done)s of %(count)s rows.") % {"done": done, "count": len(rows)}
        if rows:
            data = {"action": self.chosen.name, "label": str(self.chosen.for_all), "sentence": sentence}
            log(request.user, "staff.action", user=request.user, data=data)
        (messages.success if done == len(rows) else messages.error)(request, sentence)
        return self._back()

    def _rows(self) -> list[Any] | None:
        """Return the rows of the list to which the action applies; None where the list is too long."""
        found = list(self.get_queryset()[: MOST + 1])  # type: ignore[attr-defined]
        return None if len(found) > MOST else [row for row in found if self.chosen.applies(row)]

    def _done(self, row: Any) -> bool:
        if self.chosen.warn and self.chosen.warn(row):
            return False  # nobody would answer here: it is done on the row's own page
        try:
            self.chosen.run(row, self.request.user)
        except NotDoneError:
            return False
        return True

    def _list(self) -> str:
        return f"{self.index_url}?{self.request.GET.urlencode()}"  # type: ignore[attr-defined]

    def _back(self) -> HttpResponse:
        return redirect(self._list())
