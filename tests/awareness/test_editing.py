"""Editors in the panel: what they save, and what is refused; menus too."""

import json
from datetime import date

import pytest
from django.urls import reverse
from wagtail.models import Page
from wagtail.test.utils.form_data import inline_formset, nested_form_data, streamfield

from awareness.models import Navigation, SectionPage
from donations.models import Campaign, Currency
from tests.awareness.conftest import english, main_of
from tests.staff.users import signed_in

ARTICLE = "/the-problem/what-is-human-trafficking/"


@pytest.fixture
def editor(loaded):
    return signed_in("Editor")


def posted(blocks, **fields):
    return nested_form_data(
        {
            "title": "A text of ours",
            "slug": "a-text-of-ours",
            "deck": "One sentence.",
            "content_note": "",
            "date": "2026-11-02",
            "author": "",
            "seo_title": "",
            "search_description": "",
            "go_live_at": "",
            "expire_at": "",
            "comments": inline_formset([]),
            "body": streamfield(blocks),
            **fields,
        }
    )


def link(**fields):
    return {"label": "Go", "note": "", "page": "", "address": "", **fields}


def test_it_puts_a_new_article_on_the_site_with_its_anchors_made(editor, client):
    section = english(SectionPage, slug="the-problem")
    heading = {"text": "First part", "level": "2", "anchor": ""}
    blocks = [
        ("heading", heading),
        ("heading", {**heading}),
        ("stat", {"figure": "detected-2022", "words": "found, not {figure:forced-labour-2021}"}),
        ("actions", {"actions": streamfield_list([{**link(page=str(section.pk)), "style": "main"}])}),
    ]
    add = reverse("wagtailadmin_pages:add", args=["awareness", "articlepage", section.pk])
    answer = editor.post(add, {**posted(blocks), "action-publish": "1"})
    assert answer.status_code == 302, answer.context["form"].errors
    html = client.get("/the-problem/a-text-of-ours/").content.decode()
    assert '<h2 id="first-part">' in html and '<h2 id="first-part-2">' in html
    assert "69,627" in html and "27.6 million" in html
    assert 'class="btn" href="/the-problem/"' in html
    assert "/the-problem/a-text-of-ours/" in client.get("/the-problem/").content.decode()


def test_it_shows_no_empty_parts_of_an_article_without_headings_figures_and_sources(editor, client):
    section = english(SectionPage, slug="the-problem")
    add = reverse("wagtailadmin_pages:add", args=["awareness", "articlepage", section.pk])
    answer = editor.post(add, {**posted([("pull", {"text": "Words alone."})]), "action-publish": "1"})
    assert answer.status_code == 302, answer.context["form"].errors
    read = main_of(client.get("/the-problem/a-text-of-ours/").content.decode())
    assert "Words alone." in read
    parts = ("On this page", "Sources", "Every number has its source", "Before you read")
    assert [part for part in parts if part in read] == []
    full = main_of(client.get(ARTICLE).content.decode())
    assert [part for part in parts if part not in full] == []


def test_it_tells_an_editor_which_name_it_does_not_know(editor):
    section = english(SectionPage, slug="the-problem")
    add = reverse("wagtailadmin_pages:add", args=["awareness", "articlepage", section.pk])
    answer = editor.post(add, {**posted([("pull", {"text": "{figure:nothing}"})]), "action-publish": "1"})
    assert answer.status_code == 200
    assert not Page.objects.filter(slug="a-text-of-ours").exists()
    assert (
        "nothing" in json.dumps(answer.context["form"].errors.get_json_data()) or "nothing" in answer.content.decode()
    )


def test_it_wants_a_page_or_an_address_for_a_link(editor):
    section = english(SectionPage, slug="the-problem")
    add = reverse("wagtailadmin_pages:add", args=["awareness", "articlepage", section.pk])
    for wrong in (link(), link(page=str(section.pk), address="/give/"), link(address="javascript:alert(1)")):
        blocks = [("actions", {"actions": streamfield_list([{**wrong, "style": "main"}])})]
        assert editor.post(add, {**posted(blocks), "action-publish": "1"}).status_code == 200
    assert not Page.objects.filter(slug="a-text-of-ours").exists()


def test_it_invites_to_a_campaign_that_an_editor_chose_for_as_long_as_that_is_open(editor, client):
    section, euro = english(SectionPage, slug="the-problem"), Currency.objects.get(code="EUR")
    campaign = Campaign.objects.create(
        title="A house", slug="a-house", summary="Rooms.", currency=euro, goal=1000_00, starts_on=date(2026, 1, 1)
    )
    chooser = editor.get(reverse("wagtailsnippetchoosers_donations_campaign:choose"))
    assert "A house" in chooser.content.decode()
    add = reverse("wagtailadmin_pages:add", args=["awareness", "articlepage", section.pk])
    blocks = [("pull", {"text": "Words alone."}), ("campaign", {"campaign": str(campaign.pk)})]
    answer = editor.post(add, {**posted(blocks), "action-publish": "1"})
    assert answer.status_code == 302, answer.context["form"].errors

    def shown() -> str:
        return client.get("/the-problem/a-text-of-ours/").content.decode()

    assert 'href="/give/a-house/"' in shown() and "Rooms." in shown() and 'class="meter"' not in shown()
    for gone in ({"ended": True}, {"ended": False, "ends_on": date(2026, 1, 2)}, {"ends_on": None, "live": False}):
        Campaign.objects.update(**gone)
        assert "Words alone." in shown() and "a-house" not in shown() and "Rooms." not in shown(), gone


def test_it_opens_the_menus_for_editing(editor):
    assert editor.get(reverse("wagtailsettings:edit", args=["awareness", "navigation"]), follow=True).status_code == 200


def test_it_lets_editors_set_a_link_of_the_menu(editor, client):
    section = english(SectionPage, slug="the-problem")
    data = nested_form_data(
        {
            "header": streamfield([("link", link(label="Begin here", page=str(section.pk)))]),
            "footer": streamfield([]),
            "announcement": "",
            "announcement_label": "",
            "announcement_address": "",
            "store_address": "",
        }
    )
    address = reverse("wagtailsettings:edit", args=["awareness", "navigation", Navigation.load().pk])
    answer = editor.post(address, data)
    assert answer.status_code == 302, answer.context["form"].errors
    assert "Begin here" in client.get("/").content.decode()
    assert client.get("/").content.decode().count('<a href="/the-problem/">Begin here</a>') == 1


def test_it_finds_pages_by_their_texts_and_never_by_the_names_of_facts(loaded):
    found = {page.locale.language_code: page.title for page in Page.objects.search("Palermo")}
    assert found == {"en": "What is human trafficking?", "es": "¿Qué es la trata de personas?"}
    assert len(Page.objects.search("Palermo")) == 2
    assert not Page.objects.search("unodc-release-2024 detected-rise-2022")


def streamfield_list(items):
    """A ListBlock as the form posts it."""
    return {
        "count": str(len(items)),
        **{str(at): {"deleted": "", "order": str(at), "value": item, "id": ""} for at, item in enumerate(items)},
    }
