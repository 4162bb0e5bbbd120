"""What staff upload: nothing that runs, nothing that tells, nothing that is not what it says; and how it leaves."""

import hashlib
import zipfile
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.test import Client
from PIL import Image
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Collection, CollectionViewRestriction, UploadedFile
from wagtail.users.models import UserProfile

from staff import pictures, uploads
from tests.staff import files
from tests.staff.users import member, password_only, sign_in, signed_in

pytestmark = pytest.mark.django_db
Picture, Document = get_image_model(), get_document_model()
PAGE = b"<!doctype html><script src=/documents/1/menu.js></script>"
WITHOUT_FORM = {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def editor():
    return signed_in("Editor")


def sent(client, where, name, content, title="A file"):
    """What the page for several files answers: {"success": …}."""
    file = SimpleUploadedFile(name, content)
    return client.post(f"/admin/{where}/multiple/add/", {"title": title, "files[]": file}, **WITHOUT_FORM).json()


def content_of(kept):
    with kept.open() as file:
        return file.read()


def body(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def packed(*members):
    into = BytesIO()
    with zipfile.ZipFile(into, "w") as made:
        for name, content in members:
            made.writestr(name, content)
    return into.getvalue()


def colour(picture, x, y):
    red, green, blue = picture.convert("RGB").getpixel((x, y))
    return "red" if red > 150 else "blue" if blue > 150 else "green" if green > 90 else "?"


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "avif", "gif"])
def test_it_keeps_of_a_picture_what_is_seen_and_nothing_that_is_told(editor, kind):
    given = files.still(kind)
    assert files.WORDS in given
    assert sent(editor, "images", f"a.{kind}", given)["success"]
    image = Picture.objects.get()
    kept = content_of(image.file)
    assert files.WORDS not in kept
    assert (image.file_size, image.file_hash) == (len(kept), hashlib.sha1(kept).hexdigest())
    with Image.open(BytesIO(kept)) as seen:
        assert seen.format == kind.upper() and not seen.getexif()
        assert (colour(seen, 1, 1), colour(seen, 6, 2)) == ("red", "blue")
        assert kind == "gif" or seen.info["icc_profile"] == files.PROFILE
    rendition = content_of(image.get_rendition("width-4|format-jpeg").file)
    assert files.WORDS not in rendition


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "avif"])
def test_it_turns_a_picture_upright(kind):
    """Orientation 6: the camera was held upright, and a viewer turns what it took to the right."""
    with Image.open(BytesIO(pictures.redrawn(BytesIO(files.still(kind, orientation=6))))) as seen:
        assert seen.size == (4, 8) and seen.getexif().get(0x0112, 1) == 1
        assert (colour(seen, 2, 1), colour(seen, 2, 6)) == ("red", "blue")


@pytest.mark.parametrize("kind", ["gif", "png", "webp"])
def test_it_keeps_what_moves_moving(kind):
    given = files.moving(kind)
    kept = pictures.redrawn(BytesIO(given))
    assert files.WORDS in given and files.WORDS not in kept
    with Image.open(BytesIO(kept)) as seen:
        assert (seen.n_frames, seen.info["loop"]) == (2, 0)  # type: ignore[attr-defined]  # each kind that moves has it
        shown = []
        for number in range(2):
            seen.seek(number)
            seen.load()
            shown.append((colour(seen, 2, 2), int(seen.info["duration"])))
        assert shown == [("red", 100), ("green", 300)]


def test_it_keeps_what_is_transparent():
    picture, into = Image.new("P", (4, 4), 1), BytesIO()
    picture.putpalette([255, 0, 0, 0, 0, 255])
    picture.save(into, "PNG", transparency=1)
    with Image.open(BytesIO(pictures.redrawn(into))) as seen:
        assert seen.convert("RGBA").getpixel((1, 1)) == (0, 0, 255, 0)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.png", files.huge_png(11_000, 11_000), "too large"),  # 15 kB that took 1.2 GB
        ("a.png", files.huge_png(50_000, 50_000), "too large"),
        ("a.png", files.huge_png(100, 100, frames=2_000_000_000), "too large"),
        ("a.gif", files.moving("gif")[:60], "damaged"),
        ("a.jpg", files.still("jpeg")[:-40], "damaged"),
        ("a.png", PAGE, "damaged"),
        ("a.jpg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "damaged"),
        ("a.png", files.still("jpeg"), "does not match"),
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "damaged"),
    ],
)
def test_it_refuses_what_is_no_picture_of_a_size_that_can_be_opened(editor, name, content, why):
    answer = sent(editor, "images", name, content)
    assert not answer["success"] and why in answer["error_message"]
    assert not Picture.objects.exists()


