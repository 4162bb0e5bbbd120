"""AppConfig of the project, which may know all other apps: commands that span them, daily housekeeping, staff roles."""

from importlib import import_module

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate

from config.allocator import thrifty


class SiteConfig(AppConfig):
    name = "config"
    label = "site_config"
    verbose_name = "Site configuration"

    def ready(self) -> None:
        thrifty()
        import_module("config.housekeeping")
        import_module("config.open_points")
        import_module("config.page_filling")
        import_module("config.page_front").watch_changes()
        # Django sends the signal post_migrate once for each app with models, and makes that app's permissions then:
        # after the last one they are all there, and the roles are granted once instead of thirty-five times.
        last = [app for app in apps.get_app_configs() if app.models_module is not None][-1]
        post_migrate.connect(import_module("config.roles").grant, sender=last, dispatch_uid="road-out-roles")
