"""The fixtures of the tests of giving, an offline Stripe of this process, and papers that nobody draws. What they
change in this process goes with the folder: the tests beside these talk over HTTP.
"""

import time
from collections.abc import Iterator

import pytest
import time_machine

from foundation.drawing import pdf
from tests.donations.conftest import charity, till, unhurried  # noqa: F401
from tests.running import SEED
from tests.stripe_sandbox import inside
from tests.stripe_sandbox.inside import Inside


@pytest.fixture(scope="package")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    """In this process too; its clock goes on from the day of the tests, wherever a story is by then."""
    real = time_machine.escape_hatch.time.time
    away = time.time() - real()
    with inside.running(tmp_path_factory.mktemp("stripe"), SEED, lambda: real() + away) as stripe:
        yield stripe


@pytest.fixture(scope="package")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    """An offline Stripe whose clock stands still but for what a story says. One that ran on beside a site whose clock
    stands still made other stories of a seed on a slower machine.
    """
    begun = time.time()
    with inside.running(tmp_path_factory.mktemp("standing"), SEED, lambda: begun) as stripe:
        yield stripe


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each PDF is the same few bytes: a tenth of a story's time was spent on drawing what no question here reads. What
    is drawn is tested in tests/donations/test_papers.py.
    """
    monkeypatch.setattr(pdf, "_compile", lambda *_: b"%PDF-1.7\n%%EOF\n")
