"""An editor makes one page of every type in the panel, looks at it, publishes it, and readers see it."""

import io
import random
import re
from datetime import timedelta
from typing import cast

import pikepdf
import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Page
from wagtail.test.utils.form_data import nested_form_data, rich_text, streamfield

from awareness.models import (
    ArticleIndexPage,
    ArticlePage,
    ContactPage,
    DocumentsPage,
    EpisodePage,
    FactsPage,
    FaqPage,
    FilmIndexPage,
    FilmPage,
    HelpPage,
    HomePage,
    JobIndexPage,
    JobPage,
    NewsroomPage,
    PodcastPage,
    SectionPage,
    ToolkitPage,
)
from awareness.reading import ReadingPage
from foundation.organisation.models import Organisation
from tests.awareness.conftest import english
from tests.narrowing import not_none
from tests.staff.users import signed_in

TITLE = "A page that an editor made"
ONE_ALONE = [HomePage, HelpPage, FactsPage, ContactPage]  # the site has one and takes no second
PARENTS = {
    SectionPage: HomePage,
    ArticlePage: ArticleIndexPage,
    ArticleIndexPage: HomePage,
    NewsroomPage: HomePage,
    FilmIndexPage: HomePage,
    FilmPage: FilmIndexPage,
    PodcastPage: HomePage,
    EpisodePage: PodcastPage,
    DocumentsPage: HomePage,
    ToolkitPage: HomePage,
    FaqPage: HomePage,
    JobIndexPage: HomePage,
    JobPage: JobIndexPage,
}


@pytest.fixture
def editor(loaded):
    return signed_in("Editor")


def picture_file() -> SimpleUploadedFile:
    """As wide as the widest file that is made of it, and smooth, since noise takes seconds to pack."""
    kept = io.BytesIO()
    Image.linear_gradient("L").resize((1620, 1080)).convert("RGB").save(kept, "JPEG")
    return SimpleUploadedFile("a-road.jpg", kept.getvalue(), "image/jpeg")


def upload(editor, name: str, content: bytes):
    """A document, as the panel takes it."""
    file = SimpleUploadedFile(name, content)
    answer = editor.post(reverse("wagtaildocs:add"), {"title": name, "file": file, "collection": 1, "tags": ""})
    assert answer.status_code == 302, answer.context["form"].errors
    return get_document_model().objects.filter(title=name).latest("pk")


def as_shown(html: bytes) -> dict[str, object]:
    """What the browser would send of the page's form without a word typed."""
    form = BeautifulSoup(html, "html.parser").select_one("form#page-edit-form, form[data-edit-form]")
    values: dict[str, object] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        if field.name == "select":
            chosen = field.select_one("option[selected]")
            values[str(field["name"])] = chosen["value"] if chosen else ""
        elif field.get("type") not in ("checkbox", "radio", "submit", "file") or field.has_attr("checked"):
            values[str(field["name"])] = field.get("value", "") if field.name == "input" else field.text
    return values


def filled(model: type[Page], editor) -> dict[str, object]:
    """What a person fills in of this type."""
    body = [
        ("heading", {"text": "First part", "level": "2", "anchor": ""}),
        ("question", {"question": "Who reads this?", "answer": rich_text("<p>Editors.</p>")}),
        ("checklist", {"title": "To do", "items": a_list(["Read it", "Tick it"])}),
        ("stat", {"figure": "forced-labour-2021", "words": ""}),
        ("ledger_chart", {"title": "By month", "by": "month"}),
        ("pledge", {"slug": ""}),
        ("store", {"button": "To the store", "empty": "There is no store yet."}),
    ]
    own: dict[str, object] = {"title": TITLE, "slug": "made", "deck": "One sentence.", "body": streamfield(body)}
    if model is EpisodePage:
        sound = upload(editor, "one.mp3", b"ID3" + b"y" * 4318)
        own |= {"number": 1, "minutes": 20, "audio": sound.pk, "transcript": "Every word."}
    if model is FilmPage:
        film = upload(editor, "film.mp4", b"\x00\x00\x00\x18ftypisom" + b"y" * 9987)
        captions = upload(editor, "film.vtt", b"WEBVTT\n")
        own |= {"minutes": 12, "video": film.pk, "captions": captions.pk, "captions_language": "en"}
    if model is JobPage:
        own |= {"kind": "part", "place": "Here", "apply_to": "a@example.org"}
    if model is ToolkitPage:
        own |= {"audience": "school"}
    return own


def a_list(items: list) -> dict[str, object]:
    rows = {str(at): {"deleted": "", "order": str(at), "value": item, "id": ""} for at, item in enumerate(items)}
    return {"count": str(len(items)), **rows}


def add_address(model: type[Page]) -> str:
    parent = PARENTS[model].objects.order_by("depth", "path").first()
    return reverse("wagtailadmin_pages:add", args=["awareness", model._meta.model_name, parent.pk])


def test_it_knows_every_type():
    found = {model for model in apps.get_app_config("awareness").get_models() if issubclass(model, ReadingPage)}
    assert found == {*PARENTS, *ONE_ALONE}


