"""E-mail settings from one URL, EMAIL_URL."""

from typing import Any

import environ

DJANGOS, OURS = "django.core.mail.backends.smtp.EmailBackend", "foundation.letters.smtp.Backend"


def server(address: str, patience: int = 20) -> dict[str, Any]:
    """Return Django's e-mail settings for EMAIL_URL; `patience` is the timeout of each answer in seconds. Letters go by
    our own backend, which knows how far each came.
    """
    found: dict[str, Any] = {**environ.Env.email_url_config(address), "EMAIL_TIMEOUT": patience}
    return {**found, "EMAIL_BACKEND": OURS} if found["EMAIL_BACKEND"] == DJANGOS else found
