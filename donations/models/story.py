"""Blocks of a campaign's story: headings, texts, notes, and pictures each with its own alternative text."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.images.blocks import ImageBlock


class StoryPicture(ImageBlock):
    """A picture with its alternative text; without it the picture must be marked as decoration."""

    def clean(self, value: Any) -> Any:
        """Refuse a file name as alternative text, which the panel fills in: "IMG_1234" describes no picture."""
        value = super().clean(value)
        words = (value.contextual_alt_text or "") if value else ""
        if words and " " not in words and Path(value.filename).stem.casefold().startswith(words.casefold()):
            message = gettext("This is the name of the file. Say what the picture shows, or mark it as decoration.")
            raise StructBlockValidationError({"alt_text": ValidationError(message)})
        return value


STORY = [
    ("heading", blocks.CharBlock(label=_("Heading"), max_length=120, icon="title")),
    ("text", blocks.RichTextBlock(label=_("Text"), features=["bold", "italic", "link", "ol", "ul"])),
    (
        "picture",
        StoryPicture(
            label=_("Picture"),
            icon="image",
            help_text=_("No picture of a person who was harmed, no chains, no staged scenes."),
        ),
    ),
    ("note", blocks.TextBlock(label=_("Note"), rows=2, icon="info-circle")),
]
