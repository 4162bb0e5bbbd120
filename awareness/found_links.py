"""Broken link checker: the links of our pages as readers meet them, and whether their targets exist."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import Q
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.documents import get_document_model
from wagtail.models import Page

from awareness import link_check, visitor
from awareness.pages import HomePage
from awareness.reading import ReadingPage
from foundation.jobs import lanes
from foundation.jobs import queue as jobs
from foundation.jobs.models import Job

WEEK = timedelta(days=7)
LONGEST = 1000
AT_ONCE, AT_MOST = 5, timedelta(seconds=20)  # of one run: targets, and time; letters must not wait behind it
DRAWN = "/posters/"  # rendered anew for each request, and from the same rows as the page itself
PAUSE = 60  # seconds between runs; one run asks each other site once
DOCUMENT = re.compile(
    r'"document": (\d+)|linktype=\\"document\\"[^>]*? id=\\"(\d+)\\"|id=\\"(\d+)\\"[^>]*? linktype=\\"d'
)


FILE = re.compile(r"/(?:documents/(?P<number>\d+)/(?P<name>[^?]+)|media/(?P<path>[^?]+)|(?P<static>static/))")


class FoundLink(models.Model):
    """One link of one page, as it was found last. Links of menu and footer count to the front page."""

    class Kind(models.TextChoices):
        HERE = "here", _("on this site")
        ELSEWHERE = "elsewhere", _("elsewhere")

    class State(models.TextChoices):
        WAITING = "waiting", _("not asked yet")
        GOOD = "good", _("there")
        BROKEN = "broken", _("not there")
        SILENT = "silent", _("no clear answer")
        REFUSED = "refused", _("never asked")

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+", verbose_name=_("page"))
    target = models.CharField(_("leads to"), max_length=LONGEST)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    status = models.PositiveSmallIntegerField(_("status"), null=True, blank=True)
    why = models.CharField(_("why"), max_length=200, blank=True)
    checked_at = models.DateTimeField(_("asked on"), null=True, blank=True)

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        ordering = ["page_id", "target"]
        constraints = [models.UniqueConstraint(fields=["page", "target"], name="one_row_a_link")]

    def __str__(self) -> str:
        return self.target


WRONG = (FoundLink.State.BROKEN, FoundLink.State.SILENT, FoundLink.State.REFUSED)


class Seen(NamedTuple):
    """One URL of ours: its status, its anchors, and where it redirects."""

    status: int
    anchors: frozenset[str] = frozenset()
    leads_to: tuple[str, ...] = ()
    text_leads_to: tuple[str, ...] = ()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: dict[str, bool] = {}  # href: whether it stands in <main>
        self._in_main = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self._in_main = self._in_main or tag == "main"
        self.anchors |= {name for name in (found.get("id"), found.get("name")) if name}
        address = found.get("href") if tag in ("a", "area") else found.get("src") if tag in ("img", "source") else None
        if address:
            self.links[address] = self.links.get(address, False) or self._in_main

    def handle_endtag(self, tag: str) -> None:
        self._in_main = self._in_main and tag != "main"


@jobs.every("day")
def walk() -> None:
    """Crawl every public page and its links to this site, daily; other sites are probed bit by bit afterwards."""
    known: dict[str, Seen] = {}
    pages = list(Page.objects.live().public().filter(depth__gt=1).specific())
    for page in pages:
        jobs.extend_lease()
        _write(page, dict(_links_of(page, known)))
    FoundLink.objects.exclude(page__in=[page.pk for page in pages]).delete()
    ask_soon()


def walk_soon() -> None:
    """Enqueue a crawl now, by a button in the panel."""
    _once_at_a_time("walk-links")


def ask_soon() -> None:
    _once_at_a_time("ask-elsewhere")


@jobs.handler("walk-links", lane=lanes.SLOW)
def _walk(args: dict[str, str]) -> None:
    walk()


@jobs.handler("ask-elsewhere", lane=lanes.SLOW)
def ask_elsewhere(args: dict[str, str]) -> None:
    """Job: one run over a few links to other sites, each site once. Retries after a minute while more are due.

    On a live site alone: from a demonstration nothing leaves the machine. A target is probed at most once a week.
    """
    if not settings.LIVE:
        return
    began = timezone.now()
    stale = Q(checked_at=None) | Q(checked_at__lt=began - WEEK)
    due = FoundLink.objects.filter(stale, kind=FoundLink.Kind.ELSEWHERE)
    hosts: set[str] = set()
    for target in due.order_by("checked_at", "pk").values_list("target", flat=True)[:500]:
        host = urlsplit(target).netloc
        if host in hosts or not due.filter(target=target).exists():
            continue
        if len(hosts) == AT_ONCE or timezone.now() - began > AT_MOST:
            break
        hosts.add(host)
        jobs.extend_lease()
        FoundLink.objects.filter(target=target).update(
            **_classified(link_check.probe(target)), checked_at=timezone.now()
        )
    if due.exists():
        raise jobs.RetryLaterError(PAUSE, "More addresses wait to be asked.")


def _classified(answer: link_check.Answer) -> dict[str, object]:
    """Classify a probe: 404 and 410 are broken; any other refusal may be meant for robots alone."""
    if answer.refused:
        state = FoundLink.State.REFUSED
    elif answer.status in (404, 410):
        state = FoundLink.State.BROKEN
    elif answer.status is None or answer.status >= 300:
        state = FoundLink.State.SILENT
    else:
        state = FoundLink.State.GOOD
    return {"state": state, "status": answer.status, "why": answer.why[:200]}


def _once_at_a_time(kind: str) -> None:
    waiting = Job.objects.filter(kind=kind, state__in=(Job.State.READY, Job.State.RUNNING))
    if not waiting.exists():
        jobs.enqueue(kind, f"{kind}:{timezone.now().isoformat()}")


def _links_of(page: Page, known: dict[str, Seen]) -> Iterator[tuple[str, FoundLink]]:
    here = urlsplit(page.get_url() or "/").path
    seen = _probe_once(here, known)
    for address in seen.leads_to if isinstance(page, HomePage) else seen.text_leads_to:
        target = urljoin(settings.BASE_URL + here, address)
        parts = urlsplit(target)
        if parts.scheme not in ("http", "https") or len(target) > LONGEST or parts.path.startswith(DRAWN):
            continue
        if target.startswith(f"{settings.BASE_URL}/"):
            path = target.removeprefix(settings.BASE_URL)
            yield path, _judged(page, path, known)
        else:
            yield target, FoundLink(page=page, target=target, kind=FoundLink.Kind.ELSEWHERE)
    if isinstance(page, ReadingPage):
        yield from _holes(page)


def _judged(page: Page, path: str, known: dict[str, Seen]) -> FoundLink:
    address, anchor = urldefrag(path)
    seen = _probe_once(address, known)
    link = FoundLink(page=page, target=path, kind=FoundLink.Kind.HERE, status=seen.status, checked_at=timezone.now())
    missing = anchor not in ("", "top") and seen.status == 200 and anchor not in seen.anchors
    link.state = FoundLink.State.BROKEN if seen.status >= 400 or missing else FoundLink.State.GOOD
    link.why = gettext("the page has no such anchor") if missing else ""
    return link


def _holes(page: ReadingPage) -> Iterator[tuple[str, FoundLink]]:
    """Yield pages and files that the text names and that are not shown, because they were deleted."""
    raw = json.dumps([*page.body.raw_data])
    files = {int(number) for found in DOCUMENT.findall(raw) for number in found if number}
    there = set(get_document_model().objects.filter(pk__in=files).values_list("pk", flat=True))
    gone = {gettext("file %(number)s") % {"number": number}: gettext("deleted") for number in files - there}
    wanted = page.linked()
    for hidden in Page.objects.filter(url_path__in=page.typed().values(), live=False):
        gone[gettext("page “%(title)s”") % {"title": hidden.title}] = gettext("not published")
    pages = {each.pk: each for each in Page.objects.filter(pk__in=wanted)}
    for number in wanted:
        found = pages.get(number)
        if found is None:
            gone[gettext("page %(number)s") % {"number": number}] = gettext("deleted")
        elif not found.live:
            gone[gettext("page “%(title)s”") % {"title": found.title}] = gettext("not published")
    for target, why in gone.items():
        yield (
            target,
            FoundLink(
                page=page,
                target=target,
                kind=FoundLink.Kind.HERE,
                state=FoundLink.State.BROKEN,
                why=why,
                checked_at=timezone.now(),
            ),
        )


def _probe_once(address: str, known: dict[str, Seen]) -> Seen:
    """Request each URL of our own site once. Of files it is enough that they exist."""
    if address not in known:
        file = FILE.match(address)
        known[address] = Seen(200 if _there(file) else 404) if file else _asked(address)
    return known[address]


def _there(file: re.Match[str]) -> bool:
    """Whether a document exists, by its id and name, or a picture's file, by its path."""
    if not file["number"]:
        return bool(file["static"]) or default_storage.exists(unquote(file["path"]))
    document = get_document_model().objects.filter(pk=file["number"]).first()
    if document is None or document.filename != unquote(file["name"]):
        return False
    return bool(document.file.storage.exists(document.file.name))