@pytest.mark.parametrize("model", PARENTS, ids=lambda model: model.__name__)
def test_it_makes_previews_publishes_and_shows_a_page(editor, client, model):
    add = add_address(model)
    shown = editor.get(add)
    assert shown.status_code == 200
    data = {**as_shown(shown.content), **nested_form_data(filled(model, editor))}
    preview = reverse("wagtailadmin_pages:preview_on_add", args=add.strip("/").split("/")[-3:])
    assert editor.post(preview, data).json()["is_valid"]
    looked_at = editor.get(f"{preview}?mode=")
    assert looked_at.status_code == 200 and TITLE in looked_at.content.decode()
    assert "frame-ancestors 'self'" in looked_at["Content-Security-Policy"]
    assert not Page.objects.filter(title=TITLE).exists()

    answer = editor.post(add, data)
    assert answer.status_code == 302, answer.context["form"].errors
    made = model.objects.get(title=TITLE)
    assert not made.live and client.get(made.get_url()).status_code == 404

    edit = reverse("wagtailadmin_pages:edit", args=[made.pk])
    again = {**as_shown(editor.get(edit).content), **nested_form_data(filled(model, editor)), "action-publish": "1"}
    answer = editor.post(edit, again)
    assert answer.status_code == 302, answer.context["form"].errors
    html = client.get(made.get_url()).content.decode()
    assert f"<h1>{TITLE}</h1>" in html
    for words in ('id="first-part"', "Who reads this?", "Editors.", "Tick it", "27.6"):
        assert words in html, words
    assert html.count("<h1") == 1

    changed = {**again, "title": "Another title of it"}
    assert editor.post(edit, changed).status_code == 302
    assert "<h1>Another title of it</h1>" in client.get(made.get_url()).content.decode()
    assert editor.post(reverse("wagtailadmin_pages:unpublish", args=[made.pk])).status_code == 302
    assert client.get(made.get_url()).status_code == 404


@pytest.mark.parametrize("model", ONE_ALONE, ids=lambda model: model.__name__)
def test_it_previews_publishes_and_takes_away_the_types_of_which_there_is_one(editor, client, model):
    page = english(model)
    edit = reverse("wagtailadmin_pages:edit", args=[page.pk])
    data = {**as_shown(editor.get(edit).content), "seo_title": "Made anew"}
    field = "headline" if model is HomePage else "title"
    data |= {field: TITLE, "body-count": "0"}
    preview = reverse("wagtailadmin_pages:preview_on_edit", args=[page.pk])
    assert editor.post(preview, data).json()["is_valid"]
    assert TITLE in editor.get(f"{preview}?mode=").content.decode()
    assert TITLE not in client.get(page.get_url()).content.decode()
    answer = editor.post(edit, {**data, "action-publish": "1"})
    assert answer.status_code == 302, answer.context["form"].errors
    html = client.get(page.get_url()).content.decode()
    assert TITLE in html and "<title>Made anew" in html
    if model is not HomePage:  # without it nothing has an address
        assert editor.post(reverse("wagtailadmin_pages:unpublish", args=[page.pk])).status_code == 302
        assert client.get(page.get_url()).status_code == 404


def test_it_takes_a_picture_from_the_panel_and_shows_it_in_three_formats_and_four_widths(editor, client):
    answer = editor.post(
        reverse("wagtailimages:add"), {"title": "A road", "file": picture_file(), "collection": 1, "tags": ""}
    )
    assert answer.status_code == 302, answer.context["form"].errors
    image = get_image_model().objects.get(title="A road")

    def publish(alt: str):
        picture = {"image": image.pk, "alt_text": alt}
        block = ("picture", {"image": picture, "caption": "", "credit": "By us"})
        data = {**filled(ArticlePage, editor), "body": streamfield([block])}
        shown = as_shown(editor.get(add_address(ArticlePage)).content)
        return editor.post(add_address(ArticlePage), {**shown, **nested_form_data(data), "action-publish": "1"})

    assert publish("").status_code == 200
    assert not ArticlePage.objects.filter(title=TITLE).exists()
    assert publish("A road to a low sun").status_code == 302
    html = client.get(english(ArticlePage, title=TITLE).get_url()).content.decode()
    drawn = BeautifulSoup(html, "html.parser").select_one("figure.picture picture")
    kinds = {str(source["type"]): str(source["srcset"]) for source in drawn.select("source")}
    assert list(kinds) == ["image/avif", "image/webp"]
    img = not_none(drawn.img)
    assert img["alt"] == "A road to a low sun" and img["loading"] == "lazy" and img["sizes"]
    for srcset in [*kinds.values(), str(img["srcset"])]:
        assert [part.split()[1] for part in srcset.split(", ")] == ["400w", "800w", "1200w", "1600w"]
    formats = {"image/avif": "AVIF", "image/webp": "WEBP"}
    for kind, srcset in kinds.items():
        sent = client.get(srcset.split()[0])
        read = Image.open(io.BytesIO(b"".join(sent.streaming_content)))
        assert (read.format, read.width) == (formats[kind], 400) and sent["Content-Type"] == kind
    assert (img["width"], img["height"]) == ("400", "266")


