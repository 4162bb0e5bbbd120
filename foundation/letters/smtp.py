"""SMTP mail backend that knows how far a message came: one that may have been taken is not sent again."""

import smtplib
from contextlib import suppress
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

from foundation.letters.others import ForOthers


class MaybeTakenError(smtplib.SMTPException):
    """The connection ended after the message had begun to leave, and before the server said what it did with it."""


class Knowing:
    """Mixin beside smtplib's own classes: it remembers whether the server has asked for the message."""

    asked_for_it = False

    def getreply(self) -> tuple[int, bytes]:
        code, words = super().getreply()  # type: ignore[misc]
        self.asked_for_it = self.asked_for_it or code == 354
        return code, words

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.asked_for_it = False
        try:
            answer: tuple[int, bytes] = super().data(msg)  # type: ignore[misc]
        except smtplib.SMTPDataError:
            raise  # it answered: no
        except (OSError, smtplib.SMTPException) as error:
            if self.asked_for_it:
                raise MaybeTakenError(f"{type(error).__name__}: {error}") from error
            raise
        return answer


class Plain(Knowing, smtplib.SMTP):
    pass


class OverTLS(Knowing, smtplib.SMTP_SSL):
    pass


class Backend(ForOthers, EmailBackend):
    """Django's SMTP backend, by such a connection, and without one left open where the server did not let us in."""

    _partial_connection: smtplib.SMTP | None

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return OverTLS if self.use_ssl else Plain

    def close(self) -> None:
        """Whatever the farewell comes to: what was taken is taken, and an error here would have it sent again."""
        with suppress(OSError, smtplib.SMTPException):
            super().close()

    def open(self) -> bool | None:
        try:
            return super().open()
        except (OSError, smtplib.SMTPException):
            if self._partial_connection is not None:
                self._partial_connection.close()
                self._partial_connection = None
            raise
