"""Mail backend by the API of a provider, as django-anymail speaks it: docs/deploy.md."""

from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from foundation.letters.others import ForOthers

Provider: Any = import_string(f"anymail.backends.{settings.EMAIL_PROVIDER}.EmailBackend")


class Backend(ForOthers, Provider):  # type: ignore[misc]  # it is chosen when the site starts
    pass
