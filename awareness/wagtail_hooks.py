"""Wagtail hooks of this app: the panel's lists of figures, sources, hotlines, topics, authors, messages."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.admin.widgets.button import Button
from wagtail.models import Page, ReferenceIndex
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from awareness import careful_words, desk, panel, picture_rules, playing, reports
from awareness.fact_lists import AgeColumn, FigureFilters
from awareness.facts import Figure, Source
from awareness.help_languages import HelpLanguage
from awareness.hotlines import Hotline
from awareness.topics import Author, Topic


class FigureViewSet(SnippetViewSet):
    model = Figure
    icon = "decimal"
    menu_label = _("Figures")
    list_display = ["text", "counts", "when", AgeColumn(), "source", "status", "mark"]
    filterset_class = FigureFilters
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
            [
                FieldPanel("status"),
                FieldPanel("old_after"),
                FieldPanel("replaced_by", widget=forms.Select),
                FieldPanel("correction"),
            ],
            heading=_("Is it still in use?"),
        ),
    ]


class SourceViewSet(SnippetViewSet):
    model = Source
    icon = "doc-full"
    menu_label = _("Sources")
    list_display = ["publisher", "title", "year", "checked_on", "mark"]
    list_filter = ["mark", "year", "publisher"]
    search_fields = ["slug", "publisher", "title", "address"]
    list_per_page = 50
    inspect_view_enabled = True
    panels = [
        MultiFieldPanel(
            [
                FieldPanel("slug"),
                FieldPanel("publisher"),
                FieldPanel("brief"),
                FieldPanel("title"),
                FieldPanel("year"),
                FieldPanel("address"),
            ],
            heading=_("The publication"),
        ),
        MultiFieldPanel([FieldPanel("checked_on"), FieldPanel("checked_by")], heading=_("Opened by us")),
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


class HelpLanguageViewSet(SnippetViewSet):
    model = HelpLanguage
    icon = "globe"
    menu_label = _("Languages of Get help")
    list_display = ["name", "slug", "heading", "published", "checked_on"]
    list_filter = ["published"]
    search_fields = ["name", "heading", "words"]
    inspect_view_enabled = True
    panels = [
        MultiFieldPanel([FieldPanel("slug"), FieldPanel("name"), FieldPanel("order")], heading=_("Which language")),
        MultiFieldPanel(
            [
                FieldPanel("heading"),
                FieldPanel("words"),
                FieldPanel("numbers"),
                FieldPanel("leave"),
                FieldPanel("unchecked"),
            ],
            heading=_("The first screen"),
        ),
        MultiFieldPanel(
            [FieldPanel("published"), FieldPanel("checked_on"), FieldPanel("checked_by")],
            heading=_("Shown, and read by a speaker of it"),
        ),
    ]


class FactsGroup(SnippetViewSetGroup):
    items = (FigureViewSet, SourceViewSet, HotlineViewSet, HelpLanguageViewSet)
    menu_label = _("Facts")
    menu_icon = "decimal"
    menu_order = 250


register_snippet(FactsGroup)


class TopicViewSet(SnippetViewSet):
    model = Topic
    icon = "tag"
    menu_label = _("Topics")
    list_display = ["name", "slug"]
    search_fields = ["name"]


class AuthorViewSet(SnippetViewSet):
    model = Author
    icon = "user"
    menu_label = _("Authors")
    list_display = ["name", "about"]
    search_fields = ["name"]


class ArticlesGroup(SnippetViewSetGroup):
    items = (TopicViewSet, AuthorViewSet)
    menu_label = _("Articles")
    menu_icon = "doc-full-inverse"
    menu_order = 255


register_snippet(ArticlesGroup)


@hooks.register("register_admin_viewset")
def messages_to_us() -> panel.MessageViewSet:
    return panel.MessageViewSet()


@hooks.register("construct_homepage_panels")
def what_wants_a_look(request: HttpRequest, panels: list[Any]) -> None:
    if request.user.has_perm("awareness.change_figure"):
        panels.append(desk.DeskPanel())


@hooks.register("register_admin_urls")
def report_addresses() -> list[URLPattern]:
    original = path("images/<int:pk>/original/", playing.original, name="image_original")
    return [*reports.addresses(), *picture_rules.addresses(), original]


@hooks.register("register_admin_menu_item")
def picture_rules_in_the_menu() -> MenuItem:
    return picture_rules.item()


@hooks.register("register_reports_menu_item")
def reviews_in_the_menu() -> MenuItem:
    return reports.ReportItem(_("Pages to review"), reverse("review_report"), icon_name="check", order=100)


@hooks.register("register_reports_menu_item")
def links_in_the_menu() -> MenuItem:
    return reports.ReportItem(_("Broken links"), reverse("link_report"), icon_name="link", order=110)


@hooks.register("register_page_header_buttons")
def reviewed(page: Page, user: Any, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    if page.live and page.permissions_for_user(user).can_edit():
        where = reverse("mark_reviewed", args=[page.pk])
        yield Button(_("Mark as reviewed"), where, icon_name="check", priority=55)


@hooks.register("after_create_page")
@hooks.register("after_edit_page")
def look_at_words(request: HttpRequest, page: Page) -> None:
    """Style hints after an editor's own save; the editor's autosaves expect JSON."""
    told = careful_words.advice(page) if request.accepts("text/html") else None
    if told:
        messages.info(request, told)


@hooks.register("before_delete_snippet")
def keep_what_pages_use(request: HttpRequest, instances: list[Model]) -> HttpResponse | None:
    """Refuse to delete a figure or source that a page names: the page would have a hole."""
    facts = [row for row in instances if isinstance(row, Figure | Source)]
    used = [row for row in facts if ReferenceIndex.get_references_to(row).exists()]
    if not used:
        return None
    names = ", ".join(str(row) for row in used)
    messages.error(request, _("Not deleted, because pages use it: %(names)s") % {"names": names})
    return redirect(type(used[0]).snippet_viewset.get_url_name("list"))  # type: ignore[union-attr]
