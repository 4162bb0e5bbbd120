"""The fixtures of the tests of giving."""

from tests.donations.conftest import charity, till, unhurried  # noqa: F401