def test_it_keeps_nothing_that_tells_while_the_form_is_still_wrong(editor):
    """With too long a title Wagtail puts the file aside, and makes a picture of it when the title is right."""
    sent(editor, "images", "a.jpeg", files.still("jpeg"), title="A" * 300)
    aside = UploadedFile.objects.get()
    assert files.WORDS not in content_of(aside.file)
    made = editor.post(
        f"/admin/images/multiple/create_from_uploaded_image/{aside.pk}/",
        {f"uploaded-image-{aside.pk}-title": "A"},
        **WITHOUT_FORM,
    )
    assert made.json()["success"]
    assert files.WORDS not in content_of(Picture.objects.get().file)


def test_it_keeps_large_pictures_in_their_temporary_file():
    file = TemporaryUploadedFile("a.jpeg", "image/jpeg", 0, None)
    given = files.still("jpeg")
    file.write(given + b"\x00" * 50)
    file.size = len(given) + 50
    kept = uploads.PictureField().clean(file)
    content = Path(kept.temporary_file_path()).read_bytes()
    assert kept.size == len(content) and files.WORDS not in content


def test_it_redraws_the_portrait_of_an_account(editor):
    page = editor.get("/admin/account/")
    fields = {
        name: value
        for panels in page.context["panels_by_tab"].values()
        for panel in panels
        for name, value in ((f"{panel.name}-{key}", panel.get_form()[key].value()) for key in panel.get_form().fields)
        if isinstance(value, str | bool) and value
    }
    fields |= {"name_email-first_name": "Ada", "name_email-last_name": "Lovelace"}
    wrong = editor.post("/admin/account/", {**fields, "avatar-avatar": SimpleUploadedFile("a.png", PAGE)})
    assert wrong.status_code == 200 and "damaged" in wrong.content.decode()
    good = SimpleUploadedFile("me.png", files.still("png"))
    assert editor.post("/admin/account/", {**fields, "avatar-avatar": good}).status_code == 302
    portrait = UserProfile.objects.exclude(avatar="").get().avatar
    assert files.WORDS not in content_of(portrait)
    answer = Client().get(portrait.url)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    body(answer)


def test_it_keeps_a_paper_without_its_author(editor):
    given = files.paper()
    assert given.count(files.WORDS) >= 4
    assert sent(editor, "documents", "a.pdf", given)["success"]
    document = Document.objects.get()
    kept = content_of(document.file)
    assert (document.file_size, document.file_hash) == (len(kept), hashlib.sha1(kept).hexdigest())
    with pikepdf.open(BytesIO(kept)) as pdf:
        assert pdf.trailer.get("/Info") is None and "/Metadata" not in pdf.Root
        assert len(pdf.pages) == 1 and str(pdf.pages[0].Annots[0].Contents) == "Words"
        everything = BytesIO()
        photo = pdf.pages[0].Resources.XObject.Photo.read_raw_bytes()
        pdf.save(everything, stream_decode_level=pikepdf.StreamDecodeLevel.generalized, compress_streams=False)
    assert files.WORDS not in everything.getvalue()
    with Image.open(BytesIO(photo)) as seen:
        assert colour(seen, 1, 1) == "red"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", PAGE),
        ("page.xhtml", PAGE),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("menu.js", b"alert(1)"),
        ("menu", b"alert(1)"),
        ("page.pdf", PAGE),
        ("page.txt", PAGE),
        ("page.csv", b"\xef\xbb\xbf  <SVG onload=alert(1)>"),
        ("page.txt", b"\xff\xfe" + "<script>".encode("utf-16-le")),
        ("page.vtt", PAGE),
        ("page.mp4", PAGE),
        ("page.mp3", PAGE),
        ("page.docx", PAGE),
        ("page.docx", packed(("index.html", PAGE))),
        ("macro.docx", packed(("word/document.xml", b"<w/>"), ("word/vbaProject.bin", b"x"))),
        ("page.odt", packed(("index.html", PAGE))),
        ("page.zip", PAGE),
        ("picture.mp4", files.still("avif")),
        ("broken.pdf", b"%PDF-1.7 and nothing more"),
        ("secret.pdf", files.paper(encryption=pikepdf.Encryption(user="a", owner="b"))),
    ],
)
def test_it_refuses_a_document_that_is_not_what_it_says(editor, name, content):
    answer = sent(editor, "documents", name, content)
    assert not answer["success"] and len(answer["error_message"]) > 20 and "\n" not in answer["error_message"]
    assert not Document.objects.exists() and not UploadedFile.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("a.pdf", files.paper(), "application/pdf"),
        ("a.docx", packed(("[Content_Types].xml", b"<t/>"), ("word/document.xml", b"<w/>")), "application/vnd.openxml"),
        (
            "a.odt",
            packed(("mimetype", b"application/vnd.oasis.opendocument.text"), ("c.xml", b"x")),
            "application/vnd.oasis",
        ),
        ("a.zip", packed(("index.html", PAGE)), "application/zip"),
        ("a.csv", "Köln;1\n".encode("latin-1"), "text/csv"),
        ("a.txt", b"\xff\xfe" + "Köln".encode("utf-16-le"), "text/plain"),
    ],
)
def test_it_hands_documents_out_to_be_kept(editor, name, content, content_type):
    assert sent(editor, "documents", name, content)["success"]
    answer = Client().get(Document.objects.get().url)
    assert answer["Content-Type"].startswith(content_type)
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"
    body(answer)


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("a.mp4", b"\x00\x00\x00\x18ftypisom" + b"x" * 50, "video/mp4"),
        ("a.webm", b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", "video/webm"),
        ("a.mp3", b"ID3\x04" + b"x" * 50, "audio/mpeg"),
        ("a.mp3", b"\xff\xfb\x90" + b"x" * 50, "audio/mpeg"),
        ("a.m4a", b"\x00\x00\x00\x18ftypM4A " + b"x" * 50, "audio/mp4"),
        ("a.ogg", b"OggS" + b"x" * 50, "audio/ogg"),
        ("a.vtt", b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n", "text/vtt; charset=utf-8"),
    ],
)
def test_it_plays_what_plays(editor, name, content, content_type):
    assert sent(editor, "documents", name, content)["success"]
    answer = Client().get(Document.objects.get().url, headers={"range": "bytes=1-3"})
    assert (answer.status_code, answer["Content-Type"], body(answer)) == (206, content_type, content[1:4])
    assert answer["Content-Disposition"].startswith("inline;")


