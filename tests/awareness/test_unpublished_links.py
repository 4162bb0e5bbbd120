"""Menu, foot, strip and announcement lead to no page that is not public, and to it again once it is."""

import re

import pytest
from django.core.cache import cache
from wagtail.models import Page

from awareness.models import HomePage, Navigation


def links(client, address: str) -> list[str]:
    """Where a page leads to outside of its own text."""
    html = client.get(address).content.decode()
    main = re.compile(r"<main.*</main>", re.DOTALL)
    return re.findall(r'<a [^>]*href="([^"]*)"', main.sub("", html))


def page_at(address: str, language: str = "en") -> Page:
    front = HomePage.objects.get(locale__language_code=language).url_path
    return Page.objects.get(url_path=f"{front}{address.strip('/')}/").specific


@pytest.mark.parametrize("address", ["/podcast/", "/about/financials/", "/privacy/", "/get-help/"])
def test_it_leads_to_no_page_that_an_editor_took_off_and_to_it_again_afterwards(loaded, client, address):
    before = links(client, "/give/"), links(client, "/articles/")
    assert all(any(link.startswith(address) for link in found) for found in before)
    page = page_at(address)
    page.unpublish()
    for where in ("/give/", "/articles/", "/no-such-page/"):
        assert not [link for link in links(client, where) if link.startswith(address)], where
    page.save_revision().publish()
    assert (links(client, "/give/"), links(client, "/articles/")) == before


def test_it_takes_the_head_of_a_group_away_with_its_last_link(loaded, client):
    parts = ("/articles/", "/films/", "/podcast/", "/resources/")
    assert "<summary>Resources</summary>" in client.get("/about/").content.decode()
    for part in parts:
        page_at(part).unpublish()
    assert "<summary>Resources</summary>" not in client.get("/about/").content.decode()


def test_it_knows_a_page_with_a_question_or_a_part_behind_its_address(loaded, client):
    row = Navigation.load()
    ways = ["/articles/?topic=law", "/articles/#main"]
    block = Navigation._meta.get_field("header").stream_block
    row.header = block.to_python(
        [{"type": "link", "value": {"label": way, "page": None, "address": way, "note": ""}} for way in ways]
    )
    row.announcement, row.announcement_label, row.announcement_address = "New.", "Read it", ways[0]
    row.save()
    assert [link for link in links(client, "/about/") if link in ways] == [ways[0], *ways]
    page_at("/articles/").unpublish()
    assert not set(links(client, "/about/")) & set(ways)
    assert "New." in client.get("/about/").content.decode()


def test_it_leads_readers_of_spanish_to_the_page_in_the_first_language_while_theirs_is_off(loaded, client):
    assert "/es/podcast/" in links(client, "/es/about/")
    page_at("/podcast/", "es").unpublish()
    found = links(client, "/es/about/")
    assert "/podcast/" in found and "/es/podcast/" not in found
    page_at("/podcast/").unpublish()
    assert not [link for link in links(client, "/es/about/") if "podcast" in link]


def test_it_shows_the_front_page_without_the_button_to_an_article_that_is_off(loaded, client):
    article = page_at("/the-problem/what-is-human-trafficking/")
    button = 'class="btn big line" href="/the-problem/what-is-human-trafficking/"'
    assert button in client.get("/").content.decode()
    article.unpublish()
    assert button not in client.get("/").content.decode()


def test_it_still_asks_little_where_a_menu_is_typed(loaded, client, django_assert_max_num_queries):
    for address in ("/give/", "/es/give/", "/es/about/"):
        client.get(address)
        cache.clear()
        with django_assert_max_num_queries(12):
            client.get(address)
