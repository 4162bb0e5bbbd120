"""Pledges in the panel: edit them, read signatures, resend a letter, set a false signature aside (exclude it)."""

from typing import Any

from django import forms
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.admin.viewsets.model import ModelViewSetGroup
from wagtail.admin.widgets import AdminAutoHeightTextInput

from foundation.access.card_numbers import NoCardNumbers
from pledges import letters, pledging, wording
from pledges.crowd_panel import SignatureFilters
from pledges.models import Pledge, PledgeText, Signature, SignatureEvent
from staff.action_views import NotDoneError
from staff.editing import EditedViewSet, NeverDeleted
from staff.list_search import Search
from staff.lists import Action, ReadOnlyViewSet, Related
from supporters import mailbox

LIVING = (Signature.State.STARTED, Signature.State.CONFIRMED)


class PledgeForm(NoCardNumbers, forms.ModelForm):
    """Form of a pledge and its words. Other words become a new version: who signed the old one stays with it."""

    text = forms.CharField(
        label=gettext_lazy("Text"),
        widget=AdminAutoHeightTextInput,
        help_text=gettext_lazy(
            "Paragraphs, one a line. Lines that begin with * are the numbered promises. Changed words become a new "
            "version; signatures stay with the version that was read."
        ),
    )
    is_sample = forms.BooleanField(
        label=gettext_lazy("This text is a sample"),
        required=False,
        help_text=gettext_lazy("Our words, not yet yours: the list of what to check names it."),
    )

    class Meta:
        model = Pledge
        fields = ["title", "slug", "text", "is_sample", "minimum_age", "count_from", "is_open", "is_main"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        newest = self.instance.newest_text if self.instance.pk else None
        if newest:
            self.initial = {**self.initial, "text": newest.text, "is_sample": newest.is_sample}
        for code, name in settings.LANGUAGES[1:]:
            said = newest.said_in(code) if newest else None
            self._ask_for(code, name, said)

    def _ask_for(self, code: str, name: str, said: PledgeText | None) -> None:
        """Add title and text in one more language: they translate the text above as it stood when they were written."""
        self.fields[f"title_{code}"] = forms.CharField(
            label=gettext("Title: %(language)s") % {"language": name}, required=False, max_length=120
        )
        self.fields[f"text_{code}"] = forms.CharField(
            label=gettext("Text: %(language)s") % {"language": name},
            required=False,
            widget=AdminAutoHeightTextInput,
            help_text=gettext(
                "Who reads in this language signs these words. When the text in the first language changes, say the "
                "new one here as well: until then readers see the first language."
            ),
        )
        if said:
            self.initial = {**self.initial, f"title_{code}": said.title, f"text_{code}": said.text}

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        for code, _name in settings.LANGUAGES[1:]:
            if bool(self.cleaned_data.get(f"title_{code}")) != bool(self.cleaned_data.get(f"text_{code}")):
                self.add_error(f"title_{code}", gettext("A translation needs both a title and a text, or neither."))
        return cleaned

    @transaction.atomic
    def save(self, commit: bool = True) -> Pledge:
        pledge: Pledge = super().save(commit)
        before = pledge.newest_text
        now = wording.publish(pledge, self.cleaned_data["text"], self.cleaned_data["is_sample"])
        for code, _name in settings.LANGUAGES[1:]:
            title, text = self.cleaned_data[f"title_{code}"], self.cleaned_data[f"text_{code}"]
            # A translation that nobody touched says the old version, not the new one.
            if text and (now == before or {f"title_{code}", f"text_{code}"} & set(self.changed_data)):
                wording.translate(now, code, title, text)
        return pledge


class PledgeViewSet(NeverDeleted, EditedViewSet):
    """The list of pledges. Signatures hang on a pledge: it is closed, not deleted."""

    model = Pledge
    form = PledgeForm
    icon = "form"
    menu_label = _("Pledges")
    list_display = ["title", "slug", "minimum_age", "is_open", "is_main"]
    search_fields = ["title", "slug"]
    inspect_view_enabled = True


class PledgeTextViewSet(ReadOnlyViewSet):
    """The list of all versions of every pledge's words."""

    model = PledgeText
    icon = "doc-full"
    menu_label = _("Pledge texts")
    list_display = ["version", "pledge", "language", "is_sample", "created_at"]
    list_filter = ["pledge", "language", "is_sample"]
    search_fields = ["text"]
    list_select_related = ["pledge"]


def _set_aside(signature: Signature, user: Any) -> str:
    pledging.set_aside(signature, who=user.email, note=gettext("in the panel"))
    return gettext("The signature is set aside and does not count.")


def _put_back(signature: Signature, user: Any) -> str:
    pledging.put_back(signature, who=user.email, note=gettext("in the panel"))
    return gettext("The signature stands as before.")


def _send_letter(signature: Signature, user: Any) -> str:
    if not mailbox.may_write(signature.email):
        raise NotDoneError(gettext("Nothing was sent: this mailbox had its three letters of today."))
    letters.ask_to_confirm(signature.pk)
    return gettext("A letter with a new link is on its way.")


class SignatureViewSet(ReadOnlyViewSet):
    """The list of signatures. Nobody confirms for somebody else, staff neither."""

    model = Signature
    icon = "edit"
    menu_label = _("Signatures")
    list_display = ["name", "email", "pledge", "country", "state", "number", "signed_at", "confirmed_at"]
    filterset_class = SignatureFilters
    search_fields, search = Signature.sought_in, Search()
    list_select_related = ["pledge"]
    list_export = ["number", "name", "email", "country", "state", "wants_letters", "signed_at", "confirmed_at"]
    inspect_view_fields = [
        "name",
        "email",
        "canonical",
        "country",
        "pledge",
        "text",
        "age_text",
        "state",
        "number",
        "signed_at",
        "confirmed_at",
        "ended_at",
        "wants_letters",
        "letters_wording",
        "page",
        "locale",
        "supporter",
        "public_id",
    ]
    related = [
        Related(_("Count history"), lambda signature: signature.events.all(), ["why", "step", "total", "who", "at"])
    ]
    actions = [
        Action(
            "send-letter",
            _("Send the letter again"),
            _send_letter,
            "pledges.change_signature",
            applies=lambda signature: signature.state == Signature.State.STARTED,
        ),
        Action(
            "set-aside",
            _("Set aside as false"),
            _set_aside,
            "pledges.change_signature",
            applies=lambda signature: signature.state in LIVING,
        ),
        Action(
            "put-back",
            _("Put back"),
            _put_back,
            "pledges.change_signature",
            applies=lambda signature: signature.state == Signature.State.SET_ASIDE,
        ),
    ]


class SignatureEventViewSet(ReadOnlyViewSet):
    """The list of counter events, its proof: each step, and the running total behind it."""

    model = SignatureEvent
    icon = "order"
    menu_label = _("Count history")
    list_display = ["total", "step", "why", "signature", "pledge", "who", "at"]
    list_filter = {"pledge": ["exact"], "why": ["exact"], "at": ["date"]}
    search_fields = ["signature__name", "signature__email", "who", "note"]
    list_select_related = ["pledge", "signature"]


class Pledges(ModelViewSetGroup):
    menu_label = _("Pledge")
    menu_icon = "edit"
    menu_order = 300
    items = (SignatureViewSet, PledgeViewSet, PledgeTextViewSet, SignatureEventViewSet)
