"""A page or a folder of documents behind a password, and somebody who guesses."""

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from wagtail.documents.models import Document
from wagtail.models import Collection, CollectionViewRestriction, Page, PageViewRestriction

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped")]
SECRET = "lantern"


@pytest.fixture(params=["page", "page in another language", "document"])
def door(request: pytest.FixtureRequest) -> str:
    """Where the password is sent."""
    if request.param == "document":
        folder = Collection.get_first_root_node().add_child(name="Closed")
        Document.objects.create(title="x", file=ContentFile(b"x", "x.txt"), collection=folder)
        closed = CollectionViewRestriction.objects.create(
            collection=folder, restriction_type="password", password=SECRET
        )
        return f"/documents/authenticate_with_password/{closed.pk}/"
    page = Page.objects.get(depth=2)
    closed = PageViewRestriction.objects.create(page=page, restriction_type="password", password=SECRET)
    start = "" if request.param == "page" else "/es"
    return f"{start}/_util/authenticate_with_password/{closed.pk}/{page.pk}/"


def attempt(door: str, password: str, place: str = "198.51.100.1") -> int:
    given = {"password": password, "return_url": "/"}
    return Client(REMOTE_ADDR=place).post(door, given).status_code


def test_it_stops_who_guesses_and_nobody_else(door: str) -> None:
    assert [attempt(door, f"wrong {number}") for number in range(12)] == [200] * 10 + [429] * 2
    assert attempt(door, SECRET) == 429
    assert attempt(door, SECRET, "198.51.100.2") == 302


def test_it_does_not_count_who_knows_the_password(door: str) -> None:
    assert {attempt(door, SECRET) for _ in range(12)} == {302}
