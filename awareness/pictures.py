"""Pictures in four widths and three formats: which files are made of them, and fetched at once for a whole page."""

from django.db.models import prefetch_related_objects
from django.db.models.query import Prefetch
from wagtail.blocks import StreamValue
from wagtail.images import get_image_model

WIDTHS = (400, 800, 1200, 1600)
FORMATS = ("avif", "webp", "jpeg")
SPECS = [f"width-{width}|format-{kind}" for kind in FORMATS for width in WIDTHS]


def fetch_renditions(body: StreamValue) -> None:
    """One query for the files of all pictures of a body, instead of one for each."""
    images = [child.value["image"] for child in body if child.block_type == "picture" and child.value["image"]]
    if images:
        files = get_image_model().get_rendition_model().objects.filter(filter_spec__in=SPECS)
        prefetch_related_objects(images, Prefetch("renditions", queryset=files, to_attr="prefetched_renditions"))
