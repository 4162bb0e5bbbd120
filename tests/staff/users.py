"""Staff for tests: accounts with a role and a factor, and clients that are signed in as the gate wants it."""

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client

from staff.invitations import make_account
from staff.models import User

PASSWORD = "copper lantern in the orchard"


def member(role: str = "", email: str = "", password: str = PASSWORD, **fields) -> User:
    """A member of staff with this role, who has chosen a password and has no second factor yet."""
    user = make_account(email or f"{(role or 'nobody').lower().replace(' ', '-')}@example.org", role)
    for name, value in fields.items():
        setattr(user, name, value)
    user.set_password(password)
    user.save()
    return user


def app_of(user: User) -> str:
    """Set up an authenticator app (and recovery codes) for the account; returns the app's secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


def code_of(secret: str, steps: int = 0) -> str:
    """What the app shows now, or so many half minutes later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def recovery_codes(user: User) -> list[str]:
    return Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()


def sign_in(client: Client, user: User) -> Client:
    """A session that has shown password and second factor, without walking through the pages."""
    factor = Authenticator.objects.filter(user=user, type="totp").first()
    if factor is None:
        app_of(user)
        factor = Authenticator.objects.get(user=user, type="totp")
    password_only(client, user)
    session = client.session
    records = session["account_authentication_methods"]
    session["account_authentication_methods"] = [
        *records,
        {"method": "mfa", "at": time.time(), "id": factor.pk, "type": "totp"},
    ]
    session.save()
    return client


def password_only(client: Client, user: User) -> Client:
    """A session that has shown a password and nothing else."""
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "email": user.email}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


def signed_in(role: str, email: str = "") -> Client:
    return sign_in(Client(), member(role, email))
