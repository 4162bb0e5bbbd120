"""Starter pages: created from content/pages/*.md, published, and placed at the root of the site."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from wagtail.models import Locale, Page, Site

from awareness import markup
from awareness.articles import ArticleIndexPage, NewsroomPage
from awareness.contact import ContactPage
from awareness.content_sync import Memory, Verdict, plain
from awareness.facts_page import FactsPage
from awareness.films import FilmIndexPage, FilmPage
from awareness.kinds import DocumentsPage, FaqPage, ToolkitPage
from awareness.openings import JobIndexPage, JobPage
from awareness.pages import ArticlePage, HelpPage, HomePage, SectionPage
from awareness.podcast import EpisodePage, PodcastPage
from awareness.reading import ReadingPage
from awareness.starter_fields import content, fields_of, fill, made
from foundation.organisation.models import Organisation

TYPES: dict[str, type[ReadingPage]] = {
    "home": HomePage,
    "section": SectionPage,
    "article": ArticlePage,
    "articles": ArticleIndexPage,
    "newsroom": NewsroomPage,
    "films": FilmIndexPage,
    "film": FilmPage,
    "podcast": PodcastPage,
    "episode": EpisodePage,
    "documents": DocumentsPage,
    "toolkit": ToolkitPage,
    "faq": FaqPage,
    "jobs": JobIndexPage,
    "job": JobPage,
    "contact": ContactPage,
    "help": HelpPage,
    "facts": FactsPage,
}
HOME_SLUG = "front-page"  # in no URL: the front page is the root of the site


class Beside(NamedTuple):
    """Where a translation belongs in the tree."""

    locale: Locale
    source: ReadingPage


def load_pages(folder: Path, address: tuple[str, int], memory: Memory, say: Callable[[str], None]) -> None:
    """Load all pages, parents first; then the Wagtail site that serves them. Invented jobs and releases (`sample` in
    their front matter) are the sample charity's alone: of a real organisation nobody shall read them.
    """
    by_path: dict[str, ReadingPage] = {}
    samples = Organisation.load().is_sample
    for path, head, text in _files(folder):
        if head.get("sample") and not samples:
            _withdraw(head["path"], by_path, memory, say)
            continue
        page = _page(path, dict(head), text, by_path, memory, say)
        if page is not None:
            by_path[head["path"]] = page
    if "/" in by_path:
        _serve(by_path["/"], address)
    for code, _name in settings.LANGUAGES:
        if (translated := folder.parent / code / folder.name).is_dir():
            _load_language(translated, code, by_path, memory, say)


def _files(folder: Path) -> list[tuple[Path, dict[str, Any], str]]:
    """Return each page's file with its front matter and text, parents first."""
    files = [(path, *markup.read(path)) for path in folder.glob("*.md")]
    return sorted(files, key=lambda found: (found[1]["path"].count("/"), found[1].get("order", 0)))


def _withdraw(where: str, by_path: dict[str, ReadingPage], memory: Memory, say: Callable[[str], None]) -> None:
    """Unpublish a sample page when the site becomes a real organisation's, in each language. One that staff have
    changed stays: its slug tells of us, its words do not.
    """
    above, _, slug = where.strip("/").rpartition("/")
    parent = by_path.get(f"/{above}/")
    page = Page.objects.child_of(parent).filter(slug=slug).first() if parent else None
    for each in page.get_translations(inclusive=True).filter(live=True).specific() if page else []:
        prefix = "" if each.locale == Locale.get_default() else f"/{each.locale.language_code}"
        if _is_as_loaded(each, memory.last(f"page:{prefix}{where}")):
            each.unpublish()
            memory.remember(f"withdrawn:{prefix}{where}", {"it": True})
            say(f"Page {each.url_path}: a sample, taken off the site")


def _comes_back(where: str, memory: Memory) -> bool:
    """Whether we unpublished this sample, and the site is a sample again. Once: what staff unpublish stays so."""
    withdrawn = bool(memory.last(f"withdrawn:{where}"))
    if withdrawn:
        memory.remember(f"withdrawn:{where}", {})
    return withdrawn


def _is_as_loaded(page: ReadingPage, last: dict[str, Any]) -> bool:
    """Whether a page, published or as a draft, still has exactly the content of the last loading."""
    latest = page.get_latest_revision_as_object()
    now = plain(content(latest, [name for name in last if hasattr(latest, name)]))
    return bool(last) and all(value == last[name] for name, value in now.items())


