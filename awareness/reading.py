"""What all our pages share: few queries, sourced texts, files fetched at once, nothing that follows the reader."""

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
# The addresses of ours that somebody typed, in texts and in links, without the part of the page.
TYPED = re.compile(r'(?:href=\\"|"address": ")(/[^"#?\\]*)')


class ReadingPage(Page):
    """What all our pages share: sourced texts, few queries, and nothing that follows the reader."""

    lists_below = False  # whether its template asks for the pages right below
    known_above: Sequence[Page] = ()  # the pages above, where finding this one has fetched them already
    known_open = False  # whether finding this one showed that no page on the way to it is closed
    pictures: Sequence[str] = ()  # fields of this type that hold a picture,
    documents: Sequence[str] = ()  # and those that hold a document
    rows_with_pictures: Sequence["ReadingPage"] = ()  # other pages whose pictures stand on this one

    class Meta:
        abstract = True

    @cached_property
    def references(self) -> References:
        """What this page takes from other rows; made anew by each get_context."""
        return References()

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        key = self.translation_key if len(settings.LANGUAGES) > 1 else None
        below = self if self.lists_below else None
        beside = navigation.references(request)
        self.references = context["references"] = References(
            request, self.linked(), self._above(), self.known_above, self.typed(), below, key, beside
        )
        self._fetch_files()
        return context

    @cached_property
    def framed(self) -> list[str]:
        """The sites whose player may stand in a frame of this page, after a press."""
        return media.origins([*self.body.raw_data])

    def contents(self) -> list[tuple[str, str]]:
        """(anchor, text) of each section."""
        headings = [child.value for child in self.body if child.block_type == "heading"]
        return [(heading["anchor"], heading["text"]) for heading in headings if heading["level"] == "2"]

    def notes(self) -> list[Note]:
        """The sources cited so far in this rendering: print them after the body."""
        return self.references.notes()

    def trail(self) -> list[dict[str, str]]:
        """The pages between home and this one, as {title, url}."""
        above = set(self._above())
        return [
            {"title": page.title, "url": page.get_url(self.references.request) or ""}
            for page in self.references.pages
            if page.path in above
        ]

    def said_elsewhere(self) -> list[Page]:
        """This page in other languages, where it is public."""
        same = [page for page in self.references.pages if page.translation_key == self.translation_key]
        return [page for page in same if page.pk != self.pk and page.live]

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """No page of ours holds a form that needs the referrer (forms here are GET), so no page sends one on.

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
        """As Wagtail's, in one query: by the paths above instead of the rows above. None where finding the page told
        already that nothing on the way to it is closed.
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

    def _above(self) -> list[str]:
        first, last = self.steplen * (HOME_DEPTH + 1), len(self.path) - self.steplen
        return [self.path[:end] for end in range(first, last + 1, self.steplen)]

    def _fetch_files(self) -> None:
        """Every picture and document of the page at once; the fields get theirs, the blocks have taken theirs."""
        fields = [(page, name) for page in (self, *self.rows_with_pictures) for name in page.pictures]
        numbers = [getattr(page, f"{name}_id") for page, name in fields]
        files = pictures.fetch(self.body, numbers, [getattr(self, f"{name}_id") for name in self.documents])
        rows = [(page, name, files.images) for page, name in fields]
        rows += [(self, name, files.documents) for name in self.documents]
        for page, name, found in rows:
            if getattr(page, f"{name}_id") in found:
                setattr(page, name, found[getattr(page, f"{name}_id")])

    def linked(self) -> set[int]:
        """The numbers of the pages that the blocks lead to."""
        raw = json.dumps([*self.body.raw_data])
        return {int(number) for found in LINKED.findall(raw) for number in found if number}

    def typed(self) -> dict[str, str]:
        """The addresses of ours that somebody typed in blocks and intro, without the part of the page, each with the
        `url_path` of its page in this page's language.
        """
        found = TYPED.findall(json.dumps([*self.body.raw_data, getattr(self, "intro", "")]))
        front = (self.url_path or "//").split("/")[1]
        return {address: f"/{front}/{address.strip('/')}/" for address in found if address.strip("/")}
