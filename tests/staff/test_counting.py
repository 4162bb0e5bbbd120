"""Numbers of the panel's first page that are kept while nothing changes them."""

import pytest
from django.db import transaction

from staff.counting import kept


@pytest.mark.django_db(transaction=True)
def test_it_keeps_a_number_until_its_version_is_another():
    asked = iter(range(9))
    ask = lambda version: kept("things", version, lambda: next(asked))  # noqa: E731
    assert [ask(version) for version in (1, 1, None, 2, 1)] == [0, 0, 1, 2, 0]


@pytest.mark.django_db(transaction=True)
def test_it_keeps_nothing_that_a_transaction_has_seen():
    """What it has changed is in no version yet, and may never be."""
    asked = iter(range(9))
    with transaction.atomic():
        assert [kept("things", 1, lambda: next(asked)) for _time in range(2)] == [0, 1]
    assert kept("things", 1, lambda: next(asked)) == 2
