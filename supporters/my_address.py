"""Change of e-mail address on My page: typed there, verified by a button behind a link that is mailed to it."""

import uuid
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from foundation.access import antispam
from foundation.access.antispam import GuardedForm, address_field
from foundation.letters import outbox
from supporters import mailbox, moving, visits
from supporters.models import Supporter

SALT = "supporters.my_address"
HOURS = 24
page_with_form = require_http_methods(["GET", "HEAD", "POST"])


class NewAddressForm(GuardedForm):
    """The new e-mail address."""

    email = address_field(
        _("We mail a link there. The old address stays until you press its button, and is told then."),
        label=_("The new e-mail address"),
    )


@page_with_form
@visits.required
def ask_for_address(request: HttpRequest) -> HttpResponse:
    """Mail a verification link to the new address. The page says the same whether or not a letter was written."""
    supporter = request.supporter  # type: ignore[attr-defined]
    form = NewAddressForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, "ask", form=form, supporter=supporter)
    email = form.cleaned_data["email"]
    if email != supporter.email and mailbox.may_write(email):
        token = signing.dumps([supporter.pk, supporter.email, email], salt=SALT)
        with translation.override(supporter.language):
            link = settings.BASE_URL + reverse("supporters:new-address", args=[token])
        places = {"link": link, "hours": str(HOURS)}
        outbox.queue(
            f"{moving.CONFIRMING}:{supporter.pk}:{uuid.uuid4()}",
            "address_confirm",
            email,
            places,
            language=supporter.language,
        )
    return _page(request, "mailed", to=email)


@page_with_form
@never_cache
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the mailed link: one button. It works until the address has changed, so once."""
    supporter, email = _meant(token)
    if supporter is None:
        return _page(request, "ended", status=404)
    if request.method != "POST" or antispam.at_once(request):
        return _page(request, "confirm", to=email, **antispam.button(request))
    moving.move(supporter, email, proved=True)
    return redirect(reverse("supporters:my") + "?done=address")


def _meant(token: str) -> tuple[Supporter | None, str]:
    try:
        pk, before, email = signing.loads(token, salt=SALT, max_age=HOURS * 3600)
    except (signing.BadSignature, TypeError, ValueError):
        return None, ""
    return Supporter.objects.filter(pk=pk, email=before, erased_at=None).first(), str(email)


def _page(request: HttpRequest, state: str, status: int = 200, **more: Any) -> HttpResponse:
    answer = render(request, "supporters/address.html", {"state": state, **more}, status=status)
    answer["Referrer-Policy"] = "same-origin"
    return answer
