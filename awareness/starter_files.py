"""Starter media: pictures, films, sounds and documents, each created once from content/files/."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.utils import timezone
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from awareness.content_sync import LoadedContent

FOLDER = Path(settings.BASE_DIR) / "content" / "files"
PICTURES = {".webp", ".jpg", ".png"}


def row(name: str) -> Any:
    """Get or create the row of that file; it is created anew only when a person deleted it. Raises ValueError."""
    path = FOLDER / name
    if not path.is_file() or name not in _about():
        raise ValueError(f"content/files/ holds no {name}, or files.toml says nothing of it")
    is_picture = path.suffix in PICTURES
    model = get_image_model() if is_picture else get_document_model()
    known = LoadedContent.objects.filter(key=f"file:{name}").first()
    found = model.objects.filter(pk=known.content["pk"]).first() if known else None
    return found or _made(model, path, _about()[name])


def _made(model: Any, path: Path, about: dict[str, Any]) -> Any:
    with path.open("rb") as opened:
        made = model(file=File(opened, name=path.name), **about)
        made._set_image_file_metadata() if path.suffix in PICTURES else made._set_document_file_metadata()
        made.save()
        made.file.close()  # saving opened what it had written
    remembered = {"content": {"pk": made.pk}, "loaded_at": timezone.now()}
    LoadedContent.objects.update_or_create(key=f"file:{path.name}", defaults=remembered)
    return made


@cache
def _about() -> dict[str, dict[str, Any]]:
    """Return what files.toml says of each file: the fields of its row."""
    return tomllib.loads((FOLDER / "files.toml").read_text(encoding="utf-8"))
