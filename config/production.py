"""What a live site refuses to start with, and what to set instead."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

MIN_SECRET_LENGTH = 50
LAST_PORT = 65535
LOOPBACK = {"localhost", "127.0.0.1", "::1", "0.0.0.0"}  # noqa: S104 - a name to refuse, not one to listen on


def port(name: str, text: str) -> int:
    """A port from the environment, or a sentence that says what one is."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= LAST_PORT):
        raise ImproperlyConfigured(f"{name}={text} is no port: set it to a number from 1 to {LAST_PORT}.")
    return int(text)


def refuse_unsafe(settings: Mapping[str, Any]) -> None:
    """Raise ImproperlyConfigured that names every unsafe variable and what to set it to.

    Only called with SITE_MODE=live: the demonstration is reachable from this machine alone.
    """
    problems = [*_secrets(settings), *_address(settings), *_stripe(settings), *_rest(settings)]
    if problems:
        lines = "\n".join(f"  - {problem}" for problem in problems)
        raise ImproperlyConfigured(f"This site is not safe to run with SITE_MODE=live:\n{lines}")


def refuse_live_key(settings: Mapping[str, Any]) -> None:
    """Raise ImproperlyConfigured for a demonstration that would take real money."""
    if settings["STRIPE_SECRET_KEY"].startswith(("sk_live_", "rk_live_")):
        raise ImproperlyConfigured(
            "STRIPE_SECRET_KEY is a live key, and this is the demonstration: use a test key, or set SITE_MODE=live."
        )


def _secrets(settings: Mapping[str, Any]) -> list[str]:
    key = settings["SECRET_KEY"]
    if not key:
        return ["SECRET_KEY is missing: set it to 64 random characters, made for this site alone."]
    if len(key) < MIN_SECRET_LENGTH or len(set(key)) < 8 or key.startswith("django-insecure"):
        return [f"SECRET_KEY is weak: set it to at least {MIN_SECRET_LENGTH} random characters."]
    return []


def _address(settings: Mapping[str, Any]) -> list[str]:
    parts = urlsplit(settings["BASE_URL"])
    problems = []
    if parts.scheme != "https":
        problems.append("BASE_URL is not https: set it to the site's public address, https://…")
    if (parts.hostname or "") in LOOPBACK | {""}:
        problems.append("BASE_URL names this machine only: set it to the site's public address, https://…")
    if "*" in settings["ALLOWED_HOSTS"]:
        problems.append("ALLOWED_HOSTS allows every host: set it to the site's own names.")
    return problems


def _stripe(settings: Mapping[str, Any]) -> list[str]:
    problems = []
    api = urlsplit(settings["STRIPE_API_BASE"])
    if settings["STRIPE_OFFLINE"]:
        problems.append("STRIPE_SECRET_KEY is missing: set it to the secret key of your Stripe account.")
    elif (api.scheme, api.hostname) != ("https", "api.stripe.com"):
        problems.append("STRIPE_API_BASE points at a stand-in: unset it, or set it to https://api.stripe.com.")
    secrets = settings["STRIPE_WEBHOOK_SECRETS"]
    if not settings["STRIPE_OFFLINE"] and not secrets:
        problems.append("STRIPE_WEBHOOK_SECRETS is missing: set it to the signing secret of your endpoint, whsec_…")
    if any(not secret.startswith("whsec_") or len(secret) < 20 for secret in secrets):
        problems.append("STRIPE_WEBHOOK_SECRETS holds something that is no signing secret: each starts with whsec_.")
    return problems


def _rest(settings: Mapping[str, Any]) -> list[str]:
    problems = []
    if settings["DEBUG"]:
        problems.append("DEBUG is on: unset DEBUG, or set it to false.")
    if not settings["EMAIL_URL_SET"]:
        problems.append("EMAIL_URL is missing: set it to your mail server, smtp+tls://user:password@host:587.")
    if settings.get("EMAIL_PROVIDER") and ":" not in settings["EMAIL_WEBHOOK_SECRET"]:
        problems.append(
            "EMAIL_WEBHOOK_SECRET is missing: set it to user:password, as in your provider's webhook address."
        )
    return problems
