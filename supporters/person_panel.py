"""A supporter's page in the panel: who they are, the sections of all apps, notes of staff, and everything known."""

from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from wagtail.admin.widgets import AdminAutoHeightTextInput
from wagtail.admin.widgets.button import HeaderButton
from wagtail.log_actions import log

from foundation.access.card_numbers import NoCardNumbers
from foundation.organisation.zone import on_our_calendar
from staff.gate import EXPORT
from staff.list_views import DetailView
from supporters import consent, data_export, merging, news, privacy_registry, sections_panel
from supporters.addresses import canonical
from supporters.models import ConsentEvent, Merge, StaffNote, Supporter
from supporters.sections_panel import SHOWN, Section

Purpose = ConsentEvent.Purpose
TAKE = "supporters.export_supporter"


class NoteForm(NoCardNumbers, forms.Form):
    text = forms.CharField(
        label=_("Note"),
        help_text=_("It stands under your name. The person may ask to read it, and it goes when they are erased."),
        max_length=2000,
        widget=AdminAutoHeightTextInput,
    )

    def __init__(self, *args: Any, row: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class MergeForm(NoCardNumbers, forms.Form):
    """Which other supporter becomes part of this one. Two mailboxes are two people until somebody made sure."""

    other = forms.CharField(label=_("The other supporter: e-mail address or number"), max_length=320)
    check_made = forms.CharField(
        label=_("How you made sure that both are one person"),
        help_text=_("Kept with the merge, under your name. The same name alone proves nothing."),
        max_length=300,
        min_length=10,
    )

    def __init__(self, *args: Any, row: Supporter, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row = row

    def clean_other(self) -> Supporter:
        typed = self.cleaned_data["other"].strip()
        by = {"pk": int(typed)} if typed.isdecimal() and len(typed) < 19 else {"canonical": canonical(typed)}
        found = Supporter.objects.filter(**by, erased_at=None).first()
        if found is None:
            raise forms.ValidationError(_("There is no such supporter."))
        if found.pk == self.row.pk:
            raise forms.ValidationError(_("That is this very person."))
        return found


class ConsentSection(Section):
    permission = "supporters.view_consentevent"
    order = 500
    template_name = "supporters/consent_panel.html"

    def facts(self) -> dict[str, Any]:
        """What stands now for each kind of letter, and each yes and no with its words."""
        events = list(self.supporter.consent_events.all()[: SHOWN + 1])  # the newest first
        now = {purpose: next((each for each in events if each.purpose == purpose), None) for purpose in Purpose}
        if len(events) > SHOWN:
            now = {purpose: found or consent.newest(self.supporter, purpose) for purpose, found in now.items()}
        return {
            "standing": [(purpose.label, news.meant(word, purpose), word) for purpose, word in now.items()],
            "events": events[:SHOWN],
            "more": len(events) > SHOWN,
        }


class NotesSection(Section):
    permission = "supporters.view_staffnote"
    order = 150
    template_name = "supporters/notes_panel.html"

    def facts(self) -> dict[str, Any]:
        return {"notes": self.supporter.staff_notes.all()}


class MergesSection(Section):
    permission = "supporters.view_supporter"
    order = 700
    template_name = "supporters/merges_panel.html"

    def facts(self) -> dict[str, Any]:
        return {"merges": [(each, merging.said(each)) for each in self.supporter.merges.all()]}


class SupporterDetail(DetailView):
    """Everything about one person, by all apps; who may see what is each section's permission."""

    template_name = "supporters/person_panel.html"

    def get_object(self, queryset: Any = None) -> Supporter:
        """With what several parts of the page look at."""
        merges = Merge.objects.select_related("by", "undone_by")
        notes = StaffNote.objects.select_related("by")
        wanted = ("former_addresses", Prefetch("merges", merges), Prefetch("staff_notes", notes))
        return get_object_or_404(Supporter.objects.prefetch_related(*wanted), pk=unquote(str(self.pk)))

    @cached_property
    def header_buttons(self) -> list[Any]:
        if not self.request.user.has_perm(TAKE) or self.object.erased_at:
            return []
        forms = {"json": gettext("Their data (JSON)"), "zip": gettext("Their data (CSV)")}
        return [
            HeaderButton(words, url=_data_address(self.object.pk, kind), icon_name="download")
            for kind, words in forms.items()
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sections = [each for each in sections_panel.every(self.object, self.request.user) if each.is_shown]
        return super().get_context_data(**kwargs) | {"sections": sections}


@require_safe
@never_cache
@on_our_calendar
def data(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """View: the data export of one person, for whoever answers their request: the files that the person can take on
    My page. The gate asks for a fresh factor.
    """
    if not request.user.has_perm(TAKE):
        raise PermissionDenied
    supporter = get_object_or_404(Supporter, pk=pk, erased_at=None)
    if EXPORT not in request.GET:
        return redirect(_data_address(pk, kind))
    known = privacy_registry.export(supporter)
    sentence = gettext("All that is known of this person was taken out of the panel.")
    said = {"action": "data", "label": gettext("Data of one person"), "sentence": sentence}
    log(supporter, "staff.action", user=request.user, data=said)
    return data_export.as_file(known, kind, f"supporter-{supporter.pk}")


def _data_address(pk: int, kind: str) -> str:
    return f"{reverse(f'supporter_data_{kind}', args=[pk])}?{EXPORT}={kind}"


def write_note(supporter: Supporter, user: Any, text: str) -> str:
    StaffNote.objects.create(supporter=supporter, text=text, by=user)
    return gettext("The note is kept.")


def addresses() -> list[URLPattern]:
    return [
        path(f"supporter/<int:pk>/data.{kind}", data, {"kind": kind}, name=f"supporter_data_{kind}")
        for kind in ("json", "zip")
    ]
