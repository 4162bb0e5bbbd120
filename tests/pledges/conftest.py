"""The sample pledge, as a new site has it."""

import pytest

from pledges import starter
from pledges.models import Pledge


@pytest.fixture
def pledge(db: None) -> Pledge:
    starter.load()
    return Pledge.objects.get()
