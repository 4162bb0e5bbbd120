"""The charity's logo outside its pages: a small PNG, which every mail program and the maker of documents read."""

import logging

from foundation.organisation.models import Organisation

log = logging.getLogger(__name__)
SIZE = "max-480x160|format-png"  # twice what is shown, for sharp screens


def png() -> bytes | None:
    """Return the logo; None without one, or where its file cannot be read: nothing waits for a picture."""
    picture = Organisation.load().logo
    if picture is None:
        return None
    try:
        with picture.get_rendition(SIZE).file.open("rb") as file:
            content: bytes = file.read()
    except Exception as error:  # whatever it is: a letter or a receipt without its logo is better than none
        log.error("no logo: %s", type(error).__name__)
        return None
    return content
