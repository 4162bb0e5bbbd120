"""Contact page: what somebody writes to us, and which address it goes to by its reason."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, InlinePanel
from wagtail.models import Orderable

from awareness import contact_form, correspondence
from awareness.listings import SECTIONS, BodyPage
from foundation.access import ratelimit
from foundation.organisation import retention_periods
from foundation.organisation.models import Organisation


class ContactPage(BodyPage):
    """Page type: a short form whose reason decides who reads it. The page says how long we keep what was written."""

    reply_within = models.CharField(
        _("we answer within"), max_length=60, help_text=_("A promise that can be kept, such as: five working days.")
    )

    template = "awareness/contact_page.html"
    parent_page_types = SECTIONS
    subpage_types: list[str] = []
    max_count = 1
    content_panels = [
        *BodyPage.content_panels,
        FieldPanel("reply_within"),
        InlinePanel("reasons", heading=_("Reasons to write"), label=_("reason"), min_num=1),
    ]

    class Meta:
        verbose_name = _("contact")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        form = kwargs.get("form") or contact_form.MessageForm(reasons=self.reasons.all())
        return {**context, "form": form, "sent": "sent" in request.GET, "kept_days": retention_periods.days("messages")}

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer the form, again with what was typed when it is invalid, or thanks."""
        if request.method != "POST":
            return self._with_form(super().serve(request, *args, **kwargs))
        form = contact_form.MessageForm(request.POST, reasons=self.reasons.all())
        if form.is_valid() and correspondence.may_write(request):
            correspondence.receive(self.reasons.get(pk=form.cleaned_data["reason"]), form.cleaned_data)
            return redirect(f"{request.path}?sent")
        too_often = form.is_valid()
        if too_often:
            form.add_error(None, contact_form.TOO_OFTEN)
        answer = self._with_form(super().serve(request, form=form))
        return ratelimit.too_often(answer, correspondence.SECONDS // correspondence.WRITERS) if too_often else answer

    def _with_form(self, answer: HttpResponse) -> HttpResponse:
        """Send Referrer-Policy: same-origin. A page with a form must send its own address along, or Chromium says
        `Origin: null` and Django's CSRF check refuses.
        """
        answer.headers["Referrer-Policy"] = "same-origin"
        answer.headers["Cache-Control"] = "no-store"
        return answer


class Reason(Orderable):
    """A reason to write, and which of our addresses is notified."""

    class Inbox(models.TextChoices):
        GENERAL = "general", _("the general e-mail of the organisation")
        PRESS = "press", _("the press e-mail of the organisation")
        OTHER = "other", _("another address")

    page = ParentalKey(ContactPage, on_delete=models.CASCADE, related_name="reasons")
    label = models.CharField(_("reason"), max_length=80)
    inbox = models.CharField(_("who hears of it"), max_length=10, choices=Inbox.choices, default=Inbox.GENERAL)
    email = models.EmailField(_("the other address"), blank=True)

    panels = [FieldPanel("label"), FieldPanel("inbox"), FieldPanel("email")]

    class Meta(Orderable.Meta):
        verbose_name = _("reason to write")

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        super().clean()
        if (self.inbox == self.Inbox.OTHER) != bool(self.email):
            raise ValidationError({"email": _("Write the other address here if it is chosen above, and only then.")})

    @property
    def address(self) -> str:
        """The address to notify of a message. Empty while the organisation has no e-mail: it waits in the panel."""
        organisation = Organisation.load()
        if self.inbox == self.Inbox.PRESS:
            return organisation.press_email or organisation.email
        return self.email or organisation.email
