"""My page, the self-service page: what a person gave, promised and agreed to, and their control over all of it."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from foundation.access import antispam, client_ip, ratelimit, tokens
from foundation.access.antispam import GuardedForm, address_field
from foundation.access.card_numbers import NoCardNumbers
from foundation.organisation.context import organisation
from foundation.organisation.zone import on_our_calendar
from supporters import consent, data_export, mailbox, names, news, privacy_registry, visits
from supporters.models import ConsentEvent

ASKS, WHILE = 10, 3600  # rate limit of links asked for from one connection: capacity, seconds
SWITCHES = (ConsentEvent.Purpose.LETTERS, ConsentEvent.Purpose.REMINDERS)
page_with_form = require_http_methods(["GET", "HEAD", "POST"])


class AskForm(GuardedForm):
    """The e-mail address to mail the link to."""

    email = address_field(_("The one you gave or signed with."))


class NameForm(NoCardNumbers, forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=names.LONGEST, required=False, widget=forms.TextInput(attrs={"dir": "auto"})
    )

    def clean_name(self) -> str:
        return names.clean(self.cleaned_data["name"], sites=True)


@page_with_form
@never_cache
def my(request: HttpRequest) -> HttpResponse:
    """My page with a session; without one the form that mails a link."""
    supporter = visits.whose(request)
    if supporter is not None:
        request.supporter = supporter  # type: ignore[attr-defined]
        return _without_referrer(_whole(request))
    form = AskForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _without_referrer(render(request, "supporters/ask.html", {"form": form}))
    if not ratelimit.allow("my-link", client_ip.block(client_ip.of(request)), ASKS, WHILE):
        form.add_error(None, _("Many links were asked for from your connection. Please try again in a while."))
        return ratelimit.too_often(render(request, "supporters/ask.html", {"form": form}), WHILE // ASKS)
    if mailbox.may_write(form.cleaned_data["email"]):
        visits.enqueue_link(form.cleaned_data["email"])
    return redirect("supporters:asked")


@require_safe
@never_cache
def asked(request: HttpRequest) -> HttpResponse:
    """“Link sent” page: the same words for everybody, whatever we know."""
    minutes = int(visits.LINK_LIFE.total_seconds() // 60)
    return _without_referrer(render(request, "supporters/asked.html", {"minutes": minutes}))


@page_with_form
@never_cache
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the mailed link: one button. GET opens no session, because mail scanners follow links."""
    link = tokens.find(token, visits.LINK)
    if request.method == "POST" and link and not antispam.at_once(request):
        answer = redirect("supporters:my")
        if visits.begin(link, answer) or visits.whose(request):
            return answer
    if link is None or link.used_at:
        return _without_referrer(render(request, "supporters/enter.html", {"state": "ended"}, status=404))
    context = {"state": "open", **antispam.button(request)}
    return render(request, "supporters/enter.html", context)


@require_POST
@never_cache
def leave(request: HttpRequest) -> HttpResponse:
    answer = redirect("supporters:my")
    visits.end(request, answer)
    return answer


@require_POST
@visits.required
def letters(request: HttpRequest) -> HttpResponse:
    """Change consent to one kind of letter, recorded with the words that stood beside the button."""
    supporter = request.supporter  # type: ignore[attr-defined]
    purpose, wanted = request.POST.get("purpose", ""), request.POST.get("wanted") == "yes"
    if purpose in SWITCHES and wanted != news.wants(supporter, purpose):
        if wanted:
            consent.reached(supporter)
            consent.record(supporter, purpose, True, consent.wording(purpose), reverse("supporters:my"))
        else:
            news.stop(supporter, purpose, reverse("supporters:my"))
    return redirect(reverse("supporters:my") + "?done=letters#letters")


@require_POST
@visits.required
def name(request: HttpRequest) -> HttpResponse:
    """Change the name by which letters address the person. Receipts keep the name they were written to."""
    supporter = request.supporter  # type: ignore[attr-defined]
    form = NameForm(request.POST)
    if not form.is_valid():
        return render(request, "supporters/my.html", {**_about(request), "name_form": form}, status=422)
    supporter.name = form.cleaned_data["name"]
    supporter.save(update_fields=["name"])
    return redirect(reverse("supporters:my") + "?done=name#data")


@require_safe
@visits.required
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Data export (right of access): everything that every app knows about the person, as one JSON file; or as CSV
    files in one zip, for who has a spreadsheet program and no use for JSON.
    """
    known = privacy_registry.export(request.supporter)  # type: ignore[attr-defined]
    return data_export.as_file(known, kind, "my-data")


@page_with_form
@visits.required
def erase(request: HttpRequest) -> HttpResponse:
    """Erasure: first what is erased and what must stay; then a word to type; then it is done."""
    supporter = request.supporter  # type: ignore[attr-defined]
    page = {"state": "ask", "goes": privacy_registry.goes()}
    if request.method != "POST":
        return render(request, "supporters/erase.html", page)
    if request.POST.get("sure") != "yes":
        return render(request, "supporters/erase.html", {**page, "unsure": True}, status=422)
    try:
        privacy_registry.erase(supporter)
    except privacy_registry.CannotEraseError as error:
        return render(request, "supporters/erase.html", {**page, "why": str(error)}, status=409)
    answer = render(request, "supporters/erase.html", {"state": "done"})
    visits.end(request, answer)
    return answer


@on_our_calendar
def _whole(request: HttpRequest) -> HttpResponse:
    return render(request, "supporters/my.html", _about(request))


def _about(request: HttpRequest) -> dict[str, Any]:
    supporter = request.supporter  # type: ignore[attr-defined]
    words = {purpose: consent.newest(supporter, purpose) for purpose in SWITCHES}
    ours = organisation(request)
    return {
        "supporter": supporter,
        "done": request.GET.get("done", ""),
        "name_form": NameForm(initial={"name": supporter.name}),
        "switches": [
            {
                "purpose": purpose.value,
                "label": purpose.label,
                "wanted": news.meant(words[purpose], purpose),
                "expected": purpose in news.EXPECTED,
                "event": words[purpose],
                "wording": consent.wording(purpose, ours),
            }
            for purpose in SWITCHES
        ],
    }


def _without_referrer(answer: HttpResponse) -> HttpResponse:
    """Send Referrer-Policy: same-origin. The form on these pages posts to this site, whose CSRF check wants to see
    where it came from; nobody else does.
    """
    answer["Referrer-Policy"] = "same-origin"
    return answer
