"""What the tests of the panel share."""

from collections.abc import Iterator

import pytest
from django.test import override_settings


@pytest.fixture(autouse=True, scope="session")
def plain_static_files() -> Iterator[None]:
    """The panel's templates ask for files by name; nobody collected them here."""
    storages = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    with override_settings(STORAGES=storages):
        yield


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for a commit happens now: the commit of a test never comes, and afterwards the answer is gone."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda call, *args, **kwargs: call())
