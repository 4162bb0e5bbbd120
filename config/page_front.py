"""The page store of this site: which addresses are pages for readers, and which rows readers see."""

from functools import lru_cache
from typing import Any

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
from foundation.page_store.store import Store

PARAMS = ("page", "topic", "author")  # that pages go by: awareness/listings.py, awareness/articles.py
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


def front(application: Application) -> PageStore:
    """The application behind the store, for config/wsgi.py."""
    store = Store(settings.DATA_DIR / "pages")
    return PageStore(application, store, Watch(), reads, [settings.SESSION_COOKIE_NAME], PARAMS)


@lru_cache(maxsize=4096)
def reads(path: str) -> bool:
    """Whether an address is one of Wagtail's, whose pages set no cookie but where they hold a form."""
    with translation.override(translation.get_language_from_path(path) or settings.LANGUAGE_CODE):
        try:
            return resolve(path).view_name == "wagtail_serve"
        except Resolver404:
            return False


def watch_changes() -> None:
    """Raise the generation with each change of what readers see."""
    for signal in (post_save, post_delete):
        signal.connect(_changed, dispatch_uid=f"road-out-pages-{id(signal)}")
    for moved in (page_unpublished, post_page_move):
        moved.connect(_moved, dispatch_uid=f"road-out-pages-{id(moved)}")


def is_shown(model: type[Model]) -> bool:
    """Whether readers see rows of this model."""
    meta = model._meta
    return issubclass(model, Page) or meta.model_name in SHOWN.get(meta.app_label, ())


def _changed(sender: type[Model], raw: bool = False, **kwargs: Any) -> None:
    if is_shown(sender) and not raw:
        generation.raise_it()


def _moved(**kwargs: Any) -> None:
    generation.raise_it()
