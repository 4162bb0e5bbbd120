"""The organisation's settings, the mode in which we run, and the clone guard of this database."""

from django.apps import AppConfig


class OrganisationConfig(AppConfig):
    name = "foundation.organisation"
    verbose_name = "Organisation"
