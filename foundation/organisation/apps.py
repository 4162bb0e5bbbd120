"""Who we are, in which mode we run, and whether this database is at home here."""

from django.apps import AppConfig


class OrganisationConfig(AppConfig):
    name = "foundation.organisation"
    verbose_name = "Organisation"
