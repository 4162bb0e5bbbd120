"""Production checks of the settings: what a live site refuses to start with, and what to set instead."""

import ipaddress
import re
import socket
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.http.request import validate_host

from config import mail

MIN_SECRET_LENGTH = 50
LAST_PORT = 65535
STRIPE_KEY = re.compile(r"(sk|rk)_(live|test)_\w{16,}", re.ASCII)  # publishable ones begin with pk_
OWN_NETWORK = ("localhost", "localdomain", "local", "internal", "lan", "home", "arpa")  # names that strangers lack
SENDS_NOTHING = ("test", "console")  # of django-anymail


def port(name: str, text: str) -> int:
    """Parse a port from the environment. Raises with a sentence that says what a port is."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= LAST_PORT):
        raise ImproperlyConfigured(f"{name}={text} is no port: set it to a number from 1 to {LAST_PORT}.")
    return int(text)


def refuse_unsafe(settings: Mapping[str, Any]) -> None:
    """Raise ImproperlyConfigured that names every unsafe variable and what to set it to.

    Only called with SITE_MODE=live: the demonstration is reachable from this machine alone.
    """
    checks = (_secrets, _address, _proxies, _stripe, _mail, _files, _rest)
    problems = [problem for check in checks for problem in check(settings)]
    if problems:
        lines = "\n".join(f"  - {problem}" for problem in problems)
        raise ImproperlyConfigured(f"This site is not safe to run with SITE_MODE=live:\n{lines}")


def refuse_live_key(settings: Mapping[str, Any]) -> None:
    """Raise ImproperlyConfigured for a demonstration with a live Stripe key: it would take real money."""
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
    if not _public(parts.hostname or ""):
        problems.append(
            "BASE_URL names this machine or its own network: set it to the site's public address, https://…"
        )
    if f"{parts.scheme}://{parts.netloc}" != settings["BASE_URL"] or "@" in parts.netloc:
        problems.append(
            "BASE_URL holds more than a name: set it to https://… without a user, a path or anything behind."
        )
    if "*" in settings["ALLOWED_HOSTS"]:
        problems.append("ALLOWED_HOSTS allows every host: set it to the site's own names.")
    if not validate_host(settings["HOST"], settings["ALLOWED_HOSTS"]):
        problems.append(f"ALLOWED_HOSTS leaves out the site's own name: add {settings['HOST']}, or unset it.")
    return problems


def _public(host: str) -> bool:
    """Whether strangers can reach a host of that name, as far as the name tells. 127.1 is an address as well."""
    host = host.rstrip(".")
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        pass
    try:
        return ipaddress.ip_address(socket.inet_ntoa(socket.inet_aton(host))).is_global
    except (OSError, UnicodeEncodeError):
        return "." in host and host.rpartition(".")[2] not in OWN_NETWORK


def _proxies(settings: Mapping[str, Any]) -> list[str]:
    if settings["TRUSTED_PROXIES"] < 0:
        return ["TRUSTED_PROXIES is negative: set it to how many proxies of yours stand in front, 0 for none."]
    if settings["HTTPS"] and not settings["TRUSTED_PROXIES"] and not settings["SECURE_SSL_REDIRECT"]:
        return ["HTTPS_REDIRECT is false, so a proxy stands in front: set TRUSTED_PROXIES to how many do."]
    return []


def _stripe(settings: Mapping[str, Any]) -> list[str]:
    problems = []
    api = urlsplit(settings["STRIPE_API_BASE"])
    if settings["STRIPE_OFFLINE"]:
        problems.append("STRIPE_SECRET_KEY is missing: set it to the secret key of your Stripe account.")
    elif not STRIPE_KEY.fullmatch(settings["STRIPE_SECRET_KEY"]):
        problems.append("STRIPE_SECRET_KEY is no secret key: set it to the one that begins with rk_live_ or sk_live_.")
    if not settings["STRIPE_OFFLINE"] and (api.scheme, api.hostname) != ("https", "api.stripe.com"):
        problems.append("STRIPE_API_BASE points at a stand-in: unset it, or set it to https://api.stripe.com.")
    secrets = settings["STRIPE_WEBHOOK_SECRETS"]
    if not settings["STRIPE_OFFLINE"] and not secrets:
        problems.append("STRIPE_WEBHOOK_SECRETS is missing: set it to the signing secret of your endpoint, whsec_…")
    if any(not secret.startswith("whsec_") or len(secret) < 20 for secret in secrets):
        problems.append("STRIPE_WEBHOOK_SECRETS holds something that is no signing secret: each starts with whsec_.")
    return problems


def _mail(settings: Mapping[str, Any]) -> list[str]:
    server = "set it to your mail server, smtp+tls://user:password@host:587."
    if not settings["EMAIL_URL_SET"]:
        return [f"EMAIL_URL is missing: {server}"]
    problems = []
    if not settings["EMAIL_URL"]:
        if settings["EMAIL_PROVIDER"] in SENDS_NOTHING:
            problems.append("EMAIL_PROVIDER sends nothing: set it to the name of your provider.")
        if any(str(value).startswith("http://") for value in settings["ANYMAIL"].values()):
            problems.append("EMAIL_PROVIDER_SETTINGS speaks to the provider without TLS: give it an https:// address.")
    elif settings["EMAIL_BACKEND"] != mail.OURS or not settings.get("EMAIL_HOST"):
        problems.append(f"EMAIL_URL sends nothing: {server}")
    elif True not in (settings.get("EMAIL_USE_TLS"), settings.get("EMAIL_USE_SSL")):
        problems.append(f"EMAIL_URL sends letters without TLS, for everybody on the way to read: {server}")
    if settings.get("EMAIL_PROVIDER") and ":" not in settings["EMAIL_WEBHOOK_SECRET"]:
        problems.append(
            "EMAIL_WEBHOOK_SECRET is missing: set it to user:password, as in your provider's webhook address."
        )
    return problems


def _files(settings: Mapping[str, Any]) -> list[str]:
    """Check the modes of files: a person who can read these can sign in as anybody."""
    files, database = [settings["DATA_DIR"] / "secrets.env"], settings["DATABASES"]["default"]
    if database["ENGINE"].endswith("sqlite3"):
        files += [Path(f"{database['NAME']}{end}") for end in ("", "-wal", "-shm")]
    others = stat.S_IRWXG | stat.S_IRWXO
    return [
        f"DATA_DIR holds a file that others on this machine can open: chmod 600 {file}"
        for file in files
        if file.exists() and file.stat().st_mode & others
    ]


def _rest(settings: Mapping[str, Any]) -> list[str]:
    return ["DEBUG is on: unset DEBUG, or set it to false."] if settings["DEBUG"] else []
