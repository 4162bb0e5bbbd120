"""Render a letter: our words or those that staff wrote, with the facts of this one, as text and as HTML."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils.translation import get_language, gettext

from foundation.letters import kinds, words
from foundation.letters.models import LetterWording
from foundation.organisation.context import organisation_context as about_us
from foundation.prepared import queries


@dataclass(frozen=True)
class Written:
    subject: str
    text: str
    html: str


def write(template: str, context: Mapping[str, Any]) -> Written:
    """Render a letter in the language of this moment. `context` fills the places; its "facts" are the rows of the
    table, its "stop" the address at which somebody stops such letters, and its "is_demo" says of a receipt whether it
    is a demonstration's; without that, the site's mode does.
    """
    kind = kinds.get(template)
    if kind is None:
        return _from_templates(template, context)
    own = queries.first(_own, template=template, language=get_language() or "")
    return compose(kind, own.subject if own else kind.subject(), own.body if own else kind.words(), context)


def _own(template: str, language: str) -> QuerySet[LetterWording]:
    return LetterWording.objects.filter(key=template, language=language)[:1]


def compose(kind: kinds.Kind, subject: str, body: str, context: Mapping[str, Any]) -> Written:
    """Render a letter of that kind in these words."""
    values = {**words.common(), **{name: _said(context.get(name)) for name in kind.sample}}
    body = kind.closed(words.shown(body, values))
    rows = context.get("facts") or ()
    about = {**about_us(), "language": get_language(), "stop": context.get("stop", "")}
    about["not_a_receipt"] = kind.receipt and context.get("is_demo", about["no_money_moves"])
    line = words.line(subject, values)
    if about["not_a_receipt"]:
        line = gettext("Demonstration, not a receipt: %(subject)s") % {"subject": line}
    return Written(
        line[:200],
        _text("letters/words.txt", {**about, "words": words.as_text(body, values, rows)}),
        _html("letters/words.html", {**about, "words": words.as_html(body, values, rows)}),
    )


def sample(kind: kinds.Kind) -> dict[str, Any]:
    """Return sample values for the places, in the language of this moment, while nobody is written to."""
    places: dict[str, Any] = {name: gettext(value) for name, value in kind.sample.items()}
    facts = [[gettext(label), gettext(value)] for label, value in kind.facts]
    return {**places, "facts": facts, "stop": f"{about_us()['base_url']}/letters/" if kind.news else ""}


def _from_templates(template: str, context: Mapping[str, Any]) -> Written:
    """Letters of another package's words: subject.txt, body.txt and body.html."""
    context = {**about_us(), "language": get_language(), **context}
    subject = " ".join(render_to_string(f"letters/{template}/subject.txt", context).split())
    text = _text(f"letters/{template}/body.txt", context)
    return Written(subject[:200], text, _html(f"letters/{template}/body.html", context))


def _said(value: object) -> str:
    return "" if value is None else str(value)


def _text(name: str, context: dict[str, Any]) -> str:
    return render_to_string(name, context).strip() + "\n"


def _html(name: str, context: dict[str, Any]) -> str:
    """With its styles on the elements, where mail programs look for them, and the rules for dark screens kept."""
    css_inline: Any = import_module("css_inline")  # 2 MB, and the worker writes most letters
    html = css_inline.inline(render_to_string(name, context), load_remote_stylesheets=False, keep_at_rules=True)
    return str(html)
