"""Prefetch of what one page uses of other rows (figures, sources, pages), and its footnotes."""

import logging
import re
from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_
from types import MappingProxyType
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from wagtail.models import Page

from awareness.facts import Figure, Source
from foundation.organisation.languages import here

log = logging.getLogger(__name__)
PATH = re.compile(r"[^?#]*")


class Note(NamedTuple):
    """A footnote: a numbered source, with the ids of the places that cite it."""

    number: int
    source: Source
    backs: list[str]


class References:
    """Lazy prefetch for one rendering of a page. At most two queries, however many blocks the page has."""

    def __init__(
        self,
        request: HttpRequest | None = None,
        page_ids: Iterable[int] = (),
        paths: Iterable[str] = (),
        known: Iterable[Page] = (),
        typed: Mapping[str, str] = MappingProxyType({}),
        below: Page | None = None,
        translation_key: Any = None,
        beside: "References | None" = None,
    ) -> None:
        """Collect what will be queried: the pages with these ids and tree paths, those at these URLs (URL: its
        `url_path`), the children of `below`, and the translations; `known` ones need no query. Those of another that
        stands `beside` this one, as the menu does, join the same query.
        """
        self.request = request
        self.known = list(known)
        self.page_ids = set(page_ids) - {page.pk for page in self.known}
        self.paths = set(paths) - {page.path for page in self.known}
        self._typed = typed
        self._below = Q(path__startswith=below.path, depth=below.depth + 1) if below else Q()
        self.translation_key = translation_key
        self._cited: dict[str, Note] = {}
        self.in_section = False  # whether a heading has been rendered: what comes is below it
        self._beside: References | None = None
        if beside is not None and "pages" not in beside.__dict__:
            self._beside, beside._beside = beside, self

    @cached_property
    def _facts(self) -> tuple[dict[str, Figure], dict[str, Source]]:
        """All figures and all sources by slug, by one query: a page that cites mostly has both."""
        of_source = [field.attname for field in Source._meta.concrete_fields]
        of_figure = [field.attname for field in Figure._meta.concrete_fields]
        sources: dict[int, Source] = {}
        figures: dict[int, Figure] = {}
        for row in Source.objects.values_list(*of_source, *(f"figures__{name}" for name in of_figure)):
            source = Source.from_db("default", of_source, row[: len(of_source)])
            source = sources.setdefault(source.pk, source)
            figure = Figure.from_db("default", of_figure, row[len(of_source) :])
            if figure.pk is not None:
                figure.source = source
                figures[figure.pk] = figure
        for figure in figures.values():
            figure.replaced_by = figures.get(figure.replaced_by_id) if figure.replaced_by_id else None
        return {each.slug: each for each in figures.values()}, {each.slug: each for each in sources.values()}

    @cached_property
    def pages(self) -> list[Page]:
        """The pages that texts and links name, and the ancestors, ordered by tree path."""
        if self._beside is not None and "pages" in self._beside.__dict__:
            return self._beside.pages
        both = [self, *([self._beside] if self._beside else [])]
        known = {page.pk: page for each in both for page in each.known}
        wanted = [each._wanted() for each in both if each._wants()]
        found: Iterable[Page] = ()
        if wanted:
            rows = Page.objects.filter(reduce(or_, wanted)).select_related("locale")
            found = [row for row in rows if row.pk not in known]
        return sorted([*known.values(), *found], key=lambda page: page.path)

    def _wants(self) -> bool:
        return bool(self.page_ids or self.paths or self._typed or self._below or self.translation_key)

    def _wanted(self) -> Q:
        nothing = Q(pk__in=[])
        return (
            Q(pk__in=self.page_ids)
            | Q(url_path__in=self._typed.values())
            | Q(path__in=self.paths)
            | self._in_our_language()
            | (self._below or nothing)
            | (Q(translation_key=self.translation_key) if self.translation_key else nothing)
        )

    def _in_our_language(self) -> Q:
        """The translations into the reader's language: the menu names pages of the first one."""
        language = get_language() or settings.LANGUAGE_CODE
        if language == settings.LANGUAGE_CODE or not (self.page_ids or self._typed):
            return Q(pk__in=[])
        named = Q(pk__in=self.page_ids) | Q(url_path__in=self._typed.values())
        keys = Page.objects.filter(named).values("translation_key")
        return Q(translation_key__in=keys, locale__language_code=language)

    def figure(self, slug: str) -> Figure | None:
        """Return the figure; None when the row was deleted: the page then leaves the place empty and logs an error."""
        found = self._facts[0].get(slug)
        if found is None:
            log.error("A page names a figure that is not there: %s", slug)
        return found

    def source(self, slug: str) -> Source | None:
        found = self._facts[1].get(slug)
        if found is None:
            log.error("A page names a source that is not there: %s", slug)
        return found

    def address(self, page_id: int | None) -> str:
        """Return a page's URL, in the reader's language if it can be; empty when there is none or it is not public."""
        page = next((page for page in self.pages if page.pk == page_id), None)
        same = [each for each in self.pages if page and each.translation_key == page.translation_key and each.live]
        if len(same) > 1:
            same.sort(key=lambda each: each.locale.language_code != get_language())
        return (same[0].get_url(self.request) or "") if same else ""

    def typed(self, address: str) -> str:
        """Return the URL of a typed path of ours as its readers reach it, /the-problem/#signs too. Empty while its page
        is public neither in their language nor in our first; a path of no page that texts here name stays as it is.
        """
        path = PATH.match(address)[0]  # type: ignore[index]
        where = self._typed.get(path)
        page = next((page for page in self.pages if page.url_path == where), None) if where else None
        if page is None:
            return here(address)
        same = {
            each.locale.language_code
            for each in self.pages
            if each.translation_key == page.translation_key and each.live
        }
        whole = f"{path.rstrip('/')}/{address[len(path) :]}"
        return here(whole) if get_language() in same else whole if settings.LANGUAGE_CODE in same else ""

    def cite(self, fact: Figure | Source) -> SafeString:
        """Return the superscript link to a footnote. Numbers follow the order of first citing."""
        source = fact.source if isinstance(fact, Figure) else fact
        note = self._cited.setdefault(source.slug, Note(len(self._cited) + 1, source, []))
        back = f"cite-{note.number}-{len(note.backs) + 1}"
        note.backs.append(back)
        return format_html(
            '<sup><a href="#note-{}" id="{}" role="doc-noteref">{}</a></sup>', note.number, back, note.number
        )

    def notes(self) -> list[Note]:
        """Return the footnotes cited so far: templates print them after the text."""
        return list(self._cited.values())
