"""Site mode (demonstration, rehearsal, live), and whether money moves."""

from django.conf import settings

TEST_KEYS = ("sk_test_", "rk_test_")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def is_demo() -> bool:
    """Whether this is the demonstration: this machine only, nothing leaves it."""
    site_mode: str = settings.SITE_MODE
    return site_mode == "demo"


def is_hidden() -> bool:
    """Whether search engines are kept out (noindex): a rehearsal that strangers can reach, where nobody should give. A
    site at an address of this machine alone needs no such rule: no robot comes there, and it should be the site that
    will be.
    """
    return no_money_moves() and settings.HOST not in LOOPBACK


def offline_stripe() -> bool:
    """Whether payments go to the offline stand-in, not to Stripe."""
    return bool(settings.STRIPE_OFFLINE)


def no_money_moves() -> bool:
    """With the offline Stripe and with test keys alike (no livemode): pages, letters and receipts say so."""
    return offline_stripe() or settings.STRIPE_SECRET_KEY.startswith(TEST_KEYS)
