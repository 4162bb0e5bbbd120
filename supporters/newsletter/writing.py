"""Compose a newsletter: the words of one language, for one reader, as text and as HTML."""

from dataclasses import dataclass

from django.conf import settings
from django.utils import translation

from foundation.letters import pictures, words, writing
from supporters.newsletter import prose
from supporters.newsletter.models import NewsletterText

TEMPLATE = "newsletter"


@dataclass(frozen=True)
class Words:
    """What staff typed, saved or not. `picture`: the primary key of the panel's picture."""

    subject: str
    preheader: str
    body: str
    picture: int | None
    picture_alt: str

    @property
    def document(self) -> str:
        return pictures.document(self.picture)


def of(text: NewsletterText) -> Words:
    return Words(text.subject, text.preheader, text.body, text.picture_id, text.picture_alt)


def compose(typed: Words, language: str, name: str, stop: str) -> writing.Written:
    """Render it for a reader of that name and language, who stops such letters at the address `stop`."""
    with translation.override(language):
        values = {**words.common(), "name": name}
        picture = pictures.drawn(typed.picture)
        context = {
            "subject": words.line(typed.subject, values),
            "preheader": words.line(typed.preheader, values),
            "text": prose.as_text(typed.body, values),
            "html": prose.as_html(typed.body, values),
            "picture": picture and {"source": pictures.SOURCE, "width": picture.width},
            "picture_alt": typed.picture_alt,
            "stop": stop,
        }
        return writing.write(TEMPLATE, context)


def sample(typed: Words, language: str) -> writing.Written:
    """Render it for nobody, as a preview or a test shows it: its picture stays a part of the message."""
    return compose(typed, language, "Ada Lovelace", f"{settings.BASE_URL}/letters/")
