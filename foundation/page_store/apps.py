"""The page store: finished pages of readers, answered before Django is asked."""

from django.apps import AppConfig


class PageStoreConfig(AppConfig):
    name = "foundation.page_store"
    verbose_name = "Page store"
