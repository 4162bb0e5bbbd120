"""The menu is made once for each publish generation, language and host, and never out of a transaction."""

from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from awareness import navigation
from awareness.navigation import Navigation

pytestmark = pytest.mark.django_db
NEWS = "A new house opens"


@pytest.fixture
def published(monkeypatch):
    """A site outside of any transaction; the number of its publish generation may be set."""
    now = SimpleNamespace(number=1)
    monkeypatch.setattr(navigation, "connection", SimpleNamespace(in_atomic_block=False))
    monkeypatch.setattr(navigation.generation, "current", lambda: now.number)
    return now


def announce(words: str) -> None:
    row = Navigation.load()
    row.announcement = words
    row.save()


def says(client: Client, path: str = "/search/") -> bool:
    return NEWS in client.get(path).content.decode()


def asked(client: Client, path: str, most: int = 20) -> list[str]:
    """The queries for the menu. `most`: of all."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    assert len(queries) <= most
    return [query["sql"] for query in queries if "awareness_navigation" in query["sql"]]


@pytest.mark.parametrize("path", ["/search/", "/pledge/", "/give/", "/my/", "/"])
def test_it_is_asked_for_once_in_a_generation(loaded, client, published, path):
    assert len(asked(client, path)) == 1 and asked(client, path, most=12) == []
    whole = client.get(path).content.decode()
    cache.clear()
    assert 'href="/privacy/"' in whole and whole.count("<a ") == client.get(path).content.decode().count("<a ")


def test_it_is_made_anew_once_something_was_published(loaded, client, published):
    assert not says(client)
    announce(NEWS)
    assert not says(client), "the same generation"
    published.number += 1
    assert says(client) and says(client, "/")


def test_it_is_another_in_each_language(loaded, client, published):
    for path, link in (("/search/", "/privacy/"), ("/es/search/", "/es/privacy/")) * 2:
        assert f'href="{link}"' in client.get(path).content.decode(), path


@pytest.mark.parametrize("inside", [True, False])
def test_it_is_not_kept_while_nobody_can_tell_what_changes(loaded, client, published, inside):
    """In a transaction, which may be taken back; and where no generation was ever counted."""
    published.number = published.number if inside else 0
    navigation.connection.in_atomic_block = inside
    assert not says(client)
    announce(NEWS)
    assert says(client)
