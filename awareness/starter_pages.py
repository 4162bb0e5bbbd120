"""The starter pages: made from content/pages/*.md, published, and placed at the root of the site."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page, Site

from awareness import markup
from awareness.keeping import Memory, Verdict
from awareness.pages import ArticlePage, HelpPage, HomePage, ReadingPage, SectionPage

TYPES: dict[str, type[ReadingPage]] = {
    "home": HomePage,
    "section": SectionPage,
    "article": ArticlePage,
    "help": HelpPage,
}
HOME_SLUG = "front-page"  # stands in no address: the front page is the root of the site
FIELDS = ("title", "seo_title", "search_description", "headline", "deck", "content_note", "intro", "body")
PAGE_RIGHTS = ("add_page", "change_page", "publish_page", "lock_page", "unlock_page", "bulk_delete_page")
FILE_RIGHTS = ("add_image", "change_image", "choose_image", "add_document", "change_document", "choose_document")
WRITERS = ("Editor", "Administrator")


def load_pages(folder: Path, address: tuple[str, int], memory: Memory, say: Callable[[str], None]) -> None:
    """All pages, those above before those below; then the site that serves them."""
    files = [(path, *markup.read(path)) for path in folder.glob("*.md")]
    by_path: dict[str, ReadingPage] = {}
    for path, head, text in sorted(files, key=lambda found: (found[1]["path"].count("/"), found[1].get("order", 0))):
        page = _page(path, dict(head), text, by_path, memory, say)
        if page is not None:
            by_path[head["path"]] = page
    if "/" in by_path:
        _serve(by_path["/"], address)


def _page(
    path: Path,
    head: dict[str, Any],
    text: str,
    by_path: dict[str, ReadingPage],
    memory: Memory,
    say: Callable[[str], None],
) -> ReadingPage | None:
    model, where = TYPES[head.pop("type")], head.pop("path")
    head.pop("order", None)
    slug = where.strip("/").rpartition("/")[2] or HOME_SLUG
    above = by_path.get(where.rstrip("/").rpartition("/")[0] + "/") if where != "/" else None
    if where != "/" and above is None:
        say(f"Page {where}: the page above it is not there, left out")
        return None
    now = HomePage.objects.first() if where == "/" else model.objects.child_of(above).filter(slug=slug).first()
    try:
        wanted = _made(path, model, slug, head, text)
    except ValidationError as error:  # such as a figure that staff have taken out of use since
        if now is None:
            raise markup.ContentError(f"{path.name}: {_reasons(error)}") from error
        say(f"Page {where}: left alone, our text does not fit any more: {_reasons(error)}")
        return now
    latest = now.get_latest_revision_as_object() if now else None
    verdict = memory.decide(f"page:{where}", _content(latest) if latest else None, _content(wanted))
    say(f"Page {where}: {verdict.value}")
    if verdict == Verdict.CREATE:
        now = _add(wanted, above)
    elif verdict == Verdict.UPDATE and latest is not None:
        for name in _fields(model):
            setattr(latest, name, getattr(wanted, name))
        now = _publish(latest)
    if verdict in (Verdict.CREATE, Verdict.UPDATE) and now is not None:
        memory.remember(f"page:{where}", _content(now))
    return now


def _reasons(error: ValidationError) -> str:
    """What is wrong, without saying where: blocks nest their errors."""
    nested = getattr(error, "block_errors", None) or []
    below = [each for each in (nested.values() if isinstance(nested, dict) else nested) if each]
    return "; ".join(dict.fromkeys([_reasons(each) for each in below] or error.messages))


def _made(path: Path, model: type[ReadingPage], slug: str, head: dict[str, Any], text: str) -> ReadingPage:
    """A page that is not saved yet. Raises ContentError with the name of the file."""
    unknown = set(head) - set(_fields(model))
    if unknown:
        raise markup.ContentError(f"{path.name}: {model._meta.verbose_name} has no field {', '.join(sorted(unknown))}")
    if "intro" in head:
        head["intro"] = markup.rich(head["intro"])
    try:
        body = markup.stream(text, model._meta.get_field("body").stream_block)
    except ValueError as error:
        raise markup.ContentError(f"{path.name}: {error}") from error
    return model(slug=slug, show_in_menus=True, body=body, **head)


def _add(page: ReadingPage, above: ReadingPage | None) -> ReadingPage:
    (above or Page.get_first_root_node()).add_child(instance=page)
    if above is None:
        _let_writers_in(page)
    return _publish(page)


def _publish(page: ReadingPage) -> ReadingPage:
    page.save_revision().publish()
    return type(page).objects.get(pk=page.pk)


def _serve(home: ReadingPage, address: tuple[str, int]) -> None:
    """The one site answers at BASE_URL with this front page. Wagtail's welcome page goes."""
    site = Site.objects.filter(is_default_site=True).first() or Site(is_default_site=True)
    welcome = site.root_page if site.pk else None
    if (site.hostname, site.port, site.root_page_id) != (*address, home.pk):
        site.hostname, site.port = address
        site.root_page = home
        site.save()
    if welcome is not None and welcome.pk != home.pk and type(welcome.specific) is Page:
        welcome.delete()


def _let_writers_in(home: ReadingPage) -> None:
    """Once, when the front page is made: who writes may write below it. Later changes are the administrator's."""
    for group in Group.objects.filter(name__in=WRITERS):
        for right in Permission.objects.filter(content_type__app_label="wagtailcore", codename__in=PAGE_RIGHTS):
            GroupPagePermission.objects.get_or_create(group=group, page=home, permission=right)
        files = Permission.objects.filter(
            content_type__app_label__in=("wagtailimages", "wagtaildocs"), codename__in=FILE_RIGHTS
        )
        for right in files:
            GroupCollectionPermission.objects.get_or_create(
                group=group, collection=Collection.get_first_root_node(), permission=right
            )


def _fields(model: type[ReadingPage]) -> list[str]:
    names = {field.name for field in model._meta.get_fields()}
    return [name for name in FIELDS if name in names]


def _content(page: ReadingPage) -> dict[str, Any]:
    """What of a page is compared: its words. Where it stands and who may see it is the editors' business."""
    content = {name: getattr(page, name) for name in _fields(type(page)) if name != "body"}
    return {**content, "body": page.body.stream_block.get_prep_value(page.body)}
