"""Pictures, films, sound and people: made in the panel, shown in few queries, refused where something is missing."""

import io
import json
from itertools import count, pairwise

import pytest
from bs4 import BeautifulSoup
from django.core.files.base import ContentFile
from django.urls import reverse
from PIL import Image
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.test.utils.form_data import nested_form_data, rich_text, streamfield

from awareness import layout, media
from awareness.models import (
    ArticleIndexPage,
    ArticlePage,
    FilmIndexPage,
    FilmPage,
    HomePage,
    PageWords,
    SectionPage,
)
from tests.awareness.conftest import english
from tests.awareness.test_every_type import a_list, add_address, as_shown, filled
from tests.staff.users import signed_in

NUMBERS = count(1)


@pytest.fixture
def editor(loaded):
    return signed_in("Editor")


def picture(**fields):
    """A small picture: its files are made while a test waits."""
    kept, number = io.BytesIO(), next(NUMBERS)
    Image.new("RGB", (60, 40), "teal").save(kept, "PNG")
    file = ContentFile(kept.getvalue(), name=f"drawn-{number}.png")
    return get_image_model().objects.create(title=f"Drawn {number}", file=file, **fields)


def document(name: str, content: bytes = b"x" * 999):
    return get_document_model().objects.create(title=name, file=ContentFile(content, name=name))


def chosen(alt: str = "A road") -> dict[str, object]:
    return {"image": picture().pk, "alt_text": alt}


NO_LINK = {"label": "", "note": "", "page": "", "address": ""}
A_LINK = {"label": "Read on", "note": "", "page": "", "address": "/give/"}


def every_block() -> list[tuple[str, dict[str, object]]]:
    """One of each, as the panel sends it."""
    shot = {"image": chosen("One picture"), "caption": "Seen at noon.", "credit": "A. Drawer"}
    film, captions, sound = document("film.mp4"), document("film.vtt", b"WEBVTT\n"), document("talk.mp3")
    person = {"name": "Ada Brown", "role": "Lawyer", "picture": chosen("Ada"), "words": "", "link": NO_LINK}
    empty = {"image": "", "alt_text": ""}
    return [
        ("picture", shot),
        ("beside", {**shot, "title": "Beside", "text": rich_text("<p>Words.</p>"), "link": A_LINK, "side": "end"}),
        ("gallery", {"title": "Seen", "pictures": a_list([shot, {**shot, "image": chosen("Another picture")}])}),
        (
            "film",
            {
                **{"title": "A film", "content_note": "Loud.", "video": film.pk, "captions": captions.pk},
                **{"captions_language": "en", "trailer": "", "still": chosen("A still"), "credit": ""},
                "transcript": "Every word of the film.",
            },
        ),
        ("sound", {"title": "A talk", "content_note": "", "sound": sound.pk, "transcript": "Every word heard."}),
        (
            "quote",
            {
                **{"text": "I chose these words.", "person": "Grace", "role": "", "picture": empty},
                **{"note": "The name is changed.", "consent": "By letter on 2 March, secretly kept."},
            },
        ),
        ("people", {"title": "Who", "people": a_list([person])}),
        ("table", {"caption": "What is kept", "rows": "What|How long\nA gift|Ten years {figure:detected-2022}\n"}),
        ("call", {"title": "Do it now", "text": "", "actions": a_list([{**A_LINK, "style": "main"}])}),
        (
            "link_card",
            {"title": "Elsewhere", "address": "https://www.example.org/a", "words": "", "picture": empty},
        ),
        (
            "columns",
            {"columns": a_list([{"title": each, "content": streamfield([("picture", shot)])} for each in "AB"])},
        ),
        ("give_call", {"title": "Give", "text": "", "button": "Choose"}),
    ]


def test_it_takes_every_block_from_the_panel_and_shows_it(editor, client):
    form = as_shown(editor.get(add_address(ArticlePage)).content)
    data = {**filled(ArticlePage, editor), "body": streamfield(every_block())}
    answer = editor.post(add_address(ArticlePage), {**form, **nested_form_data(data), "action-publish": "1"})
    assert answer.status_code == 302, answer.context["form"].errors.as_json()
    made = ArticlePage.objects.get(slug="made", locale__language_code="en")
    assert editor.get(reverse("wagtailadmin_pages:edit", args=[made.pk])).status_code == 200
    first = client.get(made.get_url())
    answer = client.get(made.get_url())  # from files that the first reader's answer made
    assert answer.content == first.content
    html = BeautifulSoup(answer.content, "html.parser")
    main = html.main
    levels = [int(each.name[1]) for each in main.select("h1, h2, h3, h4")]
    assert levels[:2] == [1, 2] and all(after <= before + 1 for before, after in pairwise(levels))
    for shown in ("One picture", "Another picture", "Ada"):
        assert main.select_one(f"img[alt='{shown}'][loading=lazy][sizes]"), shown
    assert main.select_one("picture source[type='image/avif']") and main.select_one("picture source[type='image/webp']")
    assert main.figcaption.get_text(" ", strip=True) == "Seen at noon. Picture: A. Drawer"
    film = main.video
    assert film.attrs["preload"] == "none" and film.attrs["poster"].endswith(".jpg")
    assert film.track.attrs["srclang"] == "en"
    assert "Every word of the film." in main.text and "Every word heard." in main.text
    assert main.select_one("blockquote").text == "I chose these words."
    assert "The name is changed." in main.text and "secretly kept" not in answer.content.decode()
    assert "secretly" not in str(PageWords.objects.get(page=made).pieces)
    table = main.select_one("table.data")
    assert [cell.text for cell in table.select("thead th[scope=col]")] == ["What", "How long"]
    assert table.tbody.th.attrs["scope"] == "row" and "69,627" in table.tbody.td.text
    away = main.select_one("a[href='https://www.example.org/a']")
    assert away.attrs["rel"] == ["noreferrer"] and not main.select("iframe, embed, object")
    assert main.select_one("form[action='/give/'][method=get]")
    assert "frame-src" not in answer["Content-Security-Policy"] or "youtube" not in answer["Content-Security-Policy"]


