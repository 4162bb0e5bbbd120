"""The panel's lists of figures, sources and hotlines."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
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
            [FieldPanel("source"), FieldPanel("method"), FieldPanel("mark")], heading=_("Where it comes from")
        ),
        FieldPanel("phrase"),
        MultiFieldPanel(
            [FieldPanel("status"), FieldPanel("replaced_by"), FieldPanel("correction")],
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
