"""Gift Aid on My page: what somebody declared, cancelling it, and declaring later, for what was given and will be."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy

from donations.gift_aid import declarations
from donations.gift_aid.fields import GiftAidFields
from donations.models import GiftAidDeclaration
from foundation.organisation.models import Organisation
from supporters import visits
from supporters.models import Supporter
from supporters.my import page_with_form


class MyGiftAidForm(GiftAidFields):
    """The declaration of somebody who gives nothing at this moment: for what they give from now on, or gave too."""

    with_gift = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["gift_aid"]
        field.required = True
        field.error_messages["required"] = gettext_lazy("Please tick the box if this is true of you.")


@page_with_form
@visits.required
def gift_aid(request: HttpRequest) -> HttpResponse:
    """View: what I declared, a button that cancels it, and the form to declare. 404 where there is nothing of it."""
    supporter: Supporter = request.supporter  # type: ignore[attr-defined]
    offered = Organisation.load().offers_gift_aid
    mine = declarations.of(supporter).filter(cancelled_at=None).select_related("gift")
    if not offered and not mine:
        raise Http404
    if request.method == "POST" and request.POST.get("does") == "cancel":
        declarations.cancel(supporter)
        return redirect(reverse("donations:my_gift_aid") + "?done=cancelled")
    form = MyGiftAidForm(request.POST or None) if offered else None
    if request.method == "POST" and form and form.is_valid():
        _declare(supporter, form)
        return redirect(reverse("donations:my_gift_aid") + "?done=declared")
    context = {
        "form": form,
        "mine": mine,
        "second_thoughts": any(declarations.may_be_taken_back(each) for each in mine),
        "done": request.GET.get("done", ""),
    }
    return render(request, "donations/my_gift_aid.html", context, status=422 if request.method == "POST" else 200)


def _declare(supporter: Supporter, form: MyGiftAidForm) -> None:
    """Write it once, however often it is sent."""
    declared = form.declared()
    if declared is None:
        return
    newest = declarations.of(supporter).first()
    if newest and newest.cancelled_at is None and _says(newest, declared):
        return
    declarations.write(declared, declarations.Way.MY, supporter=supporter)


def _says(row: GiftAidDeclaration, declared: declarations.Declared) -> bool:
    return all(getattr(row, name) == value for name, value in vars(declared).items())
