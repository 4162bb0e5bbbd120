"""Contact messages in the panel: read, answer, close."""

from typing import Any

from django import forms
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages
from wagtail.log_actions import log

from awareness import correspondence
from awareness.messages import Message
from foundation.access.card_numbers import NoCardNumbers
from staff.list_views import DetailView
from staff.lists import Action, ReadOnlyViewSet, Related


class AnswerForm(NoCardNumbers, forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Your answer"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=gettext_lazy("It goes out as a letter, with the words that were written to us below it."),
    )


class MessageView(DetailView):
    """Detail view of one message, its answers, and the form to answer it."""

    any_permission_required = ["view"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        may = self.request.user.has_perm("awareness.change_message")
        form = kwargs.pop("form", None) or AnswerForm()
        return {**super().get_context_data(**kwargs), "answer_form": form if may else None}


class AnswerView(MessageView):
    """Save and enqueue the answer; with nothing written, show the form again."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm("awareness.change_message"):
            return HttpResponse(status=403)
        message: Message = get_object_or_404(Message, pk=self.kwargs["pk"])
        form = AnswerForm(request.POST)
        if not form.is_valid():
            self.object: Model = message
            return self.render_to_response(self.get_context_data(form=form))
        correspondence.answer(message, form.cleaned_data["text"], by=request.user.get_username())
        log(message, "staff.action", user=request.user, data={"action": "answer", "label": gettext("Answer")})
        messages.success(request, gettext("The answer is on its way."))
        return redirect("message:inspect", message.pk)


def _close(message: Message, user: Any) -> str:
    correspondence.close(message)
    return gettext("The message is closed.")


class MessageViewSet(ReadOnlyViewSet):
    """The list of contact messages. They are answered here and deleted a year after the last answer."""

    model = Message
    icon = "mail"
    menu_label = _("Messages")
    menu_order = 260
    add_to_admin_menu = True
    list_display = ["reason", "name", "email", "state", "received_at"]
    list_filter = ["state", "reason", "received_at"]
    search_fields = ["name", "email", "text"]
    inspect_view_fields = ["reason", "name", "email", "text", "state", "received_at"]
    inspect_view_class = MessageView
    inspect_template_name = "awareness/message_panel.html"  # Wagtail passes it to the view, whatever stands there
    related = [Related(_("Answers"), lambda message: message.answers.all(), ["text", "by", "at"])]
    actions = [
        Action(
            "close",
            _("Close without an answer"),
            _close,
            "awareness.change_message",
            applies=lambda message: message.state == Message.State.NEW,
        )
    ]

    def get_urlpatterns(self) -> list[URLPattern]:
        answer = self.construct_view(AnswerView, **self.get_inspect_view_kwargs())
        here = path(f"inspect/<{self.pk_path_converter}:pk>/answer/", answer, name="answer")
        first, *others = (
            super().get_urlpatterns()
        )  # the first is the link of the menu; buttons match any word after the id
        return [first, here, *others]
