"""Files for tests of uploads: pictures and papers that tell where, when, with what and by whom they were made."""

import struct
import zlib
from io import BytesIO

import pikepdf
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

WORDS = b"Ada Lovelace"  # stands in everything that a file may say beside its pixels
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def told(orientation: int = 1) -> bytes:
    """EXIF with author, device and coordinates."""
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = exif[ExifTags.Base.Make] = WORDS.decode()
    exif[ExifTags.Base.Orientation] = orientation
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (52.0, 31.0, 12.0), 18: WORDS.decode()})
    return exif.tobytes()


def still(kind: str, orientation: int = 1, **more) -> bytes:
    """8 × 4 pixels: left half red, right half blue."""
    picture = Image.new("RGB", (8, 4), "blue")
    picture.paste("red", (0, 0, 4, 4))
    into = BytesIO()
    if kind == "png":
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Author", WORDS.decode())
        more["pnginfo"] = notes
    if kind == "gif":
        picture.save(into, kind, comment=WORDS)
    else:
        picture.save(into, kind, exif=told(orientation), icc_profile=PROFILE, **more)
    return into.getvalue()


def moving(kind: str) -> bytes:
    """Red for 100 ms, green for 300 ms, for ever."""
    first, second = Image.new("RGB", (8, 4), "red"), Image.new("RGB", (8, 4), "green")
    more = {"comment": WORDS} if kind == "gif" else {"exif": told()}
    into = BytesIO()
    first.save(into, kind, save_all=True, append_images=[second], duration=[100, 300], loop=0, **more)
    return into.getvalue()


def huge_png(width: int, height: int, frames: int = 0) -> bytes:
    """A few bytes that say they are so large."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    motion = chunk(b"acTL", struct.pack(">II", frames, 0)) if frames else b""
    return b"\x89PNG\r\n\x1a\n" + head + motion + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def paper(**saved) -> bytes:
    """A PDF with author, XMP, a comment's writer and a photograph with EXIF."""
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(200, 200))
    pdf.docinfo["/Author"] = WORDS.decode()
    with pdf.open_metadata() as said:
        said["dc:title"] = WORDS.decode()
    photo = pdf.make_stream(still("jpeg"))
    photo.Type, photo.Subtype, photo.Filter = pikepdf.Name.XObject, pikepdf.Name.Image, pikepdf.Name.DCTDecode
    photo.Width, photo.Height, photo.ColorSpace, photo.BitsPerComponent = 8, 4, pikepdf.Name.DeviceRGB, 8
    pdf.pages[0].Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Photo=photo))
    note = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Rect=[0, 0, 9, 9])
    note.Contents, note.T = pikepdf.String("Words"), pikepdf.String(WORDS.decode())
    pdf.pages[0].Annots = pdf.make_indirect(pikepdf.Array([pdf.make_indirect(note)]))
    into = BytesIO()
    pdf.save(into, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable, **saved)
    return into.getvalue()
