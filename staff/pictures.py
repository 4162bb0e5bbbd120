"""Image sanitising: pictures are re-encoded from their pixels, so that nothing else of the upload is left."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, ImageSequence

# Pixels of all frames together, for the memory of the encoder: 4 to 8 bytes for a pixel of a JPEG, 20 of WebP and AVIF.
MOST_PIXELS, MOST_OF_A_PHOTO = 26_000_000, 52_000_000
TOO_LARGE = _("This picture is too large: %(most)s million pixels at most, all frames of a moving one together.")
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
ORIENTATION = 0x0112  # EXIF tag: 1 is upright
KEPT = ("icc_profile", "transparency")  # kept of a file's metadata
QUALITY: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 92},
    "WEBP": {"quality": 92},
    "AVIF": {"quality": 85, "speed": 8},
}


def redrawn(file: BinaryIO) -> bytes:
    """Re-encode a picture in its own format, upright, with its colours and its motion, and without place, device,
    author or words. Its size is checked before it is decoded (decompression bomb). Raises ValidationError.
    """
    file.seek(0)
    most = MOST_PIXELS
    try:
        with Image.open(file, formats=FORMATS) as picture:
            photo = picture.format in ("JPEG", "MPO")  # an MPO has more pictures behind the one that is seen
            most = MOST_OF_A_PHOTO if photo else MOST_PIXELS
            frames = 1 if photo else getattr(picture, "n_frames", 1)
            if picture.width * picture.height * frames <= most:
                return _drawn(picture, frames, lossless=_lossless(file))
    except Image.DecompressionBombError:
        pass
    except Exception as error:  # Pillow raises what its decoders come across: struct.error, SyntaxError, IndexError …
        raise ValidationError(_("This is no picture that can be opened, or it is damaged.")) from error
    raise ValidationError(TOO_LARGE % {"most": most // 1_000_000})


def _drawn(picture: Image.Image, frames: int, lossless: bool) -> bytes:
    into, kind = BytesIO(), "JPEG" if picture.format == "MPO" else str(picture.format)
    how: dict[str, Any] = {"lossless": True} if lossless else dict(QUALITY.get(kind, {}))
    if "icc_profile" in picture.info:
        how["icc_profile"] = picture.info["icc_profile"]
    if frames > 1:
        drawn, how["duration"] = _frames(picture)
        how |= {"loop": picture.info["loop"]} if "loop" in picture.info else {}  # a GIF that names none plays once
        if kind == "GIF" and any(frame.getchannel("A").getextrema() != (255, 255) for frame in drawn):
            how["disposal"] = 2  # what was drawn before does not shine through
        drawn[0].save(into, kind, save_all=True, append_images=drawn[1:], **how)
        return into.getvalue()
    picture.load()
    if picture.format == "JPEG" and picture.getexif().get(ORIENTATION, 1) == 1:
        picture.info = _said(picture)
        picture.save(into, kind, **{**how, "quality": "keep"})  # the steps in which it was written: nothing is lost
    else:
        _bare(picture).save(into, kind, **how)
    return into.getvalue()


def _frames(picture: Image.Image) -> tuple[list[Image.Image], list[int]]:
    """Return each frame as it is seen, and its duration in milliseconds."""
    drawn, durations = [], []
    for frame in _loaded(picture):
        drawn.append(_bare(frame).convert("RGBA"))
        durations.append(int(frame.info.get("duration", 100)))
    return drawn, durations


def _loaded(picture: Image.Image) -> Iterator[Image.Image]:
    for frame in ImageSequence.Iterator(picture):
        frame.load()
        yield frame


def _bare(frame: Image.Image) -> Image.Image:
    upright = ImageOps.exif_transpose(frame)
    upright.info = _said(frame)
    return upright


def _said(frame: Image.Image) -> dict[Any, Any]:
    return {name: frame.info[name] for name in KEPT if name in frame.info}


def _lossless(file: BinaryIO) -> bool:
    """Whether a WebP is lossless: its chunks say so."""
    file.seek(0)
    content = file.read()
    return content.startswith(b"RIFF") and b"VP8L" in content and b"VP8 " not in content
