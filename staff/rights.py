"""What a request to the panel asks about its reader, in fewer questions: the account with its profile, both kinds of
permissions, and where the reader's pages begin. Nothing is kept beyond the request: who loses a right loses it at once.

Django and Wagtail ask for each by itself, on every page of the panel. The methods are monkey-patched where they are
defined, since sessions name the class that signed them in.
"""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.db.models import Value
from wagtail.permission_policies.pages import PagePermissionPolicy

KINDS = ("user", "group")
BACKEND: Any = ModelBackend  # of which we replace what its types keep as it is

_permissions = BACKEND._get_permissions
_root = PagePermissionPolicy.explorable_root_instance


def account(self: ModelBackend, user_id: Any) -> Any:
    """The account of a session with its profile, of which every page of the panel takes language and time zone."""
    user = get_user_model()._default_manager.select_related("wagtail_userprofile").filter(pk=user_id).first()
    return user if user is not None and self.user_can_authenticate(user) else None


def permissions(self: ModelBackend, user: Any, obj: Any, from_name: str) -> Any:
    """Those of the account itself and those of its groups, by one statement instead of two."""
    if user.is_active and not user.is_anonymous and not user.is_superuser and obj is None and not _known(user):
        names = ("content_type__app_label", "codename")
        own, shared = (
            getattr(self, f"_get_{kind}_permissions")(user).order_by().values_list(*names, Value(kind))
            for kind in KINDS
        )
        found = list(own.union(shared))
        for kind in KINDS:
            setattr(user, f"_{kind}_perm_cache", {f"{app}.{name}" for app, name, where in found if where == kind})
    return _permissions(self, user, obj, from_name)


def _known(user: Any) -> bool:
    return any(hasattr(user, f"_{kind}_perm_cache") for kind in KINDS)


def root(self: PagePermissionPolicy, user: Any) -> Any:
    """The page above all that the reader may work on. Where a group names it, it was read with the permission."""
    if not user.is_superuser and not hasattr(user, self._explorable_root_instance_cache_name):
        pages = list(self.instances_with_direct_explore_permission(user))
        above = next((page for page in pages if all(each.path.startswith(page.path) for each in pages)), None)
        if above is not None:
            setattr(user, self._explorable_root_instance_cache_name, above)
    return _root(self, user)


def replace() -> None:
    BACKEND.get_user = account
    BACKEND._get_permissions = permissions
    PagePermissionPolicy.explorable_root_instance = root
