"""The page store of this site: which addresses are pages for readers, and which rows readers see."""

import hashlib
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.db.models import Model
from django.db.models.signals import post_delete, post_save
from django.urls import Resolver404, resolve
from django.utils import translation
from wagtail.models import Page
from wagtail.signals import page_unpublished, post_page_move

from foundation.page_store import generation
from foundation.page_store.front import Application, PageStore
from foundation.page_store.generation import Watch
from foundation.page_store.store import MEMORY, Key, Store

# Readers see these rows on pages. All else on pages that changes, such as sums and counts, may be ten seconds old.
SHOWN = {
    "organisation": {"organisation", "languagereview"},
    "awareness": {"source", "figure", "navigation", "helplanguage", "hotline", "topic", "author", "answer", "reason"},
    "donations": {"currency", "fund", "campaign", "costline", "givingwords"},
    "pledges": {"pledge", "pledgetext"},
    "wagtailcore": {"site", "locale", "pageviewrestriction"},
    "wagtailimages": {"image"},
    "wagtaildocs": {"document"},
    "wagtailredirects": {"redirect"},
}
READS = {"wagtail_serve", "search"}


def front(application: Application, memory: int = MEMORY, watch: Watch | None = None) -> PageStore:
    """The application behind the store, for config/wsgi.py. `memory`: bytes for pages in this process. `watch`: where
    others of the process go by the same generation.
    """
    return PageStore(
        application,
        Store(settings.DATA_DIR / "pages", memory),
        watch or Watch(edition=edition()),
        reads,
        hosts(),
        [settings.SESSION_COOKIE_NAME],
        proxied=bool(settings.TRUSTED_PROXIES),
    )


def edition() -> str:
    """A word that changes with what pages are made of beside the database: templates, names of static files, settings.
    So no page of the release before is answered as if it were one of this.
    """
    told = [repr((settings.LANGUAGES, settings.BASE_URL, settings.SITE_MODE)).encode()]
    files = [settings.BASE_DIR / "VERSION", settings.STATIC_ROOT / "staticfiles.json"]
    files += sorted((settings.BASE_DIR / "templates").rglob("*.html"))
    told += [path.read_bytes() for path in files if path.exists()]
    return hashlib.sha256(b"".join(told)).hexdigest()[:12]


def hosts() -> list[str]:
    """The names under which pages are kept, the site's own first. A pattern (`.example.org`, `*`) is none: with it
    anybody could fill the store.
    """
    site = urlsplit(settings.BASE_URL)
    names = [name for name in settings.ALLOWED_HOSTS if not name.startswith((".", "*"))]
    return [*dict.fromkeys([site.netloc, *names, *(f"{name}:{site.port}" for name in names if site.port)])]


def own_key(path: str) -> Key:
    """The key of a page under the site's own address, as readers come to it."""
    scheme = "https" if settings.HTTPS and settings.TRUSTED_PROXIES else "http"
    return Key(scheme, urlsplit(settings.BASE_URL).netloc, path, "")


@lru_cache(maxsize=4096)
def reads(path: str) -> bool:
    """Whether an address is one of Wagtail's, whose pages set no cookie but where they hold a form; or that of the
    search, whose form has no token and is the same whatever its address asks.
    """
    with translation.override(translation.get_language_from_path(path) or settings.LANGUAGE_CODE):
        try:
            return resolve(path).view_name in READS
        except Resolver404:
            return False


def watch_changes() -> None:
    """Raise the generation with each change of what readers see."""
    for model in filter(is_shown, apps.get_models()):
        for signal in (post_save, post_delete):
            signal.connect(_changed, sender=model, dispatch_uid="road-out-pages")
    for signal in (page_unpublished, post_page_move):
        signal.connect(_changed, dispatch_uid="road-out-pages")


def is_shown(model: type[Model]) -> bool:
    """Whether readers see rows of this model."""
    meta = model._meta
    return issubclass(model, Page) or meta.model_name in SHOWN.get(meta.app_label, ())


def _changed(raw: bool = False, **kwargs: Any) -> None:
    if not raw:
        generation.raise_it()
