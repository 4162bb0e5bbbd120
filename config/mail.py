"""The settings of the mail server, from one address."""

from typing import Any

import environ

DJANGOS, OURS = "django.core.mail.backends.smtp.EmailBackend", "foundation.letters.smtp.Backend"


def server(address: str, patience: int = 20) -> dict[str, Any]:
    """What Django wants to know of EMAIL_URL; `patience` in seconds for each answer. Letters go by our own backend,
    which knows how far each came.
    """
    found: dict[str, Any] = {**environ.Env.email_url_config(address), "EMAIL_TIMEOUT": patience}
    return {**found, "EMAIL_BACKEND": OURS} if found["EMAIL_BACKEND"] == DJANGOS else found
