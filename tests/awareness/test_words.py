"""The words of the starter content: person first, nothing sensational, and every picture said in words."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from awareness.careful_words import harmful, hints
from awareness.models import SectionPage
from config.management.commands import catalogue
from tests.awareness.conftest import english
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db
CONTENT = Path(settings.BASE_DIR) / "content"
FILES = [*sorted((CONTENT / "pages").glob("*.md")), *sorted(CONTENT.glob("*.toml")), *CONTENT.glob("profiles/*.toml")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CONTENT)))
def test_it_uses_no_word_that_harms_or_sells(path: Path):
    assert harmful(path.read_text()) == []


def test_it_speaks_no_dialect_of_its_own_and_apologises_to_no_reader():
    """Words that only we would understand, or that belong on the list of what staff must check."""
    dialect = re.compile(
        r"look(s)? again|machinery|\bit counts\b(?! people)|as a text file|in our books yet|take away:"
        r"|as far as we know them|have not called|no speaker of spanish has|not (yet )?opened it ourselves",
        re.IGNORECASE,
    )
    strings = [
        text for message in catalogue.public() for text in (message if isinstance(message, tuple) else [message])
    ]
    pages = [re.sub(r"```for_staff.*?```", "", path.read_text(), flags=re.DOTALL) for path in FILES]
    assert [text[:200] for text in [*strings, *pages] if dialect.search(text)] == []


@pytest.mark.parametrize("text", ["The rescued girls", "a sex slave", "fastest-growing crime", "a shocking number"])
def test_it_knows_such_a_word_when_it_sees_one(text: str):
    assert harmful(text)


@pytest.mark.parametrize(
    "text", ["“Rescued” puts the helper first", "modern slavery", "slavery", "was helped to leave"]
)
def test_it_lets_words_be_spoken_about_and_the_law_be_named(text: str):
    assert not harmful(text)


@pytest.mark.parametrize(
    "text",
    [
        *("the rescued", "child prostitute", "modern-day slaves", "a sex slave", "underage sex worker", "pimps"),
        *("set free", "teen escorts", "former prostitutes", "our victims", "every 30 seconds", "a victim"),
        "the fastest growing crime",
    ],
)
def test_it_hints_at_each_word_of_the_list(text: str):
    assert hints(f"They wrote of {text} there.")


@pytest.mark.parametrize("text", ["He said “rescued”.", 'The word "victim" is in the law.', "John and his clients"])
def test_it_hints_at_no_word_that_is_only_spoken_about(text: str):
    assert not hints(text)


def test_it_tells_each_word_once_and_the_longest_of_several():
    told = hints("Modern-day slavery. Rescued, rescued, RESCUED.")
    assert [word for word, _ in told] == ["Modern-day slavery", "Rescued"]


def saved(editor, page, words, press="", **headers):
    """Post the editor's form as it stands there, with other words."""
    address = f"/admin/pages/{page.pk}/edit/"
    form = editor.get(address).context["form"]
    data = {"title": page.title, "slug": page.slug, "deck": words, "seo_title": "", "search_description": ""}
    data |= {"body-count": "0", "go_live_at": "", "expire_at": "", press or "action-save": "1"}
    data |= {f"comments-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")}
    assert form.fields["deck"]
    return editor.post(address, data, follow=not headers, headers=headers or None)


@pytest.mark.parametrize("press", ["action-save", "action-publish"])
def test_it_shows_editors_hints_after_saving_and_saves_all_the_same(loaded, press):
    editor, page = signed_in("Editor"), english(SectionPage, slug="the-problem")
    html = saved(editor, page, "We rescue girls & “slaves” <b>").content.decode()
    assert "Words to look at once more" in html and "“rescue”: " in html and "“slaves”: " not in html
    page = SectionPage.objects.get(pk=page.pk)
    assert page.get_latest_revision_as_object().deck == "We rescue girls & “slaves” <b>"
    assert "Words to look at once more" not in saved(editor, page, "People leave.", press).content.decode()


def test_it_keeps_quiet_while_the_editor_saves_by_itself(loaded):
    """Every few words: a message for each would fill the next page."""
    editor, page = signed_in("Editor"), english(SectionPage, slug="the-problem")
    answer = saved(editor, page, "We rescue girls.", accept="application/json")
    assert answer.json()["success"]
    assert "Words to look at once more" not in editor.get("/admin/").content.decode()


def test_it_says_every_picture_and_drawing_in_words_or_marks_it_as_decoration(whole_site):
    for address, html in whole_site.pages().items():
        for drawing in re.findall(r"<svg[^>]*>", html):
            said = re.search(r'role="img"[^>]*aria-label="[^"]+"', drawing)
            assert said or 'aria-hidden="true"' in drawing, (address, drawing)
        for picture in re.findall(r"<img[^>]*>", html):
            assert " alt=" in picture, (address, picture)
