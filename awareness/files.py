"""Documents, films and sounds: their file types, and their sizes in words."""

from typing import Any

from django.template.defaultfilters import filesizeformat

VIDEO = {"mp4": "video/mp4", "m4v": "video/mp4", "webm": "video/webm"}
AUDIO = {"mp3": "audio/mpeg", "m4a": "audio/mp4", "ogg": "audio/ogg"}
PLAYED = {**VIDEO, **AUDIO, "vtt": "text/vtt"}


def ending(document: Any) -> str:
    """Return the extension of the file's name: "pdf"."""
    return str(document.file_extension).lower()


def one_of(document: Any, kinds: dict[str, str]) -> bool:
    return ending(document) in kinds


def described(document: Any) -> str:
    """Return type and size for a link to the file: "PDF, 1.2 MB"."""
    size = document.file_size
    return f"{ending(document).upper()}, {filesizeformat(size)}" if size else ending(document).upper()
