"""Newsletters in the panel: write, preview, test, send behind a question, pause, stop; and read what was sent."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.log_actions import log

from foundation.letters.message import on_a_page
from staff import wording
from supporters.newsletter import acts, sending, writing
from supporters.newsletter.acts import READ, WRITE
from supporters.newsletter.form import NewsletterForm, initial
from supporters.newsletter.models import Newsletter, NewsletterText

LABEL = _("Newsletters")
LOOK_AGAIN = 5  # seconds between two refreshes while one is being sent
# A picture of the letter stands in the preview itself, as in the message.
LETTER_POLICY = {**wording.LETTER_POLICY, "img-src": ["data:"]}
State = Newsletter.State


class NewslettersMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_perm(READ)


def menu_item() -> MenuItem:
    return NewslettersMenuItem(LABEL, reverse("supporters_newsletters"), icon_name="mail", order=445)


def _for(right: str) -> Callable[[Any], Any]:
    def decorate(view: Any) -> Any:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perm(right):
                raise PermissionDenied
            answer: HttpResponse = view(request, *args, **kwargs)
            return answer

        return checked

    return decorate


@require_http_methods(["GET", "HEAD", "POST"])
@_for(READ)
def newsletters(request: HttpRequest) -> HttpResponse:
    """List all, the newest first. A POST begins a new one."""
    if request.method == "POST":
        if not request.user.has_perm(WRITE):
            raise PermissionDenied
        newsletter = Newsletter.objects.create()
        _log(request, newsletter, gettext("Newsletter begun"))
        return redirect("supporters_newsletter_words", newsletter.pk, settings.LANGUAGE_CODE)
    rows = [(row, sending.progress(row)) for row in Newsletter.objects.prefetch_related("texts")[:100]]
    context = {"label": LABEL, "rows": rows, "may_write": request.user.has_perm(WRITE)}
    return render(request, "supporters/newsletters_panel.html", context)


@require_safe
@never_cache
@_for(READ)
@csp_replace({"frame-src": ["'self'"]})  # type: ignore[arg-type]  # its stub knows no view arguments
def newsletter(request: HttpRequest, pk: int) -> HttpResponse:
    """One newsletter: its languages, how far its sending is, and what may be done with it."""
    row = get_object_or_404(Newsletter, pk=pk)
    now = sending.progress(row)
    texts = {text.language: text for text in row.texts.all()}
    context = {
        "row": row,
        "now": now,
        "texts": [(code, name, texts.get(code)) for code, name in settings.LANGUAGES],
        "is_draft": row.state == State.DRAFT,
        "may_write": row.state == State.DRAFT and request.user.has_perm(WRITE),
        "acts": [each for each in acts.ALL if each.applies(row) and request.user.has_perm(each.right)],
        "stands_still": row.state == State.SENDING and not now.running,
    }
    answer = render(request, "supporters/newsletter_panel.html", context)
    if now.running:
        answer["Refresh"] = str(LOOK_AGAIN)  # without a script
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@_for(WRITE)
@csp_replace({"frame-src": ["'self'"]})  # type: ignore[arg-type]  # its stub knows no view arguments
def words(request: HttpRequest, pk: int, language: str) -> HttpResponse:
    """Write a draft in one language, or send a test of what is typed to oneself."""
    row, text = _row(pk, language)
    if row.state != State.DRAFT:
        return redirect("supporters_newsletter", pk)
    form = NewsletterForm(request.POST or None, initial=initial(text))
    if request.method == "POST" and form.is_valid():
        if request.POST.get("do") != "test":
            if _keep(request, row, language, form):
                return redirect("supporters_newsletter", pk)
            messages.error(request, gettext("It is being sent: its words stay as they are."))
            return redirect("supporters_newsletter", pk)
        typed = form.words()
        wording.mail_test(request, writing.TEMPLATE, writing.sample(typed, language), typed.document)
    context = {
        "row": row,
        "form": form,
        "language": dict(settings.LANGUAGES)[language],
        "preview": reverse("supporters_newsletter_preview", args=[pk, language]),
    }
    status = 422 if request.method == "POST" and form.errors else 200
    return render(request, "supporters/newsletter_words_panel.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@_for(READ)
@xframe_options_sameorigin
@csp_replace(LETTER_POLICY)  # type: ignore[arg-type]
def preview(request: HttpRequest, pk: int, language: str) -> HttpResponse:
    """What is typed (POST) or kept (GET), as a supporter sees it: with formatting and as plain text. Writes nothing."""
    _newsletter, text = _row(pk, language)
    context: dict[str, Any] = {}
    if request.method == "POST":
        form = NewsletterForm(request.POST)
        context = {"errors": form.errors.values()} if form.errors else _shown(form.words(), language)
    elif text:
        context = _shown(writing.of(text), language)
    return render(request, "staff/wording_preview.html", context)


def _shown(typed: writing.Words, language: str) -> dict[str, Any]:
    written = writing.sample(typed, language)
    return {"letter": written, "html": on_a_page(written.html, typed.document)}


def _row(pk: int, language: str) -> tuple[Newsletter, NewsletterText | None]:
    if language not in dict(settings.LANGUAGES):
        raise Http404
    row = get_object_or_404(Newsletter, pk=pk)
    return row, row.texts.filter(language=language).first()


@transaction.atomic
def _keep(request: HttpRequest, row: Newsletter, language: str, form: NewsletterForm) -> bool:
    """Save the words, unless the sending has begun since the page was opened."""
    if not Newsletter.objects.select_for_update().filter(pk=row.pk, state=State.DRAFT).exists():
        return False
    NewsletterText.objects.update_or_create(newsletter=row, language=language, defaults=form.cleaned_data)
    _log(request, row, gettext("Words of the newsletter changed"), words={"language": language, **_logged(form)})
    messages.success(request, gettext("Kept. Nobody has got it yet."))
    return True


def _logged(form: NewsletterForm) -> dict[str, Any]:
    return {name: str(value or "") for name, value in form.cleaned_data.items()}


@require_POST
@_for(READ)
def act(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Do one thing with a newsletter, after its question where it has one. The answer to the question counts only for
    what was asked: other words or another number of readers ask again.
    """
    chosen = next((each for each in acts.ALL if each.name == name), None)
    if chosen is None:
        raise Http404
    if not request.user.has_perm(chosen.right):
        raise PermissionDenied
    row = get_object_or_404(Newsletter, pk=pk)
    if not chosen.applies(row):
        messages.error(request, gettext("That is not possible any more."))
        return redirect("supporters_newsletter", pk)
    question = chosen.question(row) if chosen.question else []
    asked = acts.digest(row, question)
    if question and request.POST.get("sure") != asked:
        context = {"row": row, "act": chosen, "question": question, "asked": asked, "again": "sure" in request.POST}
        return render(request, "supporters/newsletter_sure_panel.html", context)
    sentence = " ".join([str(chosen.said), *question])
    with transaction.atomic():
        _log(request, row, str(chosen.label), sentence)
        done = chosen.run(row)
        if not done:
            transaction.set_rollback(True)
    if done:
        messages.success(request, str(chosen.said))
    else:
        messages.error(request, gettext("That is not possible any more."))
    return redirect(*(("supporters_newsletters",) if chosen.name == "delete" else ("supporters_newsletter", pk)))


def _log(request: HttpRequest, row: Newsletter, label: str, sentence: str = "", **more: Any) -> None:
    data = {"action": "newsletter", "label": label, "sentence": sentence, **more}
    log(row, "staff.action", user=request.user, data=data)


def addresses() -> list[URLPattern]:
    return [
        path("newsletters/", newsletters, name="supporters_newsletters"),
        path("newsletters/<int:pk>/", newsletter, name="supporters_newsletter"),
        path("newsletters/<int:pk>/words/<slug:language>/", words, name="supporters_newsletter_words"),
        path("newsletters/<int:pk>/words/<slug:language>/preview/", preview, name="supporters_newsletter_preview"),
        path("newsletters/<int:pk>/do/<slug:name>/", act, name="supporters_newsletter_act"),
    ]
