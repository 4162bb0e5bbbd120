"""StreamField blocks of pages. Each has its template in templates/awareness/blocks/, named like the block."""

from collections import Counter
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError

from awareness import text as texts
from awareness.base_blocks import CorrectedFigureBlock, FigureBlock, Part, RichWordsBlock, SourceBlock, WordsBlock
from awareness.links import ActionBlock
from awareness.references import References
from foundation.organisation.languages import plainly

MOST_DOTS = 2000
NAMES_HELP = _("Numbers come as {figure:short-name}, notes as {source:short-name}.")


def template(name: str) -> str:
    return f"awareness/blocks/{name}.html"


class HeadingBlock(Part):
    """A heading with an anchor. An empty anchor is slugified from the text; Body keeps anchors unique."""

    text = blocks.CharBlock(label=_("Text"), max_length=120)
    level = blocks.ChoiceBlock(
        label=_("Level"), choices=[("2", _("Section")), ("3", _("Part of a section"))], default="2", search_index=False
    )
    anchor = blocks.RegexBlock(
        label=_("Anchor"), regex=r"^[a-z0-9-]*$", required=False, help_text=_("Leave empty: it is made from the text.")
    )

    def shown(self, value: Any, references: References) -> dict[str, Any]:
        """The first heading of a page is a section, whatever was chosen: a screen reader must not miss a level."""
        level = value["level"] if references.in_section else "2"
        references.in_section = True
        return {**super().shown(value, references), "level": level}

    class Meta:
        icon = "title"
        label = _("Heading")
        template = template("heading")


class ParagraphBlock(RichWordsBlock):
    """Running text. Its template prints `value`."""

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        context = super().get_context(value, parent_context=parent_context)
        references = context.setdefault("references", References())
        context["self"] = context["value"] = self.shown(value, references)
        return context

    class Meta:
        icon = "pilcrow"
        label = _("Text")
        template = template("paragraph")


class ElementBlock(Part):
    title = blocks.CharBlock(label=_("Title"), max_length=60)
    text = WordsBlock(label=_("Text"))


class QuoteLineBlock(Part):
    mark = blocks.CharBlock(label=_("Letter"), max_length=6, required=False)
    text = WordsBlock(label=_("Exact words"), rows=4)


class DefinitionBlock(Part):
    """The legal definition: three elements, the rule for children, and the words of the law."""

    title = blocks.CharBlock(label=_("Title"), max_length=120)
    intro = WordsBlock(label=_("Introduction"), required=False)
    act = ElementBlock(label=_("Act"))
    means = ElementBlock(label=_("Means"))
    purpose = ElementBlock(label=_("Purpose"))
    child_rule = WordsBlock(label=_("Rule for children"))
    quote_title = blocks.CharBlock(label=_("Title of the quotation"), max_length=120)
    quote = blocks.ListBlock(QuoteLineBlock(), label=_("The law in its own words"))
    source = SourceBlock()

    class Meta:
        icon = "clipboard-list"
        label = _("Definition")
        template = template("definition")


class StatBlock(Part):
    """A statistic: one figure in large type. Without words of its own it says what the figure counts."""

    figure = FigureBlock()
    words = WordsBlock(label=_("Words"), required=False, help_text=NAMES_HELP)

    class Meta:
        icon = "decimal"
        label = _("One figure")
        template = template("stat")

    def shown(self, value: Any, references: References) -> dict[str, Any]:
        """`noted`: the words end with a figure of the same source, whose note is theirs too."""
        shown = super().shown(value, references)
        last = texts.last_figure(value.get("words") or "")
        other = references.figure(last) if last else None
        figure = shown["figure"]
        return {**shown, "noted": bool(figure and other and other.source_id == figure.source_id)}


class BarBlock(Part):
    figure = FigureBlock()
    label = blocks.CharBlock(
        label=_("Label"), max_length=80, required=False, help_text=_("Empty: what the figure counts.")
    )
    apart = blocks.BooleanBlock(label=_("Set apart in colour"), required=False)


class FiguresBlock(Part):
    """A bar chart of figures side by side. `rows` is what the tag bar_table takes."""

    caption = blocks.CharBlock(label=_("Caption"), max_length=160)
    bars = blocks.ListBlock(BarBlock(), label=_("Bars"), min_num=2)
    note = WordsBlock(label=_("Note"), required=False, help_text=NAMES_HELP)

    def shown(self, value: Any, references: References) -> dict[str, Any]:
        seen = super().shown(value, references)
        bars = [bar for bar in seen["bars"] if bar["figure"]]
        rows = [
            {
                "label": bar["label"] or plainly(bar["figure"].counts),
                "value": bar["figure"].value,
                "text": plainly(bar["figure"].text),
                "apart": bool(bar["apart"]),
                "figure": bar["figure"],
            }
            for bar in bars
        ]
        sources = list({bar["figure"].source_id: bar["figure"].source for bar in bars}.values())
        return {**seen, "rows": rows, "sources": sources}

    class Meta:
        icon = "order-down"
        label = _("Figures as bars")
        template = template("figures")