def _load_language(
    folder: Path, code: str, sources: dict[str, ReadingPage], memory: Memory, say: Callable[[str], None]
) -> None:
    """Load the pages of one more language: each as the translation of a page, with the same slugs."""
    locale, _made_now = Locale.objects.get_or_create(language_code=code)
    by_path: dict[str, ReadingPage] = {}
    for path, head, text in _files(folder):
        source = sources.get(head["path"])
        if source is None:
            say(f"Page {head['path']} ({code}): the page that it translates is not there, left out")
            continue
        page = _page(path, dict(head), text, by_path, memory, say, Beside(locale, source))
        if page is not None:
            by_path[head["path"]] = page


def _page(
    path: Path,
    head: dict[str, Any],
    text: str,
    by_path: dict[str, ReadingPage],
    memory: Memory,
    say: Callable[[str], None],
    beside: Beside | None = None,
) -> ReadingPage | None:
    model, where = TYPES[head.pop("type")], head.pop("path")
    for ours in ("order", "sample"):
        head.pop(ours, None)
    locale = beside.locale if beside else Locale.get_default()
    prefix = f"/{locale.language_code}" if beside else ""
    slug = where.strip("/").rpartition("/")[2] or HOME_SLUG + prefix.replace("/", "-")
    above = by_path.get(where.rstrip("/").rpartition("/")[0] + "/") if where != "/" else None
    if where != "/" and above is None:
        say(f"Page {where}: the page above it is not there, left out")
        return None
    homes, below = HomePage.objects.filter(locale=locale), model.objects.filter(slug=slug)
    now = homes.first() if where == "/" else below.child_of(above).first()
    try:
        wanted = _made(path, model, slug, head, text)
    except ValidationError as error:  # such as a figure that is no longer current
        if now is None:
            raise markup.ContentError(f"{path.name}: {_reasons(error)}") from error
        say(f"Page {where}: left alone, our text does not fit any more: {_reasons(error)}")
        return now
    wanted.locale = locale
    if beside:
        wanted.translation_key = beside.source.translation_key
    names = fields_of(model, head)
    latest = now.get_latest_revision_as_object() if now else None
    verdict = memory.decide(f"page:{prefix}{where}", content(latest, names) if latest else None, content(wanted, names))
    say(f"Page {prefix}{where}: {verdict.value}")
    back = verdict in (Verdict.SAME, Verdict.UPDATE) and _comes_back(f"{prefix}{where}", memory)
    if verdict == Verdict.CREATE:
        now = _add(wanted, above)
    elif latest is not None and (verdict == Verdict.UPDATE or back):
        fill(latest, names, wanted)
        now = _publish(latest)
    if verdict in (Verdict.CREATE, Verdict.UPDATE) and now is not None:
        memory.remember(f"page:{prefix}{where}", content(now, names))
    return now


def _reasons(error: ValidationError) -> str:
    """Join the messages of a ValidationError, without saying where: blocks nest their errors."""
    nested = getattr(error, "block_errors", None) or []
    below = [each for each in (nested.values() if isinstance(nested, dict) else nested) if each]
    return "; ".join(dict.fromkeys([_reasons(each) for each in below] or error.messages))


def _made(path: Path, model: type[ReadingPage], slug: str, head: dict[str, Any], text: str) -> ReadingPage:
    """Return an unsaved page. Raises ContentError with the name of the file."""
    try:
        return made(model, slug, head, text)
    except ValueError as error:
        raise markup.ContentError(f"{path.name}: {error}") from error


def _add(page: ReadingPage, above: ReadingPage | None) -> ReadingPage:
    page.live = False  # until the revision is published, so that the search index is updated once
    (above or Page.get_first_root_node()).add_child(instance=page)
    return _publish(page)


def _publish(page: ReadingPage) -> ReadingPage:
    page.save_revision().publish()
    return type(page).objects.get(pk=page.pk)


def _serve(home: ReadingPage, address: tuple[str, int]) -> None:
    """Point the one Wagtail site to BASE_URL and this front page. Wagtail's welcome page is deleted."""
    site = Site.objects.filter(is_default_site=True).first() or Site(is_default_site=True)
    welcome = site.root_page if site.pk else None
    if (site.hostname, site.port, site.root_page_id) != (*address, home.pk):
        site.hostname, site.port = address
        site.root_page = home
        site.save()
    if welcome is not None and welcome.pk != home.pk and type(welcome.specific) is Page:
        welcome.delete()
