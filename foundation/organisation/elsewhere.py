"""Social media of the charity: addresses at other sites, one a line, with the name of each site."""

from typing import NamedTuple
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

NAMES = {
    "facebook.com": "Facebook",
    "instagram.com": "Instagram",
    "youtube.com": "YouTube",
    "vimeo.com": "Vimeo",
    "x.com": "X",
    "twitter.com": "X",
    "tiktok.com": "TikTok",
    "linkedin.com": "LinkedIn",
    "threads.net": "Threads",
    "bsky.app": "Bluesky",
    "spotify.com": "Spotify",
    "pinterest.com": "Pinterest",
}
_url = URLValidator(schemes=["https"])


class Place(NamedTuple):
    name: str
    address: str


def check(value: str) -> None:
    """Raise ValidationError for a line that is no https address."""
    for line in lines(value):
        try:
            _url(line)
        except ValidationError as error:
            raise ValidationError(
                _("“%(line)s” is no address that begins with https://"), params={"line": line}
            ) from error


def places(value: str) -> list[Place]:
    """Each line with the name of its site; one that we do not know is named by its host."""
    return [Place(_name(line), line) for line in lines(value)]


def lines(value: str) -> list[str]:
    return [line.strip() for line in value.splitlines() if line.strip()]


def _name(address: str) -> str:
    host = (urlsplit(address).hostname or address).removeprefix("www.")
    known = (name for end, name in NAMES.items() if host == end or host.endswith(f".{end}"))
    return next(known, host)