class DotFieldBlock(Part):
    """A chart as a field of dots for a whole, some set apart for a part. `total` and `part_dots` count dots."""

    whole = FigureBlock(label=_("The whole"))
    part = FigureBlock(label=_("The part set apart"))
    per_dot = blocks.IntegerBlock(label=_("One dot stands for"), min_value=1)
    words = WordsBlock(label=_("Words"), required=False, help_text=NAMES_HELP)

    def shown(self, value: Any, references: References) -> dict[str, Any]:
        seen = super().shown(value, references)
        whole, part = _dots(seen["whole"], seen["per_dot"]), _dots(seen["part"], seen["per_dot"])
        return {**seen, "total": whole, "part_dots": min(part, whole)}

    def clean(self, value: Any) -> Any:
        value = super().clean(value)
        seen = super().shown(value, References())
        whole, part = _dots(seen["whole"], seen["per_dot"]), _dots(seen["part"], seen["per_dot"])
        if not 0 < part <= whole <= MOST_DOTS:
            message = _now("These figures make no field: choose a part of the whole, and at most 2,000 dots.")
            raise StructBlockValidationError(non_block_errors=[ValidationError(message)])
        return value

    class Meta:
        icon = "grip"
        label = _("Field of dots")
        template = template("dot_field")


class CorrectionsBlock(Part):
    """Corrections: what older pages say, what to say instead. The only place for superseded and contested figures."""

    caption = blocks.CharBlock(label=_("Caption"), max_length=160)
    figures = blocks.ListBlock(CorrectedFigureBlock(), label=_("Figures"))

    def shown(self, value: Any, references: References) -> dict[str, Any]:
        seen = super().shown(value, references)
        return {**seen, "figures": [figure for figure in seen["figures"] if figure]}

    class Meta:
        icon = "history"
        label = _("Corrections")
        template = template("corrections")


class PairBlock(Part):
    myth = WordsBlock(label=_("Myth"))
    fact = WordsBlock(label=_("Fact"), help_text=NAMES_HELP)
    source = SourceBlock(required=False)


class PairsBlock(Part):
    pairs = blocks.ListBlock(PairBlock(), label=_("Pairs"))

    class Meta:
        icon = "resubmit"
        label = _("Myths and facts")
        template = template("pairs")


class NoteBlock(Part):
    title = blocks.CharBlock(label=_("Title"), max_length=80, required=False)
    text = RichWordsBlock(label=_("Text"), help_text=NAMES_HELP)

    class Meta:
        icon = "info-circle"
        label = _("Note")
        template = template("note")


class PullBlock(Part):
    text = WordsBlock(label=_("Text"))

    class Meta:
        icon = "openquote"
        label = _("Line set large")
        template = template("pull")


class StepBlock(Part):
    title = blocks.CharBlock(label=_("Title"), max_length=80)
    text = WordsBlock(label=_("Text"), required=False)


class StepsBlock(Part):
    steps = blocks.ListBlock(StepBlock(), label=_("Steps"))

    class Meta:
        icon = "list-ol"
        label = _("Steps")
        template = template("steps")


class ActionsBlock(Part):
    actions = blocks.ListBlock(ActionBlock(), label=_("Buttons"))

    class Meta:
        icon = "link"
        label = _("Buttons")
        template = template("actions")


class Body(blocks.StreamBlock):
    """The base StreamBlock of every body: makes the anchors of headings and keeps them unique."""

    def clean(self, value: Any) -> Any:
        value = super().clean(value)
        headings = [child.value for child in value if child.block_type == "heading"]
        taken = Counter(heading["anchor"] for heading in headings if heading["anchor"])
        for heading in headings:
            wanted = heading["anchor"] or slugify(heading["text"]) or "section"
            if heading["anchor"] and taken[wanted] == 1:
                continue
            taken[wanted] -= bool(heading["anchor"])
            heading["anchor"] = _free(wanted, taken)
            taken[heading["anchor"]] += 1
        return value


def _free(wanted: str, taken: Counter[str]) -> str:
    number, anchor = 1, wanted
    while taken[anchor]:
        number += 1
        anchor = f"{wanted}-{number}"
    return anchor


def _dots(figure: Any, per_dot: int | None) -> int:
    return round(figure.value / per_dot) if figure and figure.value and per_dot else 0
