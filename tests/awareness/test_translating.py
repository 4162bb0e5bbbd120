"""Editors translate a page in the panel: a draft beside it, published when its words are right."""

import pytest
from wagtail.models import Locale, Page

from awareness.articles import ArticleIndexPage
from awareness.pages import ArticlePage
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(loaded):
    return signed_in("Editor")


@pytest.fixture
def english(loaded):
    """An article of ours that nobody has translated."""
    articles = ArticleIndexPage.objects.get(locale__language_code="en")
    page = articles.add_child(instance=ArticlePage(title="A new text", slug="a-new-text", deck="In English."))
    page.save_revision().publish()
    return page


def translate(editor, page):
    spanish = Locale.objects.get(language_code="es")
    return editor.post(f"/admin/translation/submit/page/{page.pk}/", {"locales": [spanish.pk]})


def test_it_offers_an_editor_to_translate_a_page(editor, english):
    assert (
        f"/admin/translation/submit/page/{english.pk}/"
        in editor.get(f"/admin/pages/{english.pk}/edit/").content.decode()
    )
    form = editor.get(f"/admin/translation/submit/page/{english.pk}/")
    assert form.status_code == 200 and "Español" in form.content.decode()


def test_it_makes_a_draft_beside_the_page_and_shows_nothing_before_it_is_published(editor, client, english):
    assert translate(editor, english).status_code == 302
    draft = Page.objects.get(translation_key=english.translation_key, locale__language_code="es").specific
    assert not draft.live and draft.alias_of is None
    assert draft.get_parent().locale.language_code == "es"
    answer = client.get("/es/articles/a-new-text/")
    assert (answer.status_code, answer["Location"]) == (302, "/articles/a-new-text/")
    draft.title, draft.deck = "Un texto nuevo", "En español."
    draft.save_revision().publish()
    html = client.get(draft.get_url()).content.decode()
    assert '<html lang="es"' in html and "Un texto nuevo" in html
    assert f'<a href="{draft.get_url()}" hreflang="es"' in client.get("/articles/a-new-text/").content.decode()


def test_it_lets_nobody_without_the_right_translate(loaded, english):
    answer = translate(signed_in("Finance"), english)
    assert answer.status_code in (302, 403)
    assert not Page.objects.filter(translation_key=english.translation_key).exclude(pk=english.pk).exists()
