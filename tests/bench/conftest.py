"""What the tests of growth share with those of giving."""

from tests.donations.conftest import charity, donor, till  # noqa: F401 - fixtures