def test_it_keeps_what_matters_of_a_picture_when_a_poster_is_cut(editor, client):
    """The right part is red; the focal point stands there, and a narrow poster keeps it. A wide still stays wide."""
    whole = Image.new("RGB", (1800, 1800), "blue")
    whole.paste("red", (1000, 0, 1800, 1800))
    kept = io.BytesIO()
    whole.save(kept, "PNG")
    file = SimpleUploadedFile("road.png", kept.getvalue(), "image/png")
    point = {"focal_point_x": 1600, "focal_point_y": 900, "focal_point_width": 300, "focal_point_height": 300}
    editor.post(reverse("wagtailimages:add"), {"title": "Cut", "file": file, "collection": 1, "tags": "", **point})
    image = get_image_model().objects.get(title="Cut")
    assert image.has_focal_point()
    film = FilmPage(title=TITLE, slug="made", deck="One.", minutes=9, poster=image, poster_alt="A road")
    english(FilmIndexPage).add_child(instance=film)
    html = client.get(film.get_url()).content.decode()
    address = re.search(r'<source srcset="(\S+\.webp) 400w', html) or re.search(r'srcset="(\S+\.webp) ', html)
    cut = Image.open(io.BytesIO(b"".join(client.get(not_none(address)[1]).streaming_content))).convert("RGB")
    assert cut.width < cut.height
    red, _, blue = cast(tuple[int, int, int], cut.getpixel((cut.width // 2, cut.height // 2)))
    assert red > 200 and blue < 60
    kept = io.BytesIO()
    Image.new("RGB", (1600, 900), "blue").save(kept, "PNG")
    film.poster = get_image_model().objects.create(title="Wide", file=SimpleUploadedFile("wide.png", kept.getvalue()))
    film.save_revision().publish()
    html = client.get(film.get_url()).content.decode()
    assert "fill-400x225" in html and "fill-400x600" not in html


def test_it_publishes_by_the_clock_what_an_editor_set(editor, client):
    later = timezone.localtime(timezone.now() + timedelta(hours=2))
    data = {**as_shown(editor.get(add_address(FaqPage)).content), **nested_form_data(filled(FaqPage, editor))}
    data |= {"go_live_at": f"{later:%Y-%m-%d %H:%M}", "action-publish": "1"}
    answer = editor.post(add_address(FaqPage), data)
    assert answer.status_code == 302, answer.context["form"].errors
    made = english(FaqPage, title=TITLE)
    assert not made.live and made.scheduled_revision is not None
    assert client.get(made.get_url()).status_code == 404


def test_it_says_the_size_version_and_language_of_a_file(editor, client):
    pdf, paper = pikepdf.new(), io.BytesIO()
    pdf.Root.Filling = pdf.make_stream(random.Random(7).randbytes(2_000_000))
    pdf.save(paper)
    file = upload(editor, "manual.pdf", paper.getvalue())
    block = {"title": "A manual", "document": file.pk, "language": "Español", "version": "2nd edition", "words": ""}
    data = {**filled(DocumentsPage, editor), "body": streamfield([("file", block)])}
    shown = as_shown(editor.get(add_address(DocumentsPage)).content)
    answer = editor.post(add_address(DocumentsPage), {**shown, **nested_form_data(data), "action-publish": "1"})
    assert answer.status_code == 302, answer.context["form"].errors
    text = " ".join(BeautifulSoup(client.get("/made/").content, "html.parser").main.get_text(" ").split())
    for words in ("A manual", "Español", "2nd edition", "PDF, 1.9"):
        assert words in text, words


def test_it_shows_no_empty_part_where_an_editor_wrote_nothing(loaded, client):
    Organisation.objects.update(email="", press_email="", phone="", address="")
    sound = get_document_model().objects.create(title="S", file=ContentFile(b"ID3" + b"x" * 99, name="one.mp3"))
    needed = {
        FilmPage: {"minutes": 1},
        EpisodePage: {"minutes": 1, "number": 1, "audio": sound, "transcript": "Words."},
        JobPage: {"kind": "part", "place": "Here", "apply_to": "a@example.org"},
        ToolkitPage: {"audience": "other"},
    }
    pages, found = [english(ContactPage)], {}
    for model, parent in PARENTS.items():
        page = model(title=TITLE, slug=model.__name__.lower(), deck="One.", body="[]", **needed.get(model, {}))
        parent.objects.order_by("depth", "path").first().add_child(instance=page)
        pages.append(page)
    for page in pages:
        main = BeautifulSoup(client.get(page.get_url()).content, "html.parser").main
        parts = main.select("h1, h2, h3, p, ul, ol, dl, dd, nav, section, details, figure")
        found[type(page)] = [
            str(part) for part in parts if not part.get_text(strip=True) and not part.select("img, svg")
        ]
    assert {model: empty for model, empty in found.items() if empty} == {}
