"""Metadata removal: a PDF is kept without author, program, path and history, its photographs without their place."""

from io import BytesIO
from typing import BinaryIO

import pikepdf
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

TELLING = ("/Metadata", "/PieceInfo")  # metadata: XMP, and what drawing programs note for themselves
UNTOLD = (0xE1, 0xED, 0xFE)  # metadata segments of a JPEG: EXIF and XMP, IPTC, comments


def bare(file: BinaryIO, ending: str) -> bytes | None:
    """Return the file without its metadata; None where it stays as it is. Raises ValidationError."""
    if ending != "pdf":
        return None
    file.seek(0)
    into = BytesIO()
    try:
        with pikepdf.open(file) as pdf:
            del pdf.docinfo
            for part in pdf.objects:
                _untell(part)
            pdf.save(into)
    except pikepdf.PasswordError as error:
        raise ValidationError(gettext("This PDF asks for a password. Save it without one.")) from error
    except pikepdf.PdfError as error:
        raise ValidationError(gettext("This PDF is damaged. Save it anew.")) from error
    return into.getvalue()


def _untell(part: pikepdf.Object) -> None:
    if not isinstance(part, pikepdf.Dictionary | pikepdf.Stream):
        return
    for name in TELLING:
        if name in part:
            del part[name]
    if "/T" in part and part.get("/Subtype") is not None and part.get("/Subtype") != "/Widget" and "/Rect" in part:
        del part["/T"]  # the author of a comment; of a form field it is the name, and stays
    if isinstance(part, pikepdf.Stream) and part.get("/Filter") in ("/DCTDecode", pikepdf.Array(["/DCTDecode"])):
        bare_photo = _photo(part.read_raw_bytes())
        part.write(bare_photo, filter=pikepdf.Name.DCTDecode)  # what it says of its own decoding stands in itself


def _photo(jpeg: bytes) -> bytes:
    """Strip the metadata segments of a JPEG; the pixels stay the same."""
    kept, at = [jpeg[:2]], 2
    while jpeg[at : at + 1] == b"\xff" and jpeg[at + 1] not in (0xDA, 0xD9):
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4])
        if jpeg[at + 1] not in UNTOLD:
            kept.append(jpeg[at:end])
        at = end
    return b"".join([*kept, jpeg[at:]])
