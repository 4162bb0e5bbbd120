"""Letter templates in the panel: change the words of a letter, preview what is typed, send a test to oneself."""

import uuid
from functools import wraps
from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.log_actions import log

from foundation.access import ratelimit
from foundation.letters import kinds, outbox, writing
from foundation.letters.message import on_a_page
from foundation.letters.models import LetterWording
from staff.wording_form import WordingForm

MAY = "letters.change_letterwording"
TESTS, HOUR = 30, 3600  # rate limit of test letters: capacity, seconds
# CSP of the preview. A letter carries its styles on its elements. Its frame allows them and our logo, and no script.
LETTER_POLICY = {
    "script-src": ["'none'"],
    "img-src": ["data:"],
    "style-src": ["'unsafe-inline'"],
    "frame-src": ["'self'"],
    "frame-ancestors": ["'self'"],
    "sandbox": [],
}


class WordingMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY)


def menu_item() -> MenuItem:
    return WordingMenuItem(_("Words of letters"), reverse("staff_wordings"), icon_name="mail", order=450)


def _for_writers(view: Any) -> Any:
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(MAY):
            raise PermissionDenied
        answer: HttpResponse = view(request, *args, **kwargs)
        return answer

    return checked


@require_safe
@_for_writers
def wordings(request: HttpRequest) -> HttpResponse:
    """List every letter, and whether its words are the default or the charity's own."""
    own = set(LetterWording.objects.values_list("key", "language"))
    rows = [
        (kind, [(code, name, (kind.name, code) in own) for code, name in settings.LANGUAGES]) for kind in kinds.every()
    ]
    return render(request, "staff/wordings.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@_for_writers
@csp_replace({"frame-src": ["'self'"]})  # type: ignore[arg-type]  # its stub knows no view arguments
def wording(request: HttpRequest, name: str, language: str) -> HttpResponse:
    """Edit one letter in one language: change its words, reset them to the default, or send a test to oneself."""
    kind = _kind(name, language)
    form = WordingForm(request.POST or None, kind=kind, initial=_now(kind, language))
    if request.method == "POST" and request.POST.get("do") == "reset":
        _keep(request, kind, language, None)
        return redirect(request.path)
    if request.method == "POST" and form.is_valid():
        if request.POST.get("do") != "test":
            _keep(request, kind, language, form.cleaned_data)
            return redirect(request.path)
        mail_test(request, kind.name, _composed(kind, language, form.cleaned_data))
    own = LetterWording.objects.filter(key=kind.name, language=language).exists()
    facts = [("facts", gettext("the table of facts"))] if kind.facts else []
    context = {
        "kind": kind,
        "form": form,
        "own": own,
        "language": dict(settings.LANGUAGES)[language],
        "places": [*_examples(kind, language), *facts, *((each, "") for each in kinds.ALWAYS)],
        "preview": reverse("staff_wording_preview", args=[kind.name, language]),
    }
    status = 422 if request.method == "POST" and form.errors else 200
    return render(request, "staff/wording.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@_for_writers
@xframe_options_sameorigin
@csp_replace(LETTER_POLICY)  # type: ignore[arg-type]
def preview(request: HttpRequest, name: str, language: str) -> HttpResponse:
    """Preview what was typed, saved or not, as a letter with examples in its placeholders. Writes nothing."""
    kind = _kind(name, language)
    form = WordingForm(request.POST if request.method == "POST" else _now(kind, language), kind=kind)
    if not form.is_valid():
        return render(request, "staff/wording_preview.html", {"errors": form.errors.values()})
    letter = _composed(kind, language, form.cleaned_data)
    return render(request, "staff/wording_preview.html", {"letter": letter, "html": on_a_page(letter.html)})


def _kind(name: str, language: str) -> kinds.Kind:
    kind = kinds.get(name)
    if kind is None or language not in dict(settings.LANGUAGES):
        raise Http404
    return kind


def _ours(kind: kinds.Kind, language: str) -> dict[str, str]:
    with translation.override(language):
        return {"subject": kind.subject(), "body": kind.words()}


def _now(kind: kinds.Kind, language: str) -> dict[str, str]:
    own = LetterWording.objects.filter(key=kind.name, language=language).first()
    return {"subject": own.subject, "body": own.body} if own else _ours(kind, language)


def _examples(kind: kinds.Kind, language: str) -> list[tuple[str, str]]:
    with translation.override(language):
        found = writing.sample(kind)
    return [(name, found[name]) for name in kind.sample]


def _composed(kind: kinds.Kind, language: str, typed: dict[str, str]) -> writing.Written:
    with translation.override(language):
        return writing.compose(kind, typed["subject"], typed["body"], writing.sample(kind))


@transaction.atomic
def _keep(request: HttpRequest, kind: kinds.Kind, language: str, typed: dict[str, str] | None) -> None:
    """Save the words. Defaults have no row, so that a better default reaches a charity that changed nothing."""
    if typed is None or typed == _ours(kind, language):
        known = LetterWording.objects.filter(key=kind.name, language=language).first()
        if known:
            _log(request, known, gettext("Words of “%(letter)s”: ours again"), kind)
            known.delete()
        messages.success(request, gettext("The letter has our words."))
        return
    row, _made = LetterWording.objects.update_or_create(key=kind.name, language=language, defaults=typed)
    _log(request, row, gettext("Words of “%(letter)s” changed"), kind)
    messages.success(request, gettext("Letters written from now on have these words."))


def _log(request: HttpRequest, row: LetterWording, label: str, kind: kinds.Kind) -> None:
    was = {"subject": row.subject, "body": row.body}
    data = {"action": "wording", "label": label % {"letter": kind.label}, "words": was}
    log(row, "staff.action", user=request.user, data=data)


def mail_test(request: HttpRequest, template: str, letter: writing.Written, document: str = "") -> None:
    """Enqueue a test of this letter, to the user who asks and to nobody else."""
    if not ratelimit.allow("test-letter", str(request.user.pk), TESTS, HOUR):
        messages.error(request, gettext("Many tests were sent. Please wait a little."))
        return
    me = request.user.email  # type: ignore[union-attr]  # the panel knows no anonymous users
    subject = gettext("Test: %(subject)s") % {"subject": letter.subject}
    written = writing.Written(subject[:200], letter.text, letter.html)
    outbox.enqueue(f"test:{uuid.uuid4()}", template, me, written, document=document)
    messages.success(request, gettext("A test is on its way to %(email)s.") % {"email": me})


def addresses() -> list[URLPattern]:
    return [
        path("letters/words/", wordings, name="staff_wordings"),
        path("letters/words/<slug:name>/<slug:language>/", wording, name="staff_wording"),
        path("letters/words/<slug:name>/<slug:language>/preview/", preview, name="staff_wording_preview"),
    ]
