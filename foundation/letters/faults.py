"""Classify mail server errors, by whose fault it is: all letters wait, this one is retried, or it is over."""

import re
import smtplib
import socket
import ssl
from enum import Enum

import requests

from foundation.letters.smtp import MaybeTakenError

# Words of accounts that have sent enough for now. What a full mailbox says is told apart by its number, x.2.2.
LIMITS = re.compile(r"quota|limit|throttl|too many|too fast|\brate\b|exceed", re.I)
OUR_ACCOUNT = re.compile(r"relay|authenticat|sign.?in|log.?in|credential|not permitted|sender", re.I)
SIGNED = re.compile(r"\bspf\b|\bdkim\b|\bdmarc\b|authenticat", re.I)  # our domain does not vouch for our letters
POLICY = re.compile(r"spam|block|black.?list|policy|reputation|banned|denied", re.I)
UNKNOWN = (550, 551, 553, 556)
NO_MAILBOX = ("1.1", "1.2", "1.3", "1.6", "1.10", "2.1")
OUR_SENDER = ("1.7", "1.8")
SUBMISSION = (530, 534, 535, 538)  # codes that speak of signing in


class Fault(Enum):
    OURS = "ours"  # the password, the name of the server, our account or its sender: all letters wait, staff are told
    SERVER = "server"  # it is away, or asks us to wait: all letters wait
    LATER = "later"  # this reader's mailbox or server asks to wait: this letter does
    ADDRESS = "address"  # there is no such mailbox
    LETTER = "letter"  # this letter is not wanted as it is
    UNSURE = "unsure"  # nobody knows whether it was taken


def judge(error: Exception) -> Fault:
    """Classify whatever a mail server or a provider's library raises."""
    if isinstance(error, MaybeTakenError):
        return Fault.UNSURE
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _of_reader(*next(iter(error.recipients.values()), (0, b"")))
    if isinstance(error, smtplib.SMTPDataError):
        return _of_message(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPResponseException):  # greeting, signing in, sender: before any letter
        return _of_us(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return Fault.SERVER
    if isinstance(error, smtplib.SMTPException):  # it offers no TLS, or no way to sign in that we know
        return Fault.OURS
    if type(error).__name__ == "AnymailRecipientsRefused":
        return Fault.ADDRESS
    if hasattr(error, "status_code"):
        return _of_provider(error)
    if isinstance(error, ssl.SSLError) or (
        isinstance(error, socket.gaierror) and error.errno not in (socket.EAI_AGAIN, socket.EAI_FAIL)
    ):
        return Fault.OURS
    return Fault.SERVER


def _of_us(code: int, words: bytes | str) -> Fault:
    said = _text(words)
    if 400 <= code < 500 or LIMITS.search(said):
        return Fault.LETTER if _subject(said) == "3.4" else Fault.SERVER
    return Fault.LETTER if _subject(said) == "3.4" else Fault.OURS


def _of_reader(code: int, words: bytes | str) -> Fault:
    said = _text(words)
    about = _subject(said)
    if code >= 500 and about in NO_MAILBOX:
        return Fault.ADDRESS
    if code == 421 or (LIMITS.search(said) and not about.startswith("2.")):
        return Fault.SERVER
    if 400 <= code < 500 or code == 552 or about in ("2.2", "2.3", "2.4"):
        return Fault.LATER
    if code in SUBMISSION or about in OUR_SENDER or OUR_ACCOUNT.search(said):
        return Fault.OURS
    unknown = code in UNKNOWN and not about.startswith("7.") and not POLICY.search(said)
    return Fault.ADDRESS if unknown else Fault.LETTER


def _of_message(code: int, words: bytes | str) -> Fault:
    said = _text(words)
    about = _subject(said)
    if not 400 <= code < 600:
        return Fault.UNSURE  # no answer that means anything, or a yes in other words
    if code == 421 or (LIMITS.search(said) and about not in ("2.2", "3.4")):
        return Fault.SERVER
    if code < 500 or about.startswith("2."):
        return Fault.LATER
    return Fault.OURS if code in SUBMISSION or SIGNED.search(said) else Fault.LETTER


def _of_provider(error: Exception) -> Fault:
    """A provider's API over HTTP: its number, or nothing where no answer came."""
    status = getattr(error, "status_code", None) or 0
    if not status:
        cause = error.__cause__
        never_left = isinstance(cause, requests.ConnectTimeout) or re.search(
            "NewConnectionError|NameResolutionError", repr(cause)
        )
        return Fault.SERVER if cause is None or never_left else Fault.UNSURE
    if status in (401, 402, 403):
        return Fault.OURS
    return Fault.LETTER if 400 <= status < 500 and status not in (408, 429) else Fault.SERVER


def _subject(said: str) -> str:
    """The two later numbers of an enhanced status code (RFC 3463): "1.1" of 5.1.1."""
    found = re.search(r"\b[245]\.(\d{1,3}\.\d{1,3})\b", said)
    return found[1] if found else ""


def _text(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else words
