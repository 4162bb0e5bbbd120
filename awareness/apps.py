"""What people read."""

from importlib import import_module

from django.apps import AppConfig


class AwarenessConfig(AppConfig):
    name = "awareness"
    verbose_name = "Awareness"

    def ready(self) -> None:
        import_module("awareness.person")  # registers itself
        import_module("awareness.finished")  # hangs itself on publishing and the hourly work
        import_module("awareness.renditions")  # hangs itself on publishing, and takes its jobs
