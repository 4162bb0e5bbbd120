"""Layout blocks: tables, columns, calls to action, link cards."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError

from awareness import blocks as own
from awareness.base_blocks import Part, WordsBlock, checked
from awareness.extras import FileBlock
from awareness.links import ActionBlock
from awareness.media import MEDIA, RULES, PictureBlock
from awareness.pictures import PictureChoiceBlock
from awareness.references import References


class TableBlock(Part):
    """A table whose first line is its header. `head` and `lines` hold cells with figures resolved."""

    caption = blocks.CharBlock(label=_("Caption"), max_length=160)
    rows = blocks.TextBlock(
        label=_("Rows"),
        rows=6,
        help_text=_(
            "One row a line, cells apart by | or as pasted from a spreadsheet. The first line names the columns, the "
            "first cell names its row. Numbers come as {figure:short-name}."
        ),
    )

    def shown(self, value: Any, references: References) -> dict[str, Any]:
        words = WordsBlock()
        head, *lines = _cells(value["rows"]) or [[]]
        resolved = [[words.shown(cell, references) for cell in line] for line in lines]
        return {
            "caption": value["caption"],
            "head": head,
            "lines": [list(zip(head, line, strict=False)) for line in resolved],
        }

    def clean(self, value: Any) -> Any:
        value = super().clean(value)
        head, *lines = _cells(value["rows"])
        wrong = next((at for at, line in enumerate(lines, 2) if len(line) != len(head)), None)
        if not lines:
            return checked(value, {"rows": _now("A table needs its columns named, and a row below.")})
        if wrong:
            sentence = _now("Line %(line)d has another number of cells than the first.") % {"line": wrong}
            return checked(value, {"rows": sentence})
        try:
            WordsBlock().clean(value["rows"])
        except ValidationError as error:
            raise StructBlockValidationError(block_errors={"rows": error}) from error
        return value

    class Meta:
        icon = "table"
        label = _("Table")
        template = own.template("table")


class CallBlock(Part):
    """A call to action, with one button or two."""

    title = blocks.CharBlock(label=_("Title"), max_length=120)
    text = WordsBlock(label=_("Text"), required=False)
    actions = blocks.ListBlock(ActionBlock(), label=_("Buttons"), min_num=1, max_num=2)

    class Meta:
        icon = "pick"
        label = _("Call to act")
        template = own.template("call")


class LinkCardBlock(Part):
    """A link card for another site. Nothing of that site is loaded here."""

    title = blocks.CharBlock(label=_("Title"), max_length=120)
    address = blocks.URLBlock(label=_("Address"), validators=[URLValidator(schemes=["https"])])
    words = WordsBlock(label=_("Words"), required=False)
    picture = PictureChoiceBlock(label=_("Picture"), required=False, help_text=RULES)

    class Meta:
        icon = "link-external"
        label = _("Card of another site")
        group = MEDIA
        template = own.template("link_card")


class ColumnContentBlock(blocks.StreamBlock):
    paragraph = own.ParagraphBlock()
    picture = PictureBlock()
    actions = own.ActionsBlock()
    file = FileBlock()
    note = own.NoteBlock()


class ColumnBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Title"), max_length=80, required=False)
    content = ColumnContentBlock(label=_("Content"))


class ColumnsBlock(Part):
    """Two or three columns; on a phone they stand below each other."""

    columns = blocks.ListBlock(ColumnBlock(), label=_("Columns"), min_num=2, max_num=3)

    class Meta:
        icon = "grip"
        label = _("Columns")
        template = own.template("columns")


def _cells(rows: str) -> list[list[str]]:
    lines = [line.strip(" |") for line in rows.splitlines() if line.strip(" |\t")]
    return [[cell.strip() for cell in line.split("\t" if "\t" in line else "|")] for line in lines]
