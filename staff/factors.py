"""Second factor (MFA, two-factor authentication): which one this session has shown, and which ones an account has."""

import time
from datetime import timedelta
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_used
from django.db.models import QuerySet
from django.dispatch import receiver
from django.http import HttpRequest

from staff import notices
from staff.models import User

# Recovery codes stand in for a factor that was lost. They are not a factor of their own.
REAL = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def of(user: Any) -> QuerySet[Authenticator]:
    """Return the authenticator apps (TOTP) and passkeys (WebAuthn) of an account."""
    found: QuerySet[Authenticator] = Authenticator.objects.filter(user_id=user.pk, type__in=REAL)
    return found


def shown(request: HttpRequest) -> bool:
    """Whether this session showed a second factor, or a passkey alone, that the account still has.

    The session's own record decides, not the account: another browser with the same password stays out.
    """
    records = get_authentication_records(request, request.user)
    used = [record["id"] for record in records if record.get("method") == "mfa" and "id" in record]
    return bool(used) and Authenticator.objects.filter(user_id=request.user.pk, pk__in=used).exists()


def signed_in_for(request: HttpRequest) -> timedelta:
    """Age of this session since its first authentication. A session without a record counts as old."""
    records = get_authentication_records(request, request.user)
    return timedelta(seconds=time.time() - records[0]["at"]) if records else timedelta.max


def lately(request: HttpRequest, within: timedelta) -> bool:
    """Whether this session showed a second factor within that time; its password, if it has no factor to show."""
    records = get_authentication_records(request, request.user)
    wanted = {"mfa"} if of(request.user).exists() else {"mfa", "password"}
    times = [record["at"] for record in records if record.get("method") in wanted]
    return bool(times) and time.time() - times[-1] < within.total_seconds()


def forget_all(user: User) -> None:
    """Delete all factors and recovery codes of an account: its sessions end, it enrols anew, its owner is notified."""
    if Authenticator.objects.filter(user_id=user.pk).delete()[0]:
        notices.factors_taken(user)


@receiver(authenticator_added)
def enrolled(request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """Signal receiver: a new factor counts as shown. The gate lets nobody enrol beside a factor not yet shown."""
    if authenticator.type in REAL:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
        request.session.cycle_key()


@receiver(authenticator_used)
def confirmed(request: HttpRequest, reauthenticated: bool, **kwargs: Any) -> None:
    """Signal receiver: a session that gains rights by reauthentication gets a new key (session fixation)."""
    if reauthenticated:
        request.session.cycle_key()
