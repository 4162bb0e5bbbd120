"""Launch checklist of the content: numbers that nobody called, sources that nobody opened, notes in our texts."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.models import Locale, Page

from awareness.facts import Source
from awareness.help_languages import HelpLanguage
from awareness.hotlines import Hotline
from awareness.navigation import Navigation
from awareness.pages import ReadingPage
from foundation.organisation import countries
from foundation.organisation.open_points import OpenPoint

BLOCK, STORE = "for_staff", "store"


def open_points() -> list[OpenPoint]:
    """Return all open points, each with a link to resolve it. What is not published, or on no page, is listed too."""
    return [*_notes(), *_numbers(), *_languages(), *_sources()]


def _notes() -> Iterator[OpenPoint]:
    """Yield each note to staff in the latest revision of a page, draft or not: it goes when somebody deletes the block;
    and each shop button that has no URL yet.
    """
    kind = _("Pages with something to fill in")
    store = Navigation.load().store_address
    settings = reverse("wagtailsettings:edit", args=["awareness", "navigation"])
    codes = dict(Locale.objects.values_list("pk", "language_code"))
    for page in Page.objects.live().order_by("path").specific().iterator():
        if not isinstance(page, ReadingPage):
            continue
        newest = page.get_latest_revision_as_object() if page.has_unpublished_changes else page
        title = f"{page.title} ({codes[page.locale_id]})"
        for block in newest.body.raw_data:  # as it is kept: making blocks of all pages took a tenth of a second
            if block["type"] == STORE and not store:
                yield OpenPoint(kind, _("%(page)s: enter the address of the store") % {"page": title}, settings)
            if block["type"] == BLOCK:
                where = reverse("wagtailadmin_pages:edit", args=[page.pk])
                yield OpenPoint(kind, f"{title}: {block['value']['text']}", where)


def _numbers() -> Iterator[OpenPoint]:
    edit = Hotline.snippet_viewset.get_url_name("edit")  # type: ignore[attr-defined]
    for line in Hotline.objects.filter(published=True, checked_on=None):
        words = f"{countries.name(line.country)}: {line.name}, {line.phones or line.web}"
        yield OpenPoint(
            _("Lines for help that nobody has called"), " ".join(words.split()), reverse(edit, args=[line.pk])
        )


def _languages() -> Iterator[OpenPoint]:
    edit = HelpLanguage.snippet_viewset.get_url_name("edit")  # type: ignore[attr-defined]
    for row in HelpLanguage.objects.filter(published=True, checked_on=None):
        yield OpenPoint(
            _("Translations that no speaker has read"),
            _("Get help: %(name)s") % {"name": row.name},
            reverse(edit, args=[row.pk]),
        )


def _sources() -> Iterator[OpenPoint]:
    edit = Source.snippet_viewset.get_url_name("edit")  # type: ignore[attr-defined]
    for source in Source.objects.filter(checked_on=None):
        yield OpenPoint(_("Sources that nobody has opened"), str(source), reverse(edit, args=[source.pk]))
