"""Verify the signature of a webhook: by Stripe, with one of our secrets, and by a clock like ours."""

import re
import time

import stripe
from django.conf import settings
from stripe import WebhookSignature

from donations.stripe.errors import ForgedError, LateError

TOLERANCE = 300  # seconds that a webhook's timestamp may differ from our clock, both ways


def check(body: bytes, header: str) -> None:
    """Verify a webhook: return when the signature by any of our secrets holds and its time is ours, +-300 s. Raises
    ForgedError; LateError when only the time is wrong.
    """
    signed = False
    for secret in settings.STRIPE_WEBHOOK_SECRETS:
        if _signs(secret, body, header, TOLERANCE):
            stamp = re.search(r"(?:^|,)t=(\d{1,12})(?:,|$)", header, re.ASCII)
            if stamp and int(stamp[1]) <= time.time() + TOLERANCE:  # the library takes any time in the future
                return
        signed = signed or _signs(secret, body, header, None)
    raise LateError("time") if signed else ForgedError("signature")


def _signs(secret: str, body: bytes, header: str, tolerance: int | None) -> bool:
    """Verify with one secret. The library itself lets three more kinds of exception escape to a sender of rubbish."""
    try:
        WebhookSignature.verify_header(body, header, secret, tolerance)
    except stripe.SignatureVerificationError:
        return False
    except (ValueError, TypeError, AttributeError) as error:
        raise ForgedError(type(error).__name__) from error
    return True
