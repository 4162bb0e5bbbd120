"""Prefetch of pictures and documents of a page, in a fixed number of queries, and the block that chooses a picture."""

from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from copy import copy
from pathlib import Path
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from wagtail.blocks import StreamValue
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.documents import get_document_model
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images import get_image_model
from wagtail.images.blocks import ImageBlock, ImageChooserBlock

PICTURES = {"image"}  # under this name a stored body keeps the ids of pictures,
FILES = {"document", "video", "captions", "sound"}  # and under these those of documents


class Files(NamedTuple):
    """The prefetched rows of one page by id; pictures come with their renditions."""

    images: dict[int, Any]
    documents: dict[int, Any]


_of_this_page: ContextVar[Files | None] = ContextVar("files of this page", default=None)


def fetch(body: StreamValue, images: Iterable[int | None], documents: Iterable[int | None]) -> Files:
    """Prefetch everything that a body and the fields beside it show, in three queries at most; the body then runs none.

    A body that is not read from the database (a preview) has its rows already, and is left as it is.
    """
    raw = [*body.raw_data]
    wanted = {*numbers(raw), *filter(None, images)}
    needed = {*_numbers(raw, FILES), *filter(None, documents)}
    files = Files(_images(wanted), get_document_model().objects.in_bulk(needed) if needed else {})
    token = _of_this_page.set(files)
    try:
        list(body)
    finally:
        _of_this_page.reset(token)
    return files


def numbers(raw: Any) -> set[int]:
    """Return the ids of the pictures in a body as it is stored."""
    return {*_numbers(raw, PICTURES)}


class ImageNumberBlock(ImageChooserBlock):
    """Image chooser that takes its picture from what was prefetched for the page."""

    def bulk_to_python(self, values: list[Any]) -> list[Any]:
        files = _of_this_page.get()
        return (
            super().bulk_to_python(values)
            if files is None
            else [_copy_for_place(files.images.get(each)) for each in values]
        )


def _copy_for_place(image: Any) -> Any:
    """Copy a picture for one place, whose alternative text is set on it, so its renditions must point to this copy."""
    if image is None:
        return None
    mine = copy(image)
    mine.prefetched_renditions = [copy(made) for made in image.prefetched_renditions]
    for made in mine.prefetched_renditions:
        made.image = mine
    return mine


class FileNumberBlock(DocumentChooserBlock):
    """Document chooser that takes its document from what was prefetched for the page."""

    def bulk_to_python(self, values: list[Any]) -> list[Any]:
        files = _of_this_page.get()
        return super().bulk_to_python(values) if files is None else [files.documents.get(each) for each in values]


class PictureChoiceBlock(ImageBlock):
    """A picture with its alternative text. Without it the picture must be marked as decoration."""

    def __init__(self, required: bool = True, **kwargs: Any) -> None:
        super().__init__(required=required, **kwargs)
        chooser = ImageNumberBlock(required=required)
        chooser.set_name("image")
        self.child_blocks["image"] = chooser

    def bulk_to_python(self, values: Any) -> list[Any]:
        """A place without a picture may be stored as null."""
        return super().bulk_to_python([value or {"image": None} for value in values])

    def clean(self, value: Any) -> Any:
        """Refuse a file name as alternative text, which the panel fills in. "IMG_1234" describes no picture."""
        value = super().clean(value)
        words = (value.contextual_alt_text or "") if value else ""
        if words and " " not in words and Path(value.filename).stem.casefold().startswith(words.casefold()):
            message = _now("This is the name of the file. Say what the picture shows, or mark it as decoration.")
            raise StructBlockValidationError(block_errors={"alt_text": ValidationError(message)})
        return value


def _images(wanted: set[int]) -> dict[int, Any]:
    """Pictures with renditions. One query where all have some, as they do from a page's first reader on."""
    if not wanted:
        return {}
    model = get_image_model()
    found: dict[int, Any] = {}
    for made in model.get_rendition_model().objects.filter(image_id__in=wanted).select_related("image"):
        image = found.setdefault(made.image_id, made.image)
        image.__dict__.setdefault("prefetched_renditions", []).append(made)
    missing = wanted - set(found)
    for image in model.objects.filter(pk__in=missing) if missing else ():
        image.prefetched_renditions = []
        found[image.pk] = image
    return found


def _numbers(raw: Any, names: set[str]) -> Iterator[int]:
    """Yield the ids that stand under one of these names, however deep."""
    if isinstance(raw, dict):
        for name, value in raw.items():
            if name in names and isinstance(value, int):
                yield value
            else:
                yield from _numbers(value, names)
    elif isinstance(raw, list):
        for value in raw:
            yield from _numbers(value, names)
