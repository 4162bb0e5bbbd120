"""What the first view may weigh, in compressed bytes; and that every template can be used."""

import gzip
import re
from pathlib import Path
from typing import cast

import pytest
from django.conf import settings
from django.template import Context, Template
from django.template.backends.django import Template as Read
from django.template.loader import get_template

ROOT = settings.BASE_DIR
FOLDERS = cast(list[Path], settings.TEMPLATES[0]["DIRS"])
TEMPLATES = sorted(path for folder in FOLDERS for path in Path(folder).rglob("*.html"))
# Letters are read in mail programs, which know no stylesheet of ours: they have rules of their own.
PAGES = [path for path in TEMPLATES if "letters" not in path.relative_to(ROOT / "templates").parts]


def compressed(*paths: str) -> int:
    return sum(len(gzip.compress((ROOT / path).read_bytes(), 9)) for path in paths)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT / "templates"))


def test_it_keeps_the_stylesheet_under_20_kb() -> None:
    assert compressed("static/css/site.css") <= 20_000


def test_it_keeps_all_scripts_of_the_public_pages_under_6_kb() -> None:
    assert compressed("static/js/site.js", "static/js/give.js") <= 6_000


def test_it_keeps_the_hero_drawing_under_8_kb() -> None:
    art = Template("{% load drawing %}{% hero_art %}").render(Context())
    assert len(gzip.compress(art.encode(), 9)) <= 8_000


def test_it_keeps_the_font_of_the_first_view_under_40_kb_and_its_licence_beside_it() -> None:
    assert (ROOT / "static/fonts/besley-basic-400-700.woff2").stat().st_size <= 40_000
    assert "SIL Open Font License" in (ROOT / "static/fonts/OFL-besley.txt").read_text()


def test_it_can_parse_every_template() -> None:
    read = [cast(Read, get_template(named(path))) for path in TEMPLATES]
    assert [each.template.name for each in read] == [named(path) for path in TEMPLATES]


def test_it_names_only_classes_that_the_stylesheet_knows() -> None:
    styles = "".join(sheet.read_text() for sheet in (ROOT / "static").rglob("*.css"))
    known = set(re.findall(r"\.(-?[a-zA-Z][\w-]*)", styles))
    unknown: dict[str, set[str]] = {}
    for path in PAGES:
        if {"staff", "wagtailadmin", "wagtailusers", "reports"} & set(path.parts) or path.stem.endswith("_panel"):
            continue  # the panel wears Wagtail's own clothes
        source = re.sub(r"{%.*?%}|{#.*?#}", " ", re.sub(r"{{.*?}}", "", path.read_text()), flags=re.S)
        for names in re.findall(r"""\bclass\s*=\s*["']([^"']*)["']""", source):
            strange = {name for name in names.split() if name not in known}
            if strange:
                unknown.setdefault(named(path), set()).update(strange)
    assert not unknown


@pytest.mark.parametrize("name", ["400.html", "500.html", "403_csrf.html"])
def test_it_shows_last_pages_when_all_else_fails(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No context, no manifest of static files, and no database: without its mark, a query fails the test."""
    monkeypatch.setattr("django.contrib.staticfiles.storage.staticfiles_storage.url", lambda name: 1 / 0)
    html = get_template(name).render()
    assert "/get-help/" in html
    assert f'href="{settings.STATIC_URL}css/site.css"' in html
    assert html.count("<h1>") == 1
