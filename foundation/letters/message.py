"""The message of a letter as it leaves: pictures beside its HTML part, a long subject folded as readers expect it."""

from base64 import b64encode
from email.header import Header
from email.message import Message
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.utils import parseaddr
from typing import Any

from django.core.mail import EmailMultiAlternatives

from foundation.letters import pictures
from foundation.organisation import logo

LOGO = "logo@letter"  # its Content-ID: the HTML part shows it by this name, and asks no server for it
SHOWN = f"cid:{LOGO}"
LONGEST_WORD = 60  # with the header's name it fits into a line of 78


def on_a_page(html: str, document: str = "") -> str:
    """The HTML part for a frame without rights on a page of ours: its pictures stand in it, for such a frame has no
    origin and may fetch nothing from ours. `document`: what the letter names as its document.
    """
    picture = logo.png() if SHOWN in html else None
    inside = html.replace(SHOWN, f"data:image/png;base64,{b64encode(picture).decode()}") if picture else html
    return pictures.shown(inside, document)


def pictures_of(html: str, document: str) -> list[MIMEImage]:
    """The parts that the HTML part shows by their Content-ID: the logo, and the picture that the letter names as its
    document. They stand in no list of files, so a provider's API takes them too.
    """
    found = [pictures.part(document)] if document else []
    png = logo.png() if SHOWN in html else None
    if png:
        part = MIMEImage(png, "png")
        part["Content-ID"] = f"<{LOGO}>"
        part["Content-Disposition"] = "inline"
        found.insert(0, part)
    return [part for part in found if part]


class OneLine(Header):
    """A header that is an address: it has no place to fold at, and fits into the 998 bytes that a line may have."""

    def encode(self, *_args: Any, **_folding: Any) -> str:
        return str(self)


class LetterMessage(EmailMultiAlternatives):
    """A message whose HTML part may show pictures. Images off, each has its words in its place."""

    def message(self, **options: Any) -> Any:
        files = self.attachments
        shown = [file for file in files if isinstance(file, MIMEImage) and file["Content-ID"]]
        self.attachments = [file for file in files if file not in shown]
        made: Any = super().message(**options)
        self.attachments = files
        subject = str(self.subject)
        # Django folds without the header's name in mind: the first line would be “Subject:” and nothing more.
        if not _fits(subject):
            _set(made, "Subject", (subject, "utf-8"))
        name = parseaddr(self.from_email)[0]
        if not _fits(name):
            _set(made, "From", (name, "utf-8"), (f"<{parseaddr(made['From'])[1]}>", "us-ascii"))
        way_out = made["List-Unsubscribe"]
        if way_out:
            _replace(made, "List-Unsubscribe", OneLine(way_out))
        if shown:
            _put_beside(made, shown)
        return made


def _fits(words: str) -> bool:
    """Whether it can be folded as it stands, between its words."""
    return words.isascii() and all(len(word) <= LONGEST_WORD for word in words.split())


def _set(made: Message, name: str, *parts: tuple[str, str]) -> None:
    """Put a header in the place of Django's, in pieces of text and charset. Django refused line breaks."""
    header = Header(header_name=name)
    for text, charset in parts:
        header.append(text, charset)
    _replace(made, name, header)


def _replace(made: Message, name: str, header: Header) -> None:
    """Past Django's own check, which would make words of it again."""
    del made[name]
    plain: Any = Message
    plain.__setitem__(made, name, header)


def _put_beside(made: Message, shown: list[MIMEImage]) -> None:
    """Make of the HTML part a multipart/related that holds its pictures too: programs look for them there."""
    whole = next((part for part in made.walk() if part.get_content_type() == "multipart/alternative"), None)
    parts: Any = whole.get_payload() if whole else []
    for at, part in enumerate(parts):
        if part.get_content_type() == "text/html":
            parts[at] = MIMEMultipart("related", _subparts=[part, *shown], type="text/html")
