"""Stories happen on one running site, by one worker of the run."""

from collections.abc import Callable

import pytest

from tests.running import Site
from tests.stories.visitor import Visitor


@pytest.fixture
def visitor(running_site: Site) -> Visitor:
    return Visitor(running_site)


@pytest.fixture
def another(running_site: Site) -> Callable[[], Visitor]:
    return lambda: Visitor(running_site)
