"""Webhook signatures, the Stripe-Signature header: valid, or invalid in one of the ways that a receiver must detect."""

import hashlib
import hmac
import time
from collections.abc import Callable

from ..faults import Faults, Switches

TEN_MINUTES = 600


def signature(body: bytes, secret: str, at: int) -> str:
    """HMAC-SHA256 over `time.body` with the endpoint's whole secret. `at` is UTC seconds."""
    return f"t={at},v1={digest(body, secret, at)}"


def digest(body: bytes, secret: str, at: int) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def seal(secret: str, switches: Switches, faults: Faults) -> Callable[[bytes], str]:
    """Return the function that signs one attempt, with the faults that are injected."""
    at = int(time.time()) - (TEN_MINUTES if faults.happens(switches.old_time) else 0)
    used = f"{secret}-of-somebody-else" if faults.happens(switches.wrong_secret) else secret
    without = faults.happens(switches.v0_only)

    def sign(body: bytes) -> str:
        if without:
            return f"t={at},v0={digest(body, used, at)}"
        second = f",v1={digest(body, used, at)}"
        return f"t={at},v1={digest(body, 'whsec_rolled', at)}{second}" if switches.two_v1 else f"t={at}{second}"

    return sign
