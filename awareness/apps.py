"""The awareness app: the pages that people read."""

from importlib import import_module

from django.apps import AppConfig


class AwarenessConfig(AppConfig):
    name = "awareness"
    verbose_name = "Awareness"

    def ready(self) -> None:
        import_module("awareness.privacy")  # registers its privacy functions
        import_module("awareness.renditions")  # a signal receiver on publishing, and its job handler
