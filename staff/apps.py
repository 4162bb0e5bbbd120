"""The staff app: people who run the site, and the panel kit they run it with."""

from importlib import import_module

from django.apps import AppConfig
from wagtail.users.apps import WagtailUsersAppConfig


class StaffConfig(AppConfig):
    default = True  # there are two in this file
    name = "staff"
    verbose_name = "Staff"

    def ready(self) -> None:
        import_module("staff.factors")  # hears when a factor was set up
        import_module("staff.accounts")  # hears when an account was saved
        import_module("staff.choosers").replace()
        import_module("staff.exports").replace()
        import_module("staff.searching").replace()
        import_module("staff.redirects").replace()
        import_module("staff.uploads").guard_portraits()


class StaffUsersConfig(WagtailUsersAppConfig):
    """Wagtail's own app for users, with our forms."""

    user_viewset = "staff.people.StaffUserViewSet"
