"""Embedded players of other sites for trailers, by the URL that people copy from there."""

import re
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

# For YouTube the player on youtube-nocookie, which sets no cookie before it plays.
YOUTUBE, VIMEO = (
    "https://www.youtube-nocookie.com",
    "https://player.vimeo.com",
)
CODE = re.compile(r"[\w-]{6,20}", re.ASCII)
VIMEO_PATH = re.compile(r"/(?:video/)?(\d{4,12})(?:/(\w{6,20}))?/?", re.ASCII)


class Player(NamedTuple):
    """`origin`: the only site that the page lets into a frame (CSP). `address`: the URL loaded there after a click."""

    origin: str
    address: str


def player(trailer: str) -> Player | None:
    """Return the player for the URL of a trailer; None for a site whose player we do not know: a link leads there."""
    parts = urlsplit(trailer)
    host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    if host in ("youtube.com", "youtube-nocookie.com", "youtu.be"):
        code = parse_qs(parts.query).get("v", [""])[0] or parts.path.rstrip("/").rpartition("/")[2]
        return Player(YOUTUBE, f"{YOUTUBE}/embed/{code}") if CODE.fullmatch(code) and code != "watch" else None
    if host in ("vimeo.com", "player.vimeo.com") and (found := VIMEO_PATH.fullmatch(parts.path)):
        secret = f"&h={found[2]}" if found[2] else ""
        return Player(VIMEO, f"{VIMEO}/video/{found[1]}?dnt=1{secret}")
    return None