@pytest.mark.parametrize("name", ["old.html", "old.svg", "old.js", "old.pdf", "old.txt", "old.mp4"])
def test_it_gives_no_type_to_what_lies_there_and_is_something_else(name):
    made = Document.objects.create(title="Old", file=ContentFile(PAGE, name=name))
    answer = Client().get(made.url)
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment;") and "sandbox" in answer["Content-Security-Policy"]
    body(answer)


def test_it_has_renditions_under_media_and_nothing_else(editor):
    sent(editor, "images", "a.jpeg", files.still("jpeg"))
    image = Picture.objects.get()
    document = Document.objects.create(title="D", file=ContentFile(b"words", name="d.txt"))
    rendition = image.get_rendition("width-4|format-webp")
    answer = Client().get(rendition.url, headers={"range": "bytes=0-3"})
    assert (answer.status_code, body(answer), answer["Content-Type"]) == (206, b"RIFF", "image/webp")
    assert answer["Content-Disposition"] == "inline" and "sandbox" in answer["Content-Security-Policy"]
    again = Client().get(rendition.url, headers={"if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT"})
    assert again.status_code == 304
    image.get_rendition("original")
    for path in (
        image.file.name,
        document.file.name,
        f"/{document.file.name}",
        f"./{document.file.name}",
        f"images/../{document.file.name}",
        f"images/..%2f{document.file.name}",
        f"images/%2e%2e/{document.file.name}",
        f"images/..\\{document.file.name}",
        "images/a.original.jpg",
        "images/",
        "images/..",
        "images/missing.jpg",
        "",
    ):
        assert Client().get(f"/media/{path}").status_code == 404, path
    rendition.file.storage.save("images/page.jpg", ContentFile(PAGE))
    assert Client().get("/media/images/page.jpg").status_code == 404


def test_it_shows_an_original_to_those_who_may_change_it(editor):
    sent(editor, "images", "a.jpeg", files.still("jpeg"))
    image = Picture.objects.get()
    page = editor.get(f"/admin/images/{image.pk}/").content.decode()
    assert f'href="/admin/images/{image.pk}/original/"' in page and f"/media/{image.file.name}" not in page
    answer = editor.get(f"/admin/images/{image.pk}/original/")
    assert (answer["Content-Type"], body(answer)) == ("image/jpeg", content_of(image.file))
    assert signed_in("Finance").get(f"/admin/images/{image.pk}/original/").status_code != 200
    assert Client().get(f"/admin/images/{image.pk}/original/").status_code == 302


def test_it_keeps_to_staff_what_is_kept_to_staff():
    shelf = Collection.get_first_root_node().add_child(name="Staff")
    CollectionViewRestriction.objects.create(collection=shelf, restriction_type="login")
    document = Document.objects.create(title="D", collection=shelf, file=ContentFile(b"words", name="d.txt"))
    ways = [document.url, document.url.replace(f"/{document.pk}/", f"/{chr(0x0660 + document.pk % 10)}/")]
    for way in ways:
        assert Client().get(way).status_code in (302, 404), way
    user = member("Editor")
    client = sign_in(Client(), user)
    answer = client.get(document.url)
    assert body(answer) == b"words" and "no-store" in answer["Cache-Control"] and "private" in answer["Cache-Control"]
    refused = password_only(Client(), user).get(document.url)
    assert (refused.status_code, refused["Location"].partition("?")[0]) == (302, "/accounts/2fa/reauthenticate/")
