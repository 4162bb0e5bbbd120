"""Pages of the starter content for the tests that look at them without a running site."""

from collections.abc import Iterator

import pytest

from tests import loading


@pytest.fixture(scope="package")
def loaded_once(django_db_setup, django_db_blocker) -> Iterator[str]:
    with loading.content(django_db_blocker) as said:
        yield said
