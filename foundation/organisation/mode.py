"""Which mode we run in, and whether money moves."""

from django.conf import settings

TEST_KEYS = ("sk_test_", "rk_test_")


def is_demo() -> bool:
    """The demonstration: this machine only, nothing leaves it."""
    return settings.SITE_MODE == "demo"


def offline_stripe() -> bool:
    """Payments go to the offline stand-in, not to Stripe."""
    return bool(settings.STRIPE_OFFLINE)


def no_money_moves() -> bool:
    """With the offline Stripe and with test keys alike: pages, letters and receipts say so."""
    return offline_stripe() or settings.STRIPE_SECRET_KEY.startswith(TEST_KEYS)
