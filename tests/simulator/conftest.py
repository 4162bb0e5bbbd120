"""The fixtures of the tests of giving, and papers that nobody draws."""

from collections.abc import Iterator

import pytest

from foundation.drawing import pdf
from tests.donations.conftest import charity, till, unhurried  # noqa: F401
from tests.running import SEED
from tests.stripe_sandbox.driver import Sandbox


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """An offline Stripe whose clock stands still but for what a story says. One that ran on beside a site whose clock
    stands still made other stories of a seed on a slower machine.
    """
    driver = Sandbox.start(tmp_path_factory.mktemp("standing"), seed=SEED, still=True)
    yield driver
    driver.stop()


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each PDF is the same few bytes: a tenth of a story's time was spent on drawing what no question here reads. What
    is drawn is tested in tests/donations/test_papers.py.
    """
    monkeypatch.setattr(pdf, "_compile", lambda *_: b"%PDF-1.7\n%%EOF\n")
