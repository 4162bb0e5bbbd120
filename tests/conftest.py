"""What all tests share: fast hashing, plain static files, and the fixtures that start real processes."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.cache import cache

from tests.browsers import browser, open_page  # noqa: F401 - fixtures
from tests.running import running_site, sandbox  # noqa: F401 - fixtures


def pytest_configure() -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """Settings of Wagtail and allauth's limits are cached in the process: no test inherits another's."""
    cache.clear()
    yield
