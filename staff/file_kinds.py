"""File type detection by content (magic bytes): the name that somebody gave a file decides nothing."""

import re
from collections.abc import Callable
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile

BEGINNING = 64 * 1024  # bytes that are read
# Markup: text that a browser would take for a page or a drawing, whatever it is called.
MARKUP = re.compile(rb"\s*<(?:!|\?|/?[a-z])", re.IGNORECASE)
NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
BOMS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
SOUND = re.compile(rb"ID3|\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff]")  # MPEG audio, with or without an ID3 tag before it
PICTURES = {
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "image/avif": re.compile(rb"....ftypavi[fs]", re.DOTALL),
}
Look = Callable[[bytes, BinaryIO], bool]


def _begins(pattern: bytes) -> Look:
    compiled = re.compile(pattern, re.DOTALL)
    return lambda head, file: bool(compiled.match(head))


def _text(head: bytes, file: BinaryIO) -> bool:
    """Plain text and nothing that runs, in UTF-8, UTF-16 or one byte a letter."""
    for bom, encoding in BOMS.items():
        if head.startswith(bom):
            head = head[len(bom) :].decode(encoding, "ignore").encode()
    return not NO_TEXT.search(head) and not MARKUP.match(head)


def _captions(head: bytes, file: BinaryIO) -> bool:
    return bool(re.match(rb"(?:\xef\xbb\xbf)?WEBVTT[\s]", head + b"\n")) and not NO_TEXT.search(head)


def _packed(folder: str = "") -> Look:
    """A ZIP, with something in this folder, and without macros."""

    def look(head: bytes, file: BinaryIO) -> bool:
        names = _names(head, file)
        macros = any(name.lower().endswith("vbaproject.bin") for name in names)
        return bool(names) and not macros and (not folder or any(name.startswith(folder) for name in names))

    return look


def _named(kind: bytes) -> Look:
    """A ZIP whose first member is its `mimetype`: OpenDocument and EPUB."""
    return lambda head, file: head[30:].startswith(b"mimetype" + kind) and bool(_names(head, file))


def _names(head: bytes, file: BinaryIO) -> list[str]:
    if not head.startswith(b"PK"):
        return []
    try:
        with ZipFile(file) as packed:
            return packed.namelist()
    except (BadZipFile, OSError, ValueError, NotImplementedError):
        return []


OOXML, ODF = "application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument."
MPEG = _begins(rb"....ftyp(?!avi[fs]|hei|mif1)")  # not the image formats of that family
# What staff may upload as a document: its extension, its content type, and how its bytes are recognised.
DOCUMENTS: dict[str, tuple[str, Look]] = {
    "pdf": ("application/pdf", _begins(rb"%PDF-\d")),
    "docx": (f"{OOXML}wordprocessingml.document", _packed("word/")),
    "xlsx": (f"{OOXML}spreadsheetml.sheet", _packed("xl/")),
    "pptx": (f"{OOXML}presentationml.presentation", _packed("ppt/")),
    "odt": (f"{ODF}text", _named(f"{ODF}text".encode())),
    "ods": (f"{ODF}spreadsheet", _named(f"{ODF}spreadsheet".encode())),
    "odp": (f"{ODF}presentation", _named(f"{ODF}presentation".encode())),
    "epub": ("application/epub+zip", _named(b"application/epub+zip")),
    "zip": ("application/zip", _packed()),
    "txt": ("text/plain; charset=utf-8", _text),
    "csv": ("text/csv; charset=utf-8", _text),
}
# Audio and video that play on a page of ours.
PLAYED: dict[str, tuple[str, Look]] = {
    "mp4": ("video/mp4", MPEG),
    "m4v": ("video/mp4", MPEG),
    "webm": ("video/webm", _begins(rb"\x1aE\xdf\xa3.{0,60}webm")),
    "mp3": ("audio/mpeg", lambda head, file: bool(SOUND.match(head))),
    "m4a": ("audio/mp4", MPEG),
    "ogg": ("audio/ogg", _begins(rb"OggS")),
    "vtt": ("text/vtt; charset=utf-8", _captions),
}
ENDINGS = [*DOCUMENTS, *PLAYED]


def type_of(file: BinaryIO, ending: str) -> str | None:
    """Return the content type of a document with this extension, or None where its bytes are something else."""
    content_type, look = {**DOCUMENTS, **PLAYED}.get(ending.lower(), ("", None))
    file.seek(0)
    return content_type if look and look(file.read(BEGINNING), file) else None


def picture_type(file: BinaryIO) -> str | None:
    """Return the content type of a raster image, or None for anything else, drawings that can run (SVG) included."""
    file.seek(0)
    head = file.read(16)
    return next((name for name, pattern in PICTURES.items() if pattern.match(head)), None)
