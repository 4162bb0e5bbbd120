"""Who may knock how often, and with which link."""

from django.apps import AppConfig


class DoorsConfig(AppConfig):
    name = "foundation.doors"
    verbose_name = "Doors"
