"""View behind each action button of a detail page: asks for confirmation where needed, acts, writes the audit log."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.views import View
from wagtail.admin import messages
from wagtail.admin.views import generic
from wagtail.log_actions import log

from staff import gate


class NotDoneError(Exception):
    """Raised by an action's `run`: nothing was done. The text says why, in a sentence for staff."""


class ActionView(generic.PermissionCheckedMixin, View):
    """GET changes nothing: the action is a POST, and comes after the confirmation where the action asks for one."""

    http_method_names = ["get", "head", "post"]
    any_permission_required = ["view"]
    permission_policy: Any = None
    model: type[Model] | None = None
    inspect_url_name = ""
    actions: Sequence[Any] = ()

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        chosen = next((each for each in self.actions if each.name == kwargs["action"]), None)
        if chosen is None or self.model is None:
            raise Http404
        if request.method != "POST" and not chosen.asks:
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm(chosen.permission):
            raise PermissionDenied
        self.chosen = chosen
        self.row = get_object_or_404(self.model, pk=kwargs["pk"])
        if not chosen.applies(self.row) and not chosen.sent_before(request.POST):
            messages.error(request, capfirst(gettext("that is not possible any more.")))
            return self._back()
        if chosen.fresh and (answer := gate.ask_again(request)):
            return answer
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, **address: Any) -> HttpResponse:
        form = self.chosen.form(row=self.row) if self.chosen.form else None
        return self._page(form, self.chosen.question(self.row, {}) if form is None else "")

    def post(self, request: HttpRequest, **address: Any) -> HttpResponse:
        form = self.chosen.form(request.POST, row=self.row) if self.chosen.form else None
        if form is not None and not form.is_valid():
            return self._page(form, status=422)
        filled = form.cleaned_data if form is not None else {}
        if "sure" not in request.POST and (question := self.chosen.question(self.row, filled)):
            return self._page(form, question)
        try:
            sentence, say = str(self.chosen.run(self.row, request.user, **filled) or gettext("Done.")), messages.success
        except NotDoneError as error:
            sentence, say = str(error), messages.error
        data = {"action": self.chosen.name, "label": str(self.chosen.label), "sentence": sentence}
        log(self.row, "staff.action", user=request.user, data=data)
        say(request, sentence)
        return self._back()

    def _page(self, form: Form | None, question: Any = "", status: int = 200) -> HttpResponse:
        context = {
            "row": self.row,
            "label": self.chosen.label,
            "form": form,
            "question": question,
            "beside": self.chosen.beside,
            "back": reverse(self.inspect_url_name, args=[quote(self.row.pk)]),
        }
        return render(self.request, "staff/action.html", context, status=status)

    def _back(self) -> HttpResponse:
        return redirect(self.inspect_url_name, quote(self.row.pk))