def _asked(address: str) -> Seen:
    for _hop in range(link_check.HOPS + 1):
        response = visitor.answer(address)
        onward = response.headers.get("Location", "")
        if not onward:
            break
        address = urljoin(settings.BASE_URL + address, onward).removeprefix(settings.BASE_URL)
        if not address.startswith("/"):
            return Seen(200)  # it redirects to another site
    if not isinstance(response, HttpResponse) or not response.headers["Content-Type"].startswith("text/html"):
        return Seen(response.status_code)
    reader = _Reader()
    reader.feed(response.content.decode())
    text = tuple(link for link, in_main in reader.links.items() if in_main)
    return Seen(response.status_code, frozenset(reader.anchors), tuple(reader.links), text)


def _write(page: Page, found: dict[str, FoundLink]) -> None:
    """Upsert the page's rows. What other sites answered within a week is kept, and shared among pages."""
    fresh = FoundLink.objects.filter(
        kind=FoundLink.Kind.ELSEWHERE, target__in=found, checked_at__gt=timezone.now() - WEEK
    )
    for row in fresh:
        link = found[row.target]
        link.state, link.status, link.why, link.checked_at = row.state, row.status, row.why, row.checked_at
    with transaction.atomic():
        FoundLink.objects.filter(page=page).delete()
        FoundLink.objects.bulk_create(found.values())
