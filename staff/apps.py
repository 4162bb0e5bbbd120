"""The staff app: accounts and sign-in of staff, and the panel kit they run the site with."""

from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from wagtail.users.apps import WagtailUsersAppConfig


class StaffConfig(AppConfig):
    default = True  # there are two in this file
    name = "staff"
    verbose_name = "Staff"

    def ready(self) -> None:
        import_module("staff.factors")  # signal receivers: a second factor was added or used
        import_module("staff.account_sync")  # signal receiver: an account was saved
        import_module("staff.failed_jobs")  # its periodic work registers itself
        import_module("staff.choosers").replace()
        import_module("staff.exports").replace()
        import_module("staff.searching").replace()
        import_module("staff.redirects").replace()
        import_module("staff.rights").replace()
        import_module("staff.side_menu").replace()
        import_module("staff.uploads").guard_portraits()
        post_migrate.connect(import_module("staff.search_index").install, sender=self)


class StaffUsersConfig(WagtailUsersAppConfig):
    """Wagtail's own app for users, with our forms."""

    user_viewset = "staff.accounts.StaffUserViewSet"
