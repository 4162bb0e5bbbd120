"""Front matter of a page's file as the fields of its type: plain ones, texts, author, topics, reasons to write."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from modelcluster.fields import ParentalManyToManyField
from wagtail.documents.models import AbstractDocument
from wagtail.fields import RichTextField
from wagtail.images.models import AbstractImage
from wagtail.models import Page

from awareness import markup, starter_files
from awareness.contact import Reason
from awareness.reading import ReadingPage
from awareness.topics import Author

# Compared for every page that has them, so that a person's change is detected where our file says nothing.
ALWAYS = ("title", "seo_title", "search_description", "headline", "deck", "content_note", "intro", "body")
REASONS = "reasons"
OF_PAGES = {"title", "seo_title", "search_description", "show_in_menus"}


def fields_of(model: type[ReadingPage], head: dict[str, Any]) -> list[str]:
    """Return the fields that loading writes and compares: those above, and whatever the front matter names."""
    known = {field.name for field in model._meta.get_fields()}
    return [*(name for name in ALWAYS if name in known), *sorted(set(head) - set(ALWAYS))]


def made(model: type[ReadingPage], slug: str, head: dict[str, Any], text: str) -> ReadingPage:
    """Return an unsaved page. Raises ContentError for an unknown field or name, ValidationError for a wrong value."""
    unknown = [name for name in head if not _is_ours(model, name)]
    if unknown:
        raise markup.ContentError(f"{model._meta.verbose_name} has no field {', '.join(sorted(unknown))}")
    body = markup.stream(text, model._meta.get_field("body").stream_block)
    page = model(slug=slug, body=body, **{"show_in_menus": True, **_plain(model, head)})
    for name, value in head.items():
        if _is_many(model, name):
            setattr(page, name, _named(model, name, value))
    if REASONS in head:
        page.reasons = [Reason(sort_order=at, **row) for at, row in enumerate(head[REASONS])]
    for field in model._meta.get_fields():
        if isinstance(field, models.Field) and field.name in head and not _is_many(model, field.name):
            field.clean(field.value_from_object(page), page)
    return page


def fill(page: ReadingPage, names: Iterable[str], wanted: ReadingPage) -> None:
    """Copy fields to a page from another."""
    for name in names:
        value = getattr(wanted, name)
        if name == REASONS or _is_many(type(page), name):
            value = list(value.all())
        setattr(page, name, value)


def content(page: ReadingPage, names: Iterable[str]) -> dict[str, Any]:
    """The compared fields of a page: its words. Its place in the tree and its privacy are the editors' business."""
    return {name: _compared(page, name) for name in names}


def _compared(page: ReadingPage, name: str) -> Any:
    value = getattr(page, name)
    if name == "body":
        return page.body.stream_block.get_prep_value(value)
    if name == REASONS:
        return [{"label": row.label, "inbox": row.inbox, "email": row.email} for row in value.all()]
    if _is_many(type(page), name):
        return sorted(row.slug for row in value.all())
    if isinstance(value, models.Model):
        return value.slug if isinstance(value, Author) else value.pk
    return value


def _is_ours(model: type[ReadingPage], name: str) -> bool:
    if name == REASONS:
        return hasattr(model, REASONS)
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    inherited = name in {field.name for field in Page._meta.get_fields()}
    return (not inherited or name in OF_PAGES) and isinstance(field, models.Field) and not field.primary_key


def _is_file(field: models.ForeignKey[Any, Any]) -> bool:
    return issubclass(field.related_model, AbstractImage | AbstractDocument)


def _is_many(model: type[ReadingPage], name: str) -> bool:
    return name != REASONS and isinstance(model._meta.get_field(name), ParentalManyToManyField)


def _plain(model: type[ReadingPage], head: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _value(model, name, value)
        for name, value in head.items()
        if name != REASONS and not _is_many(model, name)
    }


def _value(model: type[ReadingPage], name: str, value: Any) -> Any:
    field = model._meta.get_field(name)
    if isinstance(field, models.ForeignKey):
        return starter_files.row(value) if _is_file(field) else _named(model, name, [value])[0]
    return markup.rich(value) if isinstance(field, RichTextField) else value


def _named(model: type[ReadingPage], name: str, slugs: list[str]) -> list[Any]:
    """Return topics or an author by slug. Raises ContentError for one that does not exist."""
    rows = model._meta.get_field(name).related_model._default_manager.filter(slug__in=slugs)
    missing = set(slugs) - {row.slug for row in rows}
    if missing:
        raise markup.ContentError(f"{name}: there is no {', '.join(sorted(missing))}")
    return list(rows)
