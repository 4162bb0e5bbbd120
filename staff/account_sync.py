"""Keeps allauth and sessions in step with a staff account: its one verified e-mail address, and its open sessions."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models.signals import post_save
from django.dispatch import receiver

from staff.models import User


@receiver(post_save, sender=User)
def keep_in_step(instance: User, update_fields: frozenset[str] | None = None, **kwargs: Any) -> None:
    if update_fields is None or "email" in update_fields:
        keep_address(instance)
    if not instance.is_active and (update_fields is None or "is_active" in update_fields):
        end_sessions(instance)


def keep_address(user: User) -> None:
    """Make the account's address its only EmailAddress of allauth, verified. An account without one gets an unverified
    one sooner or later, and may then add no factor; one of an earlier address would still sign in and receive links.
    Staff accounts are made by staff, and a person who signs in has followed a mailed link.
    """
    EmailAddress.objects.filter(user_id=user.pk).exclude(email=user.email).delete()
    EmailAddress.objects.filter(email=user.email).exclude(user_id=user.pk).delete()
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})


def end_sessions(user: User) -> None:
    """Delete every session of the account, when it is deactivated: one that is made active again begins anew."""
    mine = [row.pk for row in Session.objects.iterator() if row.get_decoded().get(SESSION_KEY) == str(user.pk)]
    Session.objects.filter(pk__in=mine).delete()
