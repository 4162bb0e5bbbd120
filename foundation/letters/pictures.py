"""The picture of a letter: it stands in the message itself, so that reading one asks nothing of any server."""

import base64
from email.mime.image import MIMEImage
from typing import NamedTuple

from wagtail.images import get_image_model

WIDTH = 560  # of a letter, in CSS pixels; the picture has twice as many
DRAWN = f"max-{2 * WIDTH}x{2 * WIDTH}|format-jpeg|jpegquality-75|bgcolor-ffffff"
KIND, NAME = "picture", "picture@letter"
SOURCE = f"cid:{NAME}"


class Picture(NamedTuple):
    content: bytes
    width: int  # as it is shown


def document(number: int | None) -> str:
    """Return what a letter with that picture of the panel names as its document; empty without one."""
    return f"{KIND}:{number}" if number else ""


def drawn(number: int | None) -> Picture | None:
    """Draw that picture in the size of a letter. None: there is none, or it was deleted."""
    found = get_image_model().objects.filter(pk=number).first() if number else None
    if found is None:
        return None
    rendition = found.get_rendition(DRAWN)
    with rendition.file.open("rb") as file:
        return Picture(file.read(), min(rendition.width, WIDTH))


def part(named: str) -> MIMEImage | None:
    """Return the part of the message that its HTML shows as `SOURCE`; None where the document is no picture."""
    picture = drawn(_number(named))
    if picture is None:
        return None
    found = MIMEImage(picture.content, "jpeg")
    found.add_header("Content-ID", f"<{NAME}>")
    found.add_header("Content-Disposition", "inline", filename="picture.jpg")
    return found


def shown(html: str, named: str) -> str:
    """Return the HTML as a browser shows it, which has no message to take the picture from."""
    picture = drawn(_number(named)) if SOURCE in html else None
    if picture is None:
        return html
    return html.replace(SOURCE, f"data:image/jpeg;base64,{base64.b64encode(picture.content).decode()}")


def _number(named: str) -> int | None:
    kind, _colon, number = named.partition(":")
    return int(number) if kind == KIND else None
