"""The fixtures of the tests of giving, and papers that nobody draws."""

import pytest

from foundation.drawing import pdf
from tests.donations.conftest import charity, till, unhurried  # noqa: F401


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each PDF is the same few bytes: a tenth of a story's time was spent on drawing what no question here reads. What
    is drawn is tested in tests/donations/test_papers.py.
    """
    monkeypatch.setattr(pdf, "_compile", lambda *_: b"%PDF-1.7\n%%EOF\n")
