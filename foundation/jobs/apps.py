"""Job queue: work that must happen, even when a process dies."""

from importlib import import_module

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "foundation.jobs"
    verbose_name = "Jobs"

    def ready(self) -> None:
        import_module("foundation.jobs.queue")  # its handlers and periodic work register themselves
