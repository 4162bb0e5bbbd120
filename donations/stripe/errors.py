"""Errors of calls to Stripe (down, busy, refused, not found), and the retry of a job that meets one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from foundation.jobs import queue as jobs
from foundation.organisation import clone_guard

KEY_TAKEN = "idempotency_error"  # our own code: the same idempotency key came with other parameters
AWAY = 600.0  # seconds before a job is retried that the clone guard has stopped
PAUSE = {"busy": 20.0, "down": 60.0}  # seconds before a job is retried


class StripeIsDownError(Exception):
    """Stripe is down: no answer, or none that tells anything. The call may have been carried out. Retry later.

    `may_be_done`: what was called changes something, and nobody knows yet whether it did.
    """

    may_be_done = False

    def __init__(self, why: str, seconds: float = PAUSE["down"]) -> None:
        super().__init__(why)
        self.seconds = seconds


class StripeIsBusyError(StripeIsDownError):
    """Stripe's rate limit: it asks us to wait (429)."""


class KeyRefusedError(StripeIsDownError):
    """Stripe does not accept our API key: it was revoked, or lacks a right. No gift is lost while staff mend it."""


class NobodysError(StripeIsDownError, clone_guard.WrongSiteError):
    """Clone guard: this database is a restored copy, and nobody has claimed it. Stripe is not called at all."""


class NoPermissionError(KeyRefusedError):
    """Our API key is a restricted one and lacks the right to this list or object; others may answer."""


class FullError(StripeIsDownError):
    """Concurrency limit: Stripe was not called. As many wait for it as may, or this was asked many times in a row."""


class TooOftenError(FullError):
    """Rate limit: the same gift asks again and again."""


class StripeRefusedError(Exception):
    """Stripe read the request and refused it: nothing was done. `code` and `param` are Stripe's; `at` is its clock then
    (UTC), where the answer says it.
    """

    def __init__(self, why: str, code: str = "", param: str = "", at: datetime | None = None) -> None:
        super().__init__(why)
        self.code, self.param, self.at = code, param, at

    @property
    def is_about_the_amount(self) -> bool:
        """Whether another amount would be taken."""
        return "amount" in self.code or self.param.endswith("[unit_amount]")


class NotFoundError(StripeRefusedError):
    """There is no such object on this account."""


class ForgedError(Exception):
    """A webhook without a signature of Stripe's, or that cannot be read. Answer 400 and say nothing more."""


class LateError(ForgedError):
    """A webhook that Stripe signed at another time: a replay, or our clock is wrong (clock skew)."""


@contextmanager
def waiting_for_stripe() -> Iterator[None]:
    """Context manager, and decorator of a job that calls Stripe: retries it later where Stripe does not answer, or
    where this database may not ask (clone guard).
    """
    try:
        yield
    except StripeIsDownError as error:
        raise jobs.RetryLaterError(error.seconds, str(error)) from error
    except clone_guard.WrongSiteError as error:
        raise jobs.RetryLaterError(AWAY, str(error)) from error
