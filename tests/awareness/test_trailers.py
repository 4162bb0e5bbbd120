"""A trailer of another site: its player is known by the address, and that one site alone may stand in a frame."""

import pytest

from awareness import trailers
from awareness.models import FilmIndexPage, FilmPage
from tests.awareness.conftest import english

KNOWN = {
    "https://www.youtube.com/watch?v=abcDEF_12-3&t=9": "https://www.youtube-nocookie.com/embed/abcDEF_12-3",
    "https://youtu.be/abcDEF_12-3?si=x": "https://www.youtube-nocookie.com/embed/abcDEF_12-3",
    "https://m.youtube.com/shorts/abcDEF_12-3/": "https://www.youtube-nocookie.com/embed/abcDEF_12-3",
    "https://www.youtube-nocookie.com/embed/abcDEF_12-3": "https://www.youtube-nocookie.com/embed/abcDEF_12-3",
    "https://vimeo.com/123456789": "https://player.vimeo.com/video/123456789?dnt=1",
    "https://vimeo.com/123456789/ab12cd34ef": "https://player.vimeo.com/video/123456789?dnt=1&h=ab12cd34ef",
    "https://player.vimeo.com/video/123456789": "https://player.vimeo.com/video/123456789?dnt=1",
}
UNKNOWN = [
    "https://video.example/watch?v=abcDEF_12-3",
    "https://youtube.com.video.example/watch?v=abcDEF_12-3",
    "https://www.youtube.com/watch",
    'https://www.youtube.com/watch?v=../../x"><b>',
    "https://www.youtube.com/",
    "https://vimeo.com/channels/staffpicks",
    "",
]


@pytest.mark.parametrize(("address", "player"), KNOWN.items())
def test_it_knows_the_player_of_an_address_that_people_copy(address, player):
    found = trailers.player(address)
    assert found and found.address == player and player.startswith(found.origin + "/")


@pytest.mark.parametrize("address", UNKNOWN)
def test_it_leads_by_a_link_where_it_knows_no_player(address):
    assert trailers.player(address) is None


@pytest.mark.django_db
def test_it_lets_only_the_sites_of_its_trailer_into_a_frame(loaded, client):
    index = english(FilmIndexPage)
    for slug, trailer in (("near", "https://vimeo.com/123456789"), ("far", "https://video.example/watch?v=1")):
        index.add_child(instance=FilmPage(title=slug, slug=slug, minutes=12, trailer=trailer, deck="One sentence."))
    near, far = client.get("/films/near/"), client.get("/films/far/")
    assert "frame-src https://player.vimeo.com;" in near["Content-Security-Policy"] + ";"
    assert 'data-player="https://player.vimeo.com/video/123456789?dnt=1"' in near.content.decode()
    assert "<iframe" not in near.content.decode()
    assert "frame-src" not in far["Content-Security-Policy"] and far["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert "data-player" not in far.content.decode() and "trailer.js" not in far.content.decode()
