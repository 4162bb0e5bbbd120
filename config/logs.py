"""Log formatter: one line of text an entry, in UTC, whatever was logged; link tokens are redacted."""

import logging
import re
import time

# A long random part of a path is a token that opens something for its holder, and Django logs the paths that it
# refuses. Tokens have a capital among their letters, or many letters and digits in a row; the names of pages have
# neither.
SECRET_PART = re.compile(
    r"(?<=/)(?=[^/\s]*[A-Z]|[^/\s]*(?=[a-z]*[0-9])[a-z0-9]{16})[\w:=%.-]{16,}(?=[/\s?#,;)\"']|$)", re.ASCII
)


class OneLine(logging.Formatter):
    """Against log injection: line breaks and control characters that somebody typed cannot make a second entry or
    colour a terminal, and no link that was mailed to somebody can be read here.
    """

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)sZ %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        text = SECRET_PART.sub("…", super().format(record))
        return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
