"""The panel's lists of figures, sources and hotlines."""

from django import forms
from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.models import ReferenceIndex
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from awareness.facts import Figure, Source
from awareness.hotlines import Hotline


class FigureViewSet(SnippetViewSet):
    model = Figure
    icon = "decimal"
    menu_label = _("Figures")
    list_display = ["text", "counts", "when", "source", "status", "mark"]
    list_filter = ["status", "mark", "source"]
    search_fields = ["slug", "text", "counts", "phrase", "source__publisher", "source__title"]
    list_per_page = 50
    inspect_view_enabled = True
    panels = [
        MultiFieldPanel(
            [
                FieldPanel("slug"),
                FieldPanel("text"),
                FieldPanel("short"),
                FieldPanel("value"),
                FieldPanel("counts"),
                FieldPanel("measured"),
            ],
            heading=_("The number"),
        ),
        MultiFieldPanel(
            [FieldPanel("source", widget=forms.Select), FieldPanel("method"), FieldPanel("mark")],
            heading=_("Where it comes from"),
        ),
        FieldPanel("phrase"),
        MultiFieldPanel(
            [FieldPanel("status"), FieldPanel("replaced_by", widget=forms.Select), FieldPanel("correction")],
            heading=_("Is it still in use?"),
        ),
    ]


class SourceViewSet(SnippetViewSet):
    model = Source
    icon = "doc-full"
    menu_label = _("Sources")
    list_display = ["publisher", "title", "year", "date_checked", "mark"]
    list_filter = ["mark", "year", "publisher"]
    search_fields = ["slug", "publisher", "title", "address"]
    list_per_page = 50
    inspect_view_enabled = True
    panels = [
        MultiFieldPanel(
            [
                FieldPanel("slug"),
                FieldPanel("publisher"),
                FieldPanel("title"),
                FieldPanel("year"),
                FieldPanel("address"),
            ],
            heading=_("The publication"),
        ),
        MultiFieldPanel([FieldPanel("date_checked"), FieldPanel("checked_by")], heading=_("Opened by us")),
        MultiFieldPanel([FieldPanel("seen_at"), FieldPanel("mark")], heading=_("For staff, never shown")),
    ]


class HotlineViewSet(SnippetViewSet):
    model = Hotline
    icon = "mobile-alt"
    menu_label = _("Hotlines")
    list_display = ["country", "name", "kind", "phones", "published", "checked_on"]
    list_filter = ["published", "kind", "country"]
    search_fields = ["country", "name", "phones", "web"]
    list_per_page = 50
    inspect_view_enabled = True
    panels = [
        MultiFieldPanel(
            [FieldPanel("slug"), FieldPanel("country"), FieldPanel("name"), FieldPanel("kind"), FieldPanel("order")],
            heading=_("Which line"),
        ),
        MultiFieldPanel(
            [FieldPanel("phones"), FieldPanel("sms"), FieldPanel("web"), FieldPanel("hours"), FieldPanel("emergency")],
            heading=_("How to reach it"),
        ),
        MultiFieldPanel(
            [FieldPanel("published"), FieldPanel("checked_on"), FieldPanel("checked_by")],
            heading=_("Shown and checked"),
        ),
        FieldPanel("staff_notes"),
    ]


class FactsGroup(SnippetViewSetGroup):
    items = (FigureViewSet, SourceViewSet, HotlineViewSet)
    menu_label = _("Facts")
    menu_icon = "decimal"
    menu_order = 250


register_snippet(FactsGroup)


@hooks.register("before_delete_snippet")
def keep_what_pages_use(request: HttpRequest, instances: list[Model]) -> HttpResponse | None:
    """A figure or source that a page names is not deleted: the page would have a hole."""
    facts = [row for row in instances if isinstance(row, Figure | Source)]
    used = [row for row in facts if ReferenceIndex.get_references_to(row).exists()]
    if not used:
        return None
    names = ", ".join(str(row) for row in used)
    messages.error(request, _("Not deleted, because pages use it: %(names)s") % {"names": names})
    return redirect(type(used[0]).snippet_viewset.get_url_name("list"))  # type: ignore[union-attr]
