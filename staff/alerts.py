"""Alerts: notify staff by letter of what cannot wait until they look into the panel. They name rows, never donors."""

from django.contrib.auth.models import Permission
from django.db.models import Q

from foundation.letters import outbox
from staff.models import User


def tell(key: str, permission: str, subject: str, words: str) -> None:
    """Enqueue one letter to each member of staff with that permission ("donations.view_dispute"). `key` is the
    idempotency key: once for each.
    """
    app, codename = permission.split(".")
    right = Permission.objects.filter(content_type__app_label=app, codename=codename)
    may = Q(groups__permissions__in=right) | Q(user_permissions__in=right) | Q(is_superuser=True)
    for user in User.objects.filter(may, is_active=True).distinct():
        outbox.queue(f"{key}:{user.pk}", "staff_notice", user.email, {"subject": subject, "words": words})
