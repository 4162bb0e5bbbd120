"""The staff app: people who run the site, and the panel kit they run it with."""

from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "staff"
    verbose_name = "Staff"
