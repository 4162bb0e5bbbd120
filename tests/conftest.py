"""What all tests share: fast hashing, plain static files, and the fixtures that start real processes."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import override_settings

from tests.browsers import browser, open_page  # noqa: F401 - fixtures
from tests.running import running_site, sandbox  # noqa: F401 - fixtures

PLAIN_FILES = "django.contrib.staticfiles.storage.StaticFilesStorage"


def pytest_configure() -> None:
    override_settings(  # enabled as a whole, so that Django drops the storages that it made already
        STORAGES={**settings.STORAGES, "staticfiles": {"BACKEND": PLAIN_FILES}},
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ).enable()
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """Settings of Wagtail and allauth's limits are cached in the process: no test inherits another's."""
    cache.clear()
    yield
