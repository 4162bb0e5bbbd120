"""Base blocks (Wagtail StructBlock and choosers): a figure, a source or a page, and texts that name facts."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.models import Page
from wagtail.rich_text import RichText

from awareness import facts, text
from awareness.facts import Figure, Source
from awareness.references import References

Reference = tuple[type[Model], str, str, str]
Deconstructed = tuple[str, list[Any], dict[str, Any]]


class NameField(forms.ChoiceField):
    """Validates a slug by looking for its row. Django would fetch all rows and write out their choices to find it."""

    rows: QuerySet[Any]

    def valid_value(self, value: Any) -> bool:
        return self.rows.filter(slug=value).exists()


class NameBlock(blocks.ChoiceBlock):
    """A choice that is stored by its slug. Wagtail would look through all choices each time a page is read."""

    def normalize_choice(self, value: str | None) -> str | None:
        return value

    def rows(self) -> QuerySet[Any]:
        """Return the rows that may be chosen, the same that the choices show."""
        raise NotImplementedError

    def get_field(self, **kwargs: Any) -> NameField:
        field = NameField(**kwargs)
        field.rows = self.rows()
        return field


class FigureBlock(NameBlock):
    """Chooser of a current figure. Prefetched for the whole page: no query for each block (N+1)."""

    def rows(self) -> QuerySet[Any]:
        return Figure.objects.current()

    def __init__(self, choices: Any = facts.current_figures, **kwargs: Any) -> None:
        super().__init__(choices=choices, **{"label": _("Figure"), "search_index": False, **kwargs})

    def shown(self, value: str | None, references: References) -> Figure | None:
        return references.figure(value) if value else None

    def extract_references(self, value: str | None) -> Iterator[Reference]:
        yield from _rows(Figure, [value])


class CorrectedFigureBlock(FigureBlock):
    """A superseded or contested figure: for the table of corrections alone."""

    def rows(self) -> QuerySet[Any]:
        return Figure.objects.corrected()

    def __init__(self, choices: Any = facts.corrected_figures, **kwargs: Any) -> None:
        super().__init__(choices=choices, **kwargs)


class SourceBlock(NameBlock):
    """Chooser of a source, stored by its slug."""

    def rows(self) -> QuerySet[Any]:
        return Source.objects.all()

    def __init__(self, choices: Any = facts.sources, **kwargs: Any) -> None:
        super().__init__(choices=choices, **{"label": _("Source"), "search_index": False, **kwargs})

    def shown(self, value: str | None, references: References) -> Source | None:
        return references.source(value) if value else None

    def extract_references(self, value: str | None) -> Iterator[Reference]:
        yield from _rows(Source, [value])


class WordsBlock(blocks.TextBlock):
    """Plain text that may name figures and sources."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"rows": 2, **kwargs})

    def shown(self, value: str | None, references: References) -> text.Shown:
        return text.Shown(value or "", references, rich=False)

    def clean(self, value: str) -> str:
        text.check(value or "")
        return super().clean(value)

    def get_searchable_content(self, value: str) -> list[str]:
        return [text.without_names(part) for part in super().get_searchable_content(value)]

    def extract_references(self, value: str | None) -> Iterator[Reference]:
        yield from _named_rows(value or "")

    def deconstruct(self) -> Deconstructed:
        return "wagtail.blocks.TextBlock", *super().deconstruct()[1:]


class RichWordsBlock(blocks.RichTextBlock):
    """Rich text with bold, italics, links and lists that may name figures and sources."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"features": ["bold", "italic", "link", "ol", "ul"], **kwargs})

    def shown(self, value: RichText | None, references: References) -> text.Shown:
        return text.Shown(value.source if value else "", references, rich=True)

    def clean(self, value: RichText) -> RichText:
        text.check(value.source if value else "")
        return super().clean(value)

    def get_searchable_content(self, value: RichText) -> list[str]:
        return [text.without_names(part) for part in super().get_searchable_content(value)]

    def extract_references(self, value: RichText | None) -> Iterator[Reference]:
        if value:
            yield from super().extract_references(value)
            yield from _named_rows(value.source)

    def deconstruct(self) -> Deconstructed:
        return "wagtail.blocks.RichTextBlock", *super().deconstruct()[1:]


class PageNumberBlock(blocks.PageChooserBlock):
    """Page chooser, stored by id and not fetched: what shows the links reads all their pages by one query."""

    def to_python(self, value: Any) -> int | None:
        return value

    def bulk_to_python(self, values: list[Any]) -> list[int | None]:
        return list(values)

    def get_prep_value(self, value: Any) -> int | None:
        return value.pk if isinstance(value, Page) else value

    def value_from_form(self, value: Any) -> int | None:
        return self.get_prep_value(value)

    def clean(self, value: Any) -> int | None:
        return self.get_prep_value(super().clean(value))

    def extract_references(self, value: int | None) -> Iterator[Reference]:
        if value is not None:
            yield Page, str(value), "", ""

    def deconstruct(self) -> Deconstructed:
        return "wagtail.blocks.PageChooserBlock", *super().deconstruct()[1:]


class Part(blocks.StructBlock):
    """Base StructBlock whose template sees figures, sources, links and texts resolved, as `value` and as `self`; and
    the `level` of a title of its own: below a heading of the page it is one of its parts.
    """

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        context = super().get_context(value, parent_context=parent_context)
        references = context.setdefault("references", References())
        context["level"] = 3 if references.in_section else 2
        context["self"] = context["value"] = self.shown(value, references)
        return context

    def shown(self, value: Any, references: References) -> dict[str, Any]:
        """Return every field resolved. Blocks that compute something add it here."""
        return {name: shown(child, value.get(name), references) for name, child in self.child_blocks.items()}


def shown(block: blocks.Block, value: Any, references: References) -> Any:
    """Return what a template sees of a block's value."""
    if hasattr(block, "shown"):
        return block.shown(value, references)
    if isinstance(block, blocks.ListBlock):
        return [shown(block.child_block, item, references) for item in value or []]
    return value


def checked(value: Any, wrong: dict[str, str]) -> Any:
    """Return the value. Raises StructBlockValidationError with what is wrong."""
    if wrong:
        raise StructBlockValidationError(block_errors={name: ValidationError(each) for name, each in wrong.items()})
    return value


def _named_rows(words: str) -> Iterator[Reference]:
    for model, kind in ((Figure, "figure"), (Source, "source")):
        yield from _rows(model, [slug for found, slug in text.named(words) if found == kind])


def _rows(model: type[Figure] | type[Source], slugs: list[str | None]) -> Iterator[Reference]:
    """Yield references for Wagtail's reference index (what is used where)."""
    wanted = [slug for slug in slugs if slug]
    if wanted:
        for pk in model._default_manager.filter(slug__in=wanted).values_list("pk", flat=True):
            yield model, str(pk), "", ""
