"""Base page class: few queries, sourced texts, prefetched files, no referrer and no tracking of readers."""

import json
import re
from collections.abc import Sequence
from typing import Any, cast

from csp.decorators import csp_update
from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from wagtail.models import Page, PageViewRestriction

from awareness import media, navigation, pictures
from awareness.references import Note, References

HOME_DEPTH = 2
LINKED = re.compile(r'"page": (\d+)|linktype=\\"page\\"[^>]*? id=\\"(\d+)\\"|id=\\"(\d+)\\"[^>]*? linktype=\\"page\\"')
# Our own paths that somebody typed, in texts and in links, without query and fragment.
TYPED = re.compile(r'(?:href=\\"|"address": ")(/[^"#?\\]*)')


class ReadingPage(Page):
    """Base class of all page types: sourced texts, few queries, no referrer and no tracking of readers."""

    lists_below = False  # whether its template lists the child pages
    known_above: Sequence[Page] = ()  # its ancestors, where routing has fetched them already
    known_open = False  # whether routing showed that no page on the way to it is restricted
    pictures: Sequence[str] = ()  # fields of this type that hold a picture,
    documents: Sequence[str] = ()  # and those that hold a document
    rows_with_pictures: Sequence["ReadingPage"] = ()  # other pages whose pictures stand on this one

    class Meta:
        abstract = True

    @cached_property
    def references(self) -> References:
        """The pages, figures and sources that this page uses; made anew by each get_context."""
        return References()

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        key = self.translation_key if len(settings.LANGUAGES) > 1 else None
        below = self if self.lists_below else None
        beside = navigation.references(request)
        self.references = context["references"] = References(
            request, self.linked(), self._ancestor_paths(), self.known_above, self.typed(), below, key, beside
        )
        self._fetch_files()
        return context

    @cached_property
    def framed(self) -> list[str]:
        """Origins of embedded players, allowed in a frame of this page (CSP frame-src) after a press."""
        return media.origins([*self.body.raw_data])

    def contents(self) -> list[tuple[str, str]]:
        """Table of contents: (anchor, text) of each section."""
        headings = [child.value for child in self.body if child.block_type == "heading"]
        return [(heading["anchor"], heading["text"]) for heading in headings if heading["level"] == "2"]

    def notes(self) -> list[Note]:
        """Footnotes: the sources cited so far in this rendering; print them after the body."""
        return self.references.notes()

    def trail(self) -> list[dict[str, str]]:
        """Breadcrumbs: the pages between home and this one, as {title, url}."""
        above = set(self._ancestor_paths())
        return [
            {"title": page.title, "url": page.get_url(self.references.request) or ""}
            for page in self.references.pages
            if page.path in above
        ]

    def said_elsewhere(self) -> list[Page]:
        """Translations of this page that are public."""
        same = [page for page in self.references.pages if page.translation_key == self.translation_key]
        return [page for page in same if page.pk != self.pk and page.live]

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Serve with security headers. No page of ours holds a form that needs the referrer (forms here are GET), so
        all send no-referrer.

        A trailer's player stands in a frame, so a page with one alone lets that one site into a frame.
        """
        answer = super().serve
        if self.framed:
            allowed = csp_update({"frame-src": self.framed})
            response = cast(HttpResponse, allowed(lambda request: answer(request, *args, **kwargs))(request))
            response.headers["Cross-Origin-Embedder-Policy"] = "unsafe-none"  # players send nothing that it would ask
        else:
            response = answer(request, *args, **kwargs)
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    def get_view_restrictions(self) -> "QuerySet[PageViewRestriction]":
        """As Wagtail's, by one query: over the ancestors' paths instead of their rows. An empty queryset where routing
        showed already that nothing on the way to it is restricted.
        """
        if self.known_open:
            return PageViewRestriction.objects.none()
        if self.alias_of_id:
            return super().get_view_restrictions()
        paths = [self.path[:end] for end in range(self.steplen, len(self.path) + 1, self.steplen)]
        here = Q(page__path__in=paths) | Q(page__aliases__path__in=paths)
        return PageViewRestriction.objects.filter(here).distinct()

    def shows_pictures(self) -> bool:
        of_fields = any(getattr(self, f"{name}_id") for name in self.pictures)
        return of_fields or bool(pictures.numbers([*self.body.raw_data]))

    def _ancestor_paths(self) -> list[str]:
        first, last = self.steplen * (HOME_DEPTH + 1), len(self.path) - self.steplen
        return [self.path[:end] for end in range(first, last + 1, self.steplen)]

    def _fetch_files(self) -> None:
        """Prefetch every picture and document of the page; the fields get theirs, the blocks have taken theirs."""
        fields = [(page, name) for page in (self, *self.rows_with_pictures) for name in page.pictures]
        numbers = [getattr(page, f"{name}_id") for page, name in fields]
        files = pictures.fetch(self.body, numbers, [getattr(self, f"{name}_id") for name in self.documents])
        rows = [(page, name, files.images) for page, name in fields]
        rows += [(self, name, files.documents) for name in self.documents]
        for page, name, found in rows:
            if getattr(page, f"{name}_id") in found:
                setattr(page, name, found[getattr(page, f"{name}_id")])

    def linked(self) -> set[int]:
        """The ids of the pages that the blocks link to."""
        raw = json.dumps([*self.body.raw_data])
        return {int(number) for found in LINKED.findall(raw) for number in found if number}

    def typed(self) -> dict[str, str]:
        """Our own paths that somebody typed in blocks and intro, without query and fragment, each with the `url_path`
        of its page in this page's language.
        """
        found = TYPED.findall(json.dumps([*self.body.raw_data, getattr(self, "intro", "")]))
        front = (self.url_path or "//").split("/")[1]
        return {address: f"/{front}/{address.strip('/')}/" for address in found if address.strip("/")}
