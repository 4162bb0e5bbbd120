"""What a call to Stripe ends with where it brings no answer that we wanted, and how a job waits for one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from foundation.jobs import queue as jobs
from foundation.organisation import home

KEY_TAKEN = "idempotency_error"  # the code of ours for it: the same key came with other parameters
AWAY = 600.0  # seconds before a job looks again whether this database is at home
PAUSE = {"busy": 20.0, "down": 60.0}  # seconds before a job asks again


class StripeIsDownError(Exception):
    """No answer, or none that tells anything: the call may or may not have been carried out. Try later."""

    def __init__(self, why: str, seconds: float = PAUSE["down"]) -> None:
        super().__init__(why)
        self.seconds = seconds


class StripeIsBusyError(StripeIsDownError):
    """Stripe asks us to wait (429)."""


class KeyRefusedError(StripeIsDownError):
    """Stripe does not accept our key: it was revoked, or lacks a right. No gift is lost while staff mend it."""


class NobodysError(StripeIsDownError, home.NotAtHomeError):
    """This database is a restored copy, and nobody has said whose place this is: Stripe is not asked at all."""


class NoPermissionError(KeyRefusedError):
    """Our key is a restricted one and lacks the right to this list or object; others may answer."""


class FullError(StripeIsDownError):
    """Stripe was not asked: as many people wait for it here as may, or this was asked many times in a row."""


class TooOftenError(FullError):
    """The same gift asks again and again."""


class StripeRefusedError(Exception):
    """Stripe read the request and said no: nothing was done. `code` and `param` are Stripe's; `at` is its clock then,
    where the answer says it.
    """

    def __init__(self, why: str, code: str = "", param: str = "", at: datetime | None = None) -> None:
        super().__init__(why)
        self.code, self.param, self.at = code, param, at

    @property
    def is_about_the_amount(self) -> bool:
        """Another sum would be taken."""
        return "amount" in self.code or self.param.endswith("[unit_amount]")


class NotFoundError(StripeRefusedError):
    """There is no such object on this account."""


class ForgedError(Exception):
    """A webhook that is not from Stripe, or that cannot be read. Answer 400 and say nothing more."""


class LateError(ForgedError):
    """One that Stripe signed at another time: somebody sends it again, or our clock is wrong."""


@contextmanager
def waiting_for_stripe() -> Iterator[None]:
    """Around a job that asks Stripe, as its decorator too: it runs again later where Stripe does not answer, or where
    this database may not ask.
    """
    try:
        yield
    except StripeIsDownError as error:
        raise jobs.RetryLaterError(error.seconds, str(error)) from error
    except home.NotAtHomeError as error:
        raise jobs.RetryLaterError(AWAY, str(error)) from error
