"""Pictures and files of a page, fetched at once however many there are, and the block that chooses a picture."""

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

PICTURES = {"image"}  # under this name a body keeps the numbers of pictures,
FILES = {"document", "video", "captions", "sound"}  # and under these those of documents


class Files(NamedTuple):
    """The rows of one page by their numbers; pictures come with every file that was made of them."""

    images: dict[int, Any]
    documents: dict[int, Any]


_of_this_page: ContextVar[Files | None] = ContextVar("files of this page", default=None)


def fetch(body: StreamValue, images: Iterable[int | None], documents: Iterable[int | None]) -> Files:
    """Everything that a body and the fields beside it show, in three queries at most; the body then asks for nothing.

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
    """The pictures of a body as it is stored."""
    return {*_numbers(raw, PICTURES)}


class ImageNumberBlock(ImageChooserBlock):
    """A picture that is taken from what was fetched for the page."""

    def bulk_to_python(self, values: list[Any]) -> list[Any]:
        files = _of_this_page.get()
        return super().bulk_to_python(values) if files is None else [_placed(files.images.get(each)) for each in values]


def _placed(image: Any) -> Any:
    """A picture for one place. The words of that place stand on it, so the files that show it must lead to it."""
    if image is None:
        return None
    mine = copy(image)
    mine.prefetched_renditions = [copy(made) for made in image.prefetched_renditions]
    for made in mine.prefetched_renditions:
        made.image = mine
    return mine


class FileNumberBlock(DocumentChooserBlock):
    """A document that is taken from what was fetched for the page."""

    def bulk_to_python(self, values: list[Any]) -> list[Any]:
        files = _of_this_page.get()
        return super().bulk_to_python(values) if files is None else [files.documents.get(each) for each in values]


class PictureChoiceBlock(ImageBlock):
    """A picture with the words that stand in for it. Without them it must be marked as decoration."""

    def __init__(self, required: bool = True, **kwargs: Any) -> None:
        super().__init__(required=required, **kwargs)
        chooser = ImageNumberBlock(required=required)
        chooser.set_name("image")
        self.child_blocks["image"] = chooser

    def bulk_to_python(self, values: Any) -> list[Any]:
        """A place without a picture may be stored as nothing at all."""
        return super().bulk_to_python([value or {"image": None} for value in values])

    def clean(self, value: Any) -> Any:
        """The panel fills in the name of the file as the words. Nobody is told a picture by "IMG_1234"."""
        value = super().clean(value)
        words = (value.contextual_alt_text or "") if value else ""
        if words and " " not in words and Path(value.filename).stem.casefold().startswith(words.casefold()):
            message = _now("This is the name of the file. Say what the picture shows, or mark it as decoration.")
            raise StructBlockValidationError(block_errors={"alt_text": ValidationError(message)})
        return value


def _images(wanted: set[int]) -> dict[int, Any]:
    """One query where files were made of all of them, as they are from a page's first reader on."""
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
    """The numbers that stand under one of these names, however deep."""
    if isinstance(raw, dict):
        for name, value in raw.items():
            if name in names and isinstance(value, int):
                yield value
            else:
                yield from _numbers(value, names)
    elif isinstance(raw, list):
        for value in raw:
            yield from _numbers(value, names)
