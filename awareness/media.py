"""Media blocks: pictures, films, sound and people. Each has its template in templates/awareness/blocks/."""

from typing import Any
from urllib.parse import urlsplit

from django.core.validators import URLValidator
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from awareness import blocks as own
from awareness import trailers
from awareness.base_blocks import Part, RichWordsBlock, WordsBlock, checked
from awareness.files import AUDIO, VIDEO, one_of
from awareness.links import OptionalLinkBlock
from awareness.pictures import FileNumberBlock, PictureChoiceBlock
from awareness.references import References

MEDIA = _("Pictures, films, people")
RULES = _("Which pictures we do not show: Picture rules, in the menu.")
CAPTIONS = {"vtt": "text/vtt"}


class PictureBlock(Part):
    """A picture with its caption and credit."""

    image = PictureChoiceBlock(label=_("Picture"), help_text=RULES)
    caption = WordsBlock(label=_("Caption"), required=False)
    credit = blocks.CharBlock(label=_("Credit"), max_length=120, required=False)

    class Meta:
        icon = "image"
        label = _("Picture")
        group = MEDIA
        template = own.template("picture")


class BesideBlock(PictureBlock):
    """A picture with a text beside it; on a phone the picture comes first."""

    title = blocks.CharBlock(label=_("Title"), max_length=120, required=False)
    text = RichWordsBlock(label=_("Text"), help_text=own.NAMES_HELP)
    link = OptionalLinkBlock(label=_("Link"))
    side = blocks.ChoiceBlock(
        label=_("The picture stands"), choices=[("start", _("before the text")), ("end", _("after the text"))],
        default="start", search_index=False,
    )  # fmt: skip

    class Meta:
        icon = "image"
        label = _("Picture beside text")
        template = own.template("beside")


class GalleryBlock(Part):
    """Pictures side by side, all cropped to one shape around their focal point."""

    title = blocks.CharBlock(label=_("Title"), max_length=120, required=False)
    pictures = blocks.ListBlock(PictureBlock(), label=_("Pictures"), min_num=2, max_num=24)

    class Meta:
        icon = "table"
        label = _("Gallery")
        group = MEDIA
        template = own.template("gallery")


class FilmBlock(Part):
    """A film that is hosted here, or a trailer of another site, which is asked for nothing before a press."""

    title = blocks.CharBlock(label=_("Title"), max_length=120)
    content_note = WordsBlock(
        label=_("Content note"), required=False, help_text=_("What a viewer may find hard, said before it plays.")
    )
    video = FileNumberBlock(
        label=_("Film kept here"), required=False, help_text=_("An MP4 or WebM file among the documents.")
    )
    captions = FileNumberBlock(
        label=_("Captions"), required=False, help_text=_("A VTT file. A film kept here needs one.")
    )
    captions_language = blocks.RegexBlock(
        label=_("Language of the captions"), regex=r"^[A-Za-z-]{2,8}$", default="en", required=False
    )
    trailer = blocks.URLBlock(
        label=_("Or the address of a trailer"), required=False, validators=[URLValidator(schemes=["https"])]
    )
    still = PictureChoiceBlock(label=_("Still"), required=False, help_text=RULES)
    credit = blocks.CharBlock(label=_("Credit"), max_length=120, required=False)
    transcript = blocks.TextBlock(
        label=_("Transcript"), required=False, help_text=_("Everything said and shown. A film kept here needs one.")
    )

    def shown(self, value: Any, references: References) -> dict[str, Any]:
        """`player`: the embed URL, where the trailer may play on the page; `host`: whose site the trailer is on."""
        seen = super().shown(value, references)
        player = None if seen["video"] else trailers.player(seen["trailer"] or "")
        host = (urlsplit(seen["trailer"] or "").hostname or "").removeprefix("www.")
        return {**seen, "player": player, "host": host}

    def clean(self, value: Any) -> Any:
        value = super().clean(value)
        wrong = {}
        if bool(value["video"]) == bool(value["trailer"]):
            wrong["trailer"] = _now("Choose a film that is kept here, or type the address of a trailer.")
        if value["video"] and not one_of(value["video"], VIDEO):
            wrong["video"] = _now("Choose an MP4 or WebM file.")
        if value["video"] and not (value["captions"] and one_of(value["captions"], CAPTIONS)):
            wrong["captions"] = _now("A film that is kept here needs captions: a VTT file.")
        if value["video"] and not value["transcript"].strip():
            wrong["transcript"] = _now("A film that is kept here needs a transcript.")
        return checked(value, wrong)

    class Meta:
        icon = "media"
        label = _("Film")
        group = MEDIA
        template = own.template("film")


class SoundBlock(Part):
    """A sound that plays on the page, with its transcript."""

    title = blocks.CharBlock(label=_("Title"), max_length=120)
    content_note = WordsBlock(label=_("Content note"), required=False)
    sound = FileNumberBlock(label=_("Sound"), help_text=_("An MP3, M4A or OGG file among the documents."))
    transcript = blocks.TextBlock(label=_("Transcript"), help_text=_("Everything said."))

    def clean(self, value: Any) -> Any:
        value = super().clean(value)
        wrong = {} if one_of(value["sound"], AUDIO) else {"sound": _now("Choose an MP3, M4A or OGG file.")}
        return checked(value, wrong)

    class Meta:
        icon = "media"
        label = _("Sound")
        group = MEDIA
        template = own.template("sound")


class QuoteBlock(Part):
    """A quote of a person. How they consented is kept with it and never shown."""

    text = WordsBlock(label=_("Words"), rows=3)
    person = blocks.CharBlock(
        label=_("Person"), max_length=120, help_text=_("As they want to be named. A name may be changed: say so below.")
    )
    role = blocks.CharBlock(label=_("Who that is"), max_length=160, required=False)
    picture = PictureChoiceBlock(label=_("Portrait"), required=False, help_text=RULES)
    note = blocks.CharBlock(
        label=_("Line for readers"), max_length=160, required=False, help_text=_("For example: The name is changed.")
    )
    consent = blocks.TextBlock(
        label=_("Consent"),
        rows=3,
        search_index=False,
        help_text=_(
            "For staff, never shown: when and how the person agreed, to which words and picture, until when, and how "
            "they can take it back. Without consent there is no quotation."
        ),
    )

    class Meta:
        icon = "openquote"
        label = _("Quotation of a person")
        group = MEDIA
        template = own.template("quote")


class PersonBlock(Part):
    name = blocks.CharBlock(label=_("Name"), max_length=120)
    role = blocks.CharBlock(label=_("Role"), max_length=120, required=False)
    picture = PictureChoiceBlock(label=_("Portrait"), required=False, help_text=RULES)
    words = WordsBlock(label=_("Words"), required=False)
    link = OptionalLinkBlock(label=_("Link"))


class PeopleBlock(Part):
    title = blocks.CharBlock(label=_("Title"), max_length=120, required=False)
    people = blocks.ListBlock(PersonBlock(), label=_("People"))

    class Meta:
        icon = "group"
        label = _("People")
        group = MEDIA
        template = own.template("people")


def origins(raw: Any) -> list[str]:
    """Return the origins of the players in film blocks, anywhere in a body as it is stored, for the CSP."""
    if isinstance(raw, list):
        return sorted({origin for each in raw for origin in origins(each)})
    if not isinstance(raw, dict):
        return []
    if raw.get("type") == "film":
        value = raw.get("value") or {}
        player = None if value.get("video") else trailers.player(value.get("trailer") or "")
        return [player.origin] if player else []
    return origins([*raw.values()])
