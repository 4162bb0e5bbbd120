"""A mail server inside of this process, that counts: smtplib speaks with it as with any other, without a socket and a
thread that answers. What it says is what tests/drills/mail_server.py says over a real connection.
"""

import email
import smtplib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

URL = "smtp://127.0.0.1:9"  # where nobody listens


class Post:
    """`letters` counts deliveries by the mark that each letter carries."""

    def __init__(self) -> None:
        self.letters: Counter[str] = Counter()

    def take(self, message: bytes) -> None:
        self.letters[email.message_from_bytes(message)["X-Letter"] or "without a mark"] += 1


class _Wire:
    """What smtplib takes for a socket: each line that is sent is answered at once, and read when somebody wants to."""

    def __init__(self, post: Post) -> None:
        self._post, self._heard, self._message, self._said = post, b"", False, [b"220 ready\r\n"]

    def sendall(self, words: bytes) -> None:
        self._heard += words
        end = b"\r\n.\r\n" if self._message else b"\r\n"
        while end in self._heard:
            one, _, self._heard = self._heard.partition(end)
            self._answer(one)
            end = b"\r\n.\r\n" if self._message else b"\r\n"

    def _answer(self, heard: bytes) -> None:
        word = heard[:4].upper()
        if self._message:
            self._post.take(heard.replace(b"\r\n..", b"\r\n.") + b"\r\n")
            said = "250 taken"
        else:
            said = {b"DATA": "354 go on", b"QUIT": "221 bye"}.get(word, "250 ok")
        self._message = not self._message and word == b"DATA"
        self._said.append(f"{said}\r\n".encode())

    def makefile(self, _mode: str) -> "_Wire":
        return self

    def readline(self, _most: int = -1) -> bytes:
        return self._said.pop(0) if self._said else b""

    def close(self) -> None:
        pass


@contextmanager
def answering(post: Post) -> Iterator[None]:
    """Meanwhile whoever connects to a mail server meets this one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(smtplib.SMTP, "_get_socket", lambda *_: _Wire(post))
        yield
