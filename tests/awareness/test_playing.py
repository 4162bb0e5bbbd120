"""Parts of films and episodes, as RFC 9110 has them: what Safari asks for before it plays."""

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Collection, CollectionViewRestriction

pytestmark = pytest.mark.django_db
CONTENT = b"\x00\x00\x00\x18ftypisom" + bytes(range(256)) * 1000
CONTENT = CONTENT[:256_000]


@pytest.fixture
def film():
    made = get_document_model().objects.create(title="F", file=ContentFile(CONTENT, name="film.mp4"))
    made.get_file_hash()
    return made


def ask(address, method="get", **headers):
    answer = getattr(Client(), method)(address, headers=headers)
    return answer, b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-1", 0, 1),  # Safari's first question
        ("bytes=0-0", 0, 0),
        ("bytes=0-", 0, 255_999),
        ("bytes=100000-200000", 100_000, 200_000),
        ("bytes=255999-", 255_999, 255_999),
        ("bytes=250000-999999999", 250_000, 255_999),
        ("bytes=-500", 255_500, 255_999),
        ("bytes=-999999999", 0, 255_999),
    ],
)
def test_it_sends_the_part_that_was_asked_for(film, wanted, first, last):
    answer, body = ask(film.url, range=wanted)
    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes {first}-{last}/256000"
    assert answer["Content-Length"] == str(last - first + 1)
    assert body == CONTENT[first : last + 1]
    assert (answer["Content-Type"], answer["Accept-Ranges"]) == ("video/mp4", "bytes")
    assert answer["X-Content-Type-Options"] == "nosniff" and "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("wanted", ["bytes=256000-", "bytes=256000-256001", "bytes=-0"])
def test_it_says_that_there_is_no_such_part(film, wanted):
    answer, body = ask(film.url, range=wanted)
    assert (answer.status_code, answer["Content-Range"], body) == (416, "bytes */256000", b"")


@pytest.mark.parametrize("wanted", ["", "bytes=5-2", "bytes=a-b", "bytes=-", "items=0-1", "bytes=0-1,5-6", "bytes 0-1"])
def test_it_sends_the_whole_where_it_is_asked_for_nothing_it_knows(film, wanted):
    answer, body = ask(film.url, range=wanted)
    assert (answer.status_code, body, answer["Content-Length"]) == (200, CONTENT, "256000")
    assert answer["Accept-Ranges"] == "bytes" and "Content-Range" not in answer


def test_it_goes_on_only_with_the_file_that_was_begun(film):
    tag, changed = (ask(film.url)[0][name] for name in ("ETag", "Last-Modified"))
    for known in (tag, changed):
        assert ask(film.url, range="bytes=5-9", if_range=known)[0].status_code == 206
    for other in ('"another"', f"W/{tag}", "Mon, 01 Jan 2024 00:00:00 GMT", "nonsense"):
        answer, body = ask(film.url, range="bytes=5-9", if_range=other)
        assert (answer.status_code, body) == (200, CONTENT)


def test_it_tells_the_size_without_sending_anything(film):
    answer, body = ask(film.url, "head", range="bytes=0-1")
    assert (answer.status_code, body, answer["Content-Length"]) == (200, b"", "256000")
    assert answer["Accept-Ranges"] == "bytes"


def test_it_sends_nothing_that_the_reader_has_already(film):
    tag = ask(film.url)[0]["ETag"]
    assert ask(film.url, if_none_match=tag, range="bytes=0-1")[0].status_code == 304


def test_it_keeps_private_what_is_private(film):
    film.collection = Collection.get_first_root_node().add_child(name="Staff")
    film.save()
    CollectionViewRestriction.objects.create(collection=film.collection, restriction_type="login")
    answer, body = ask(film.url, range="bytes=0-1")
    assert answer.status_code == 302 and body == b""


def test_it_has_nothing_under_another_name_and_no_trace_of_a_lost_file(film):
    assert ask(film.url.replace("film", "other"))[0].status_code == 404
    assert ask(film.url, "post")[0].status_code == 405
    film.file.storage.delete(film.file.name)
    assert ask(film.url)[0].status_code == 404


def test_it_lets_players_of_other_sites_have_sounds_and_nothing_else(film):
    sound = get_document_model().objects.create(title="S", file=ContentFile(b"ID3" + b"x" * 99, name="one.mp3"))
    assert ask(sound.url)[0]["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert ask(sound.url, range="bytes=0-1")[0]["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert ask(film.url)[0]["Cross-Origin-Resource-Policy"] == "same-origin"


def test_it_lets_players_of_other_sites_show_the_artwork_of_a_podcast_and_no_other_picture(film):
    picture = get_image_model().objects.create(title="P", file=get_test_image_file())
    artwork, shown = (picture.get_rendition(spec).url for spec in ("original|format-jpeg", "width-400|format-jpeg"))
    assert ask(artwork)[0]["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert ask(shown)[0].get("Cross-Origin-Resource-Policy") == "same-origin"
