"""The log's form: one line of text an entry, in UTC, whatever was logged."""

import logging
import time


class OneLine(logging.Formatter):
    """Line breaks and control characters that somebody typed cannot make a second entry or colour a terminal."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)sZ %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
