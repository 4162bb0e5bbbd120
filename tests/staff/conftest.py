"""What the tests of the panel share."""

import pytest


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for a commit happens now: the commit of a test never comes, and afterwards the answer is gone."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda call, *args, **kwargs: call())
