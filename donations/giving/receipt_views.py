"""Public views of receipts: verify one by number and check code, and download one's own as PDF."""

import re

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from donations.giving import browser_cookie
from donations.letters import gift_letters, papers
from donations.models import Receipt
from foundation.access import client_ip, ratelimit, tokens
from foundation.access.card_numbers import NoCardNumbers

DASHES = re.compile(r"[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")  # what phones and word processors make of a hyphen
CHECKS, WHILE = 30, 600  # rate limit: so many checks from one connection in so many seconds


class CheckForm(NoCardNumbers, forms.Form):
    """Number and check code of a receipt, however they are typed: small letters, spaces, the kind of dash, noughts at
    the head of the number and hyphens in the code do not matter.
    """

    number = forms.CharField(label=_("Receipt number"), help_text=_("For example R-2026-000017."), max_length=60)
    code = forms.CharField(label=_("Check code"), help_text=_("Sixteen letters and digits."), max_length=60)

    def clean_number(self) -> str:
        series, year, number = self._tidy("number", r"[A-Z][A-Z0-9]*-\d{4}-\d{1,12}").split("-")
        return f"{series}-{year}-{int(number):06d}"

    def clean_code(self) -> str:
        return self._tidy("code", r"[A-Z0-9]{16}", but="-")

    def _tidy(self, field: str, shape: str, but: str = "") -> str:
        typed = DASHES.sub("-", "".join(self.cleaned_data[field].split()).upper())
        typed = typed.replace(but, "") if but else typed
        if not re.fullmatch(shape, typed, re.ASCII):
            raise forms.ValidationError(_("Please type this as it is printed on the receipt."))
        return typed


@require_safe
@never_cache
def check(request: HttpRequest) -> HttpResponse:
    """The form for number and code. It is sent by GET: the answer has an address of its own, and needs no cookie."""
    form = CheckForm(request.GET or None)
    if form.is_valid():
        there = reverse("donations:checked", args=[form.cleaned_data["number"], form.cleaned_data["code"]])
        return _private(HttpResponseRedirect(there))
    return _private(render(request, "donations/check.html", {"form": form}))


@require_safe
@never_cache
def checked(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """Verify a receipt: is it genuine, its sum, day and issuer, and what replaced it. It names nobody. Rate limited."""
    if not ratelimit.allow("check-receipt", client_ip.block(client_ip.of(request)), CHECKS, WHILE):
        page = render(request, "donations/checked.html", {"state": "slow"})
        return _private(ratelimit.too_often(page, WHILE // CHECKS))
    typed = CheckForm({"number": number, "code": code})  # PostgreSQL refuses to look for a NUL
    document = (
        Receipt.objects.with_code(typed.cleaned_data["number"], typed.cleaned_data["code"])
        if typed.is_valid()
        else None
    )
    if document is None:
        return _private(render(request, "donations/checked.html", {"state": "unknown"}, status=404))
    context = {"state": "known", "receipt": document, "newest": document.newest()}
    return _private(render(request, "donations/checked.html", context))


@require_safe
@never_cache
def file(request: HttpRequest, token: str) -> HttpResponse:
    """Download the PDF of a receipt, by the token in its letter."""
    link = tokens.find(token, gift_letters.FILE)
    document = Receipt.objects.filter(pk=int(link.subject)).first() if link else None
    if document is None:
        return _private(render(request, "donations/checked.html", {"state": "ended"}, status=404))
    return papers.receipt_file(document)


@require_safe
@never_cache
def own_file(request: HttpRequest, reference: str) -> HttpResponse:
    """Download the PDF of a gift's receipt, in the browser that made the gift."""
    document = Receipt.objects.current().filter(gift__reference=reference).first()
    if document is None or reference not in browser_cookie.references(request):
        raise Http404
    return papers.receipt_file(document)


def _private(answer: HttpResponse) -> HttpResponse:
    """Set noindex and no-referrer: the codes and tokens of these URLs are for no search engine or other site's log."""
    answer["X-Robots-Tag"] = "noindex"
    answer["Referrer-Policy"] = "no-referrer"
    return answer
