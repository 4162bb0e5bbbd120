"""Blocks for any page: files, questions (FAQ), checklists, and what other apps show."""

from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.snippets.blocks import SnippetChooserBlock

from awareness import blocks as own
from awareness.base_blocks import Part, RichWordsBlock, WordsBlock
from awareness.pictures import FileNumberBlock
from awareness.references import References

OTHERS = _("From elsewhere on this site")
IN_PRINT = _("To ask, tick and download")


class FileBlock(Part):
    """A document to download. Its type and size are read from the file itself."""

    title = blocks.CharBlock(label=_("Title"), max_length=120)
    document = FileNumberBlock(label=_("File"))
    language = blocks.CharBlock(
        label=_("Language"), max_length=40, required=False, help_text=_("In its own words: English, Español, العربية.")
    )
    version = blocks.CharBlock(
        label=_("Version"), max_length=40, required=False, help_text=_("For example: 2nd edition, March 2026.")
    )
    words = WordsBlock(label=_("What is in it"), required=False)

    class Meta:
        icon = "doc-full"
        label = _("File to download")
        group = IN_PRINT
        template = own.template("file")


class QuestionBlock(Part):
    """A question (FAQ) that opens to its answer. Its anchor is made from its words."""

    question = blocks.CharBlock(label=_("Question"), max_length=160)
    answer = RichWordsBlock(label=_("Answer"), help_text=own.NAMES_HELP)

    def shown(self, value: Any, references: References) -> dict[str, Any]:
        return {**super().shown(value, references), "anchor": anchor(value["question"])}

    class Meta:
        icon = "help"
        label = _("Question and answer")
        group = IN_PRINT
        template = own.template("question")


class ChecklistBlock(Part):
    """Lines to tick on screen or on paper. Ticks are kept nowhere: not by us, not by the browser."""

    title = blocks.CharBlock(label=_("Title"), max_length=120)
    items = blocks.ListBlock(WordsBlock(rows=1), label=_("Lines"))

    class Meta:
        icon = "tick-inverse"
        label = _("List to tick")
        group = IN_PRINT
        template = own.template("checklist")


class PledgeBlock(Part):
    """The call to sign of a pledge, rendered by the pledges app."""

    slug = blocks.RegexBlock(
        regex=r"^[a-z0-9-]*$",
        required=False,
        label=_("Short name of the pledge"),
        help_text=_("As in its address, /pledge/short-name/. Empty: the main pledge."),
    )

    class Meta:
        icon = "edit"
        label = _("Pledge")
        group = OTHERS
        template = own.template("pledge")


class CampaignBlock(Part):
    """The call to give of a campaign, rendered by the donations app; nothing while it is not open."""

    campaign = SnippetChooserBlock("donations.Campaign", label=_("Campaign"))

    class Meta:
        icon = "pick"
        label = _("Campaign")
        group = OTHERS
        template = own.template("campaign")


class LedgerChartBlock(Part):
    """Charts of gifts from the ledger, rendered by the donations app. While nothing was given, the months say so."""

    title = blocks.CharBlock(label=_("Title"), max_length=120)
    by = blocks.ChoiceBlock(
        label=_("One bar for each"),
        choices=[("month", _("Month of the last twelve")), ("fund", _("Fund")), ("currency", _("Currency"))],
        default="month",
        search_index=False,
    )

    class Meta:
        icon = "order-down"
        label = _("Chart from the books")
        group = OTHERS
        template = own.template("ledger_chart")


class StoreBlock(Part):
    """The button to the shop. Its URL is a setting, so that it is typed once."""

    button = blocks.CharBlock(label=_("Button"), max_length=60)
    empty = WordsBlock(label=_("Words while there is no store"))

    class Meta:
        icon = "link-external"
        label = _("Way to the store")
        group = OTHERS
        template = own.template("store")


class KeptBlock(Part):
    """Retention periods and cookies: what is kept of people, how long, from the table by which it is deleted."""

    words = WordsBlock(label=_("Words above"), required=False)

    class Meta:
        icon = "lock"
        label = _("What is kept, and how long")
        group = OTHERS
        template = own.template("kept")


class PosterBlock(Part):
    """A poster to print: the phone lines of a country that the reader chooses."""

    title = blocks.CharBlock(label=_("Title"), max_length=120)
    words = WordsBlock(label=_("Words"), required=False)

    class Meta:
        icon = "print"
        label = _("Phone lines to print")
        group = IN_PRINT
        template = own.template("poster")


class ForStaffBlock(Part):
    """A note of what staff must still fill in here. Only the preview shows it; the launch checklist links to it."""

    text = blocks.TextBlock(label=_("What to fill in or check"), rows=3)

    def get_searchable_content(self, value: Any) -> list[str]:
        return []

    class Meta:
        icon = "warning"
        label = _("Note for staff")
        group = OTHERS
        template = own.template("for_staff")


def anchor(question: str) -> str:
    """Return the anchor of a question. Letters of other scripts stay: two questions in Arabic have two anchors."""
    return slugify(question) or slugify(question, allow_unicode=True) or "question"
