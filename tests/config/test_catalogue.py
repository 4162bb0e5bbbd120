"""What finds an untranslated string: in templates, forms, letters and model errors, and words typed past gettext."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

from config.management.commands import catalogue

# What readers see besides words: what machines read, marks, and names.
NO_WORDS = re.compile(
    r"\{#.*?#\}|\{%\s*comment\s*%\}.*?\{%\s*endcomment\s*%\}|<!--.*?-->|<(script|style)\b.*?</\1>"
    r"|\{%\s*blocktranslate\b.*?\{%\s*endblocktranslate\s*%\}",
    re.DOTALL,
)
TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
ATTRIBUTE = re.compile(r"\b(?:alt|title|placeholder|aria-label|data-label|label|content)=\"([^\"]*)\"")
# The same in every language: file formats, a title of HTTP, machine words of meta elements.
ALLOWED = {"CSV", "JSON", "PDF", "VTT", "width=device-width, initial-scale=1", "noindex", "noindex, nofollow"}
ALLOWED |= {"#FBFCFA", "frugal", "feed.xml", "website", "summary_large_image"}
WORD = re.compile(r"[^\W\d_]{2,}")
ERRORS = {"ValidationError", "add_error", "error", "success", "info", "warning"}
SAID = {"label", "help_text", "empty_label", "verbose_name"}


def templates() -> list[Path]:
    found = (settings.BASE_DIR / "templates").rglob("*.html")
    return [path for path in found if not catalogue.FOR_STAFF.search(path.as_posix()) and "/letters/" not in str(path)]


def typed_in_template(source: str) -> list[str]:
    """Words that stand in a template outside gettext."""
    # Tags go first: a quoted attribute may hold one, and a tag may hold quotes.
    bare = TAG.sub(" ", NO_WORDS.sub(" ", source))
    spoken = [text for text in ATTRIBUTE.findall(bare) if "/" not in text]
    texts = re.sub(r"<[^<>]*>", "\n", bare).splitlines()
    return [each.strip() for each in (*spoken, *texts) if WORD.search(each) and each.strip(" ·,.:;") not in ALLOWED]


def typed_in_code(source: str) -> list[str]:
    """Texts that a form or an error says without gettext: whole sentences or labels, no codes."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        whose, _dot, name = ast.unparse(node.func).rpartition(".")
        if name in ERRORS and whose != "log":
            found += filter(None, map(_sentence, node.args))
        found += filter(None, (_sentence(each.value, 2) for each in node.keywords if each.arg in SAID))
    return found


def _sentence(node: ast.expr, letters: int = 12) -> str:
    """What it says, if it is a sentence."""
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return ""
    is_one = len(node.value) >= letters and bool(WORD.search(node.value)) and node.value[:1].isupper()
    return node.value if is_one else ""


@pytest.mark.parametrize("path", templates(), ids=lambda path: path.name)
def test_it_types_no_word_in_a_template_past_gettext(path):
    assert typed_in_template(path.read_text(encoding="utf-8")) == []


def test_it_says_no_error_and_no_label_past_gettext():
    wrong = {}
    for app in ("awareness", "donations", "foundation", "pledges", "supporters"):
        for path in (settings.BASE_DIR / app).rglob("*.py"):
            if not catalogue.FOR_STAFF.search(path.as_posix()) and (
                found := typed_in_code(path.read_text(encoding="utf-8"))
            ):
                wrong[path.name] = found
    assert wrong == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>{% translate 'Said' %} Not said</p>", ["Not said"]),
        ('<img alt="Not said">', ["Not said"]),
        ('<input placeholder="Not said" name="said">', ["Not said"]),
        ('<a href="{% url "x" %}" title="{% translate "Said" %}">{{ said }}</a>', []),
        ("{% blocktranslate %}All said{% endblocktranslate %}{# not shown #}", []),
        ("<p>CSV</p>", []),
    ],
)
def test_it_finds_words_typed_in_a_template(source, found):
    assert typed_in_template(source) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('raise ValidationError("Please write your name.")', ["Please write your name."]),
        ('raise ValidationError(_("Please write your name."), code="required")', []),
        ('forms.CharField(label="Name")', ["Name"]),
        ('form.add_error("name", "This name is too long.")', ["This name is too long."]),
    ],
)
def test_it_finds_words_typed_in_code(source, found):
    assert typed_in_code(source) == found


@pytest.mark.parametrize(
    ("source", "hidden"),
    [
        ('name = models.CharField(_("x"), max_length=3)', True),
        ('name = models.CharField(help_text=_("x"))', True),
        ('name = blocks.CharBlock(label=_("x"))', True),
        ('class Meta:\n    verbose_name = _("x")', True),
        ('name = forms.CharField(label=_("x"))', False),
        ('name = forms.CharField(help_text=_("x"))', False),
        ('raise ValidationError(_("x"))', False),
        ('class Kind(models.TextChoices):\n    A = "a", _("x")', False),
        ('RegexValidator(r"y", _("x"))', False),
    ],
)
def test_it_leaves_only_the_labels_of_the_panel_out_of_the_catalogue(source, hidden):
    assert bool(list(catalogue.labels_of_the_panel(source))) is hidden


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("planted.html", "{% load i18n %}{% translate 'A planted string' %}"),
        ("planted.py", "raise ValidationError(_('A planted string'))"),
        ("forms.py", "label = forms.CharField(label=gettext_lazy('A planted string'))"),
        ("words.txt", "{% load i18n %}{% translate 'A planted string' %}"),
    ],
)
def test_it_reads_every_kind_of_file(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    assert list(catalogue._messages(path)) == ["A planted string"]