def raw(name: str, value: dict[str, object]) -> dict[str, object]:
    return {"type": name, "value": value}


def shot(number: int) -> dict[str, object]:
    return {"image": {"image": number, "alt_text": "A road", "decorative": False}, "caption": "", "credit": ""}


@pytest.mark.parametrize("kind", ["line", "picture", "film"])
def test_it_puts_at_the_head_what_the_editor_chose(loaded, client, django_assert_max_num_queries, kind):
    film = FilmPage(title="The long way", slug="the-long-way", deck="D", minutes=9)
    english(FilmIndexPage).add_child(instance=film)
    for page in (english(HomePage), english(SectionPage, slug="about")):
        page.hero, page.hero_picture, page.hero_alt, page.hero_film = kind, picture(), "A low sun", film
        page.full_clean()
        page.save_revision().publish()
        client.get(page.get_url())
        with django_assert_max_num_queries(12):
            html = BeautifulSoup(client.get(page.get_url()).content, "html.parser")
        assert bool(html.select_one("main svg.hero-art, main svg.section-art")) == (kind == "line")
        assert bool(html.select_one("main picture img[alt='A low sun']")) == (kind != "line")
        assert bool(html.select_one(f"main a[href='{film.get_url()}']")) == (kind == "film")


def refused(block, value) -> set[str]:
    with pytest.raises(StructBlockValidationError) as error:
        block.clean(block.to_python(value))
    return set(error.value.block_errors)


def test_it_takes_no_film_without_captions_and_transcript_and_no_quotation_without_consent(loaded):
    film = document("film.mp4").pk
    assert refused(media.FilmBlock(), {"title": "F", "video": film}) == {"captions", "transcript"}
    assert refused(media.FilmBlock(), {"title": "F"}) == {"trailer"}
    assert refused(media.FilmBlock(), {"title": "F", "trailer": "http://example.org/f"}) == {"trailer"}
    assert refused(media.SoundBlock(), {"title": "S", "sound": film, "transcript": "T"}) == {"sound"}
    assert refused(media.QuoteBlock(), {"text": "T", "person": "P"}) == {"consent"}
    for rows in ("A|B", "A|B\n1|2|3", "A|B\n1|{figure:nothing}"):
        assert refused(layout.TableBlock(), {"caption": "C", "rows": rows}) == {"rows"}


def test_it_lets_the_site_of_a_trailer_into_a_frame_of_any_page_that_shows_it(loaded, client):
    body = [raw("columns", {"columns": []}), raw("film", {"title": "F", "trailer": "https://youtu.be/dQw4w9WgXcQ"})]
    page = ArticlePage(title="Much", slug="much", deck="D", body=json.dumps(body))
    english(ArticleIndexPage).add_child(instance=page)
    answer = client.get(page.get_url())
    assert "frame-src https://www.youtube-nocookie.com" in answer["Content-Security-Policy"]
    html = BeautifulSoup(answer.content, "html.parser")
    assert html.select_one("a[data-player^='https://www.youtube-nocookie.com/']").attrs["rel"] == ["noreferrer"]
    assert html.select_one("script[src*='trailer']") and not html.select("iframe")
    assert "youtube" not in client.get("/about/")["Content-Security-Policy"]


def test_it_tells_staff_which_pictures_it_does_not_show(editor):
    shown = editor.get(reverse("picture_rules"))
    assert shown.status_code == 200 and b"handcuffs" in shown.content
    assert reverse("picture_rules") in editor.get("/admin/").content.decode()


def test_it_plays_films_and_sounds_where_they_stand_and_saves_everything_else(loaded, client):
    film, zipped = b"\x00\x00\x00\x18ftypisom", b"PK\x05\x06"
    for name, kind, begins in (("a.mp4", "inline", film), ("a.mp3", "inline", b"ID3"), ("a.zip", "attachment", zipped)):
        made = document(name, begins.ljust(999, b"x"))
        answer = client.get(made.url, headers={"range": "bytes=10-19"})
        assert (answer.status_code, answer["Content-Range"]) == (206, "bytes 10-19/999")
        assert answer["Content-Disposition"].split(";")[0] == kind and answer["X-Content-Type-Options"] == "nosniff"
