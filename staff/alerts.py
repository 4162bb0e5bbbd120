"""Tell staff by letter what cannot wait until somebody looks into the panel. It names rows, never donors."""

from django.contrib.auth.models import Permission
from django.db.models import Q

from foundation.letters import outbox
from staff.models import User


def tell(key: str, permission: str, subject: str, words: str) -> None:
    """One letter to each member of staff with that permission ("donations.view_objection"), once for each key."""
    app, codename = permission.split(".")
    right = Permission.objects.filter(content_type__app_label=app, codename=codename)
    may = Q(groups__permissions__in=right) | Q(user_permissions__in=right) | Q(is_superuser=True)
    for user in User.objects.filter(may, is_active=True).distinct():
        outbox.queue(f"{key}:{user.pk}", "staff_notice", user.email, {"subject": subject, "words": words})
