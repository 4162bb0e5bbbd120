"""A supporter's letters in the panel: the list on their page, each to read as it was sent, and to send once more."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import date
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages
from wagtail.log_actions import log

from foundation.letters import kinds, reading, resending
from foundation.letters.models import Letter
from supporters import news, supporters
from supporters.models import Supporter
from supporters.sections_panel import SHOWN, Section, every, spellings

READ = ("supporters.view_supporter", "letters.view_letter")
SEND = "letters.change_letter"
LABEL = _("Send again")


class LettersSection(Section):
    permission = "letters.view_letter"
    order = 400
    template_name = "supporters/letters_panel.html"

    def facts(self) -> dict[str, Any]:
        known = spellings(self.supporter, self.all)
        letters = list(reading.sent_to(known).defer("text", "html")[: SHOWN + 1])
        return {
            "letters": [(letter, kind(letter)) for letter in letters[:SHOWN]],
            "more": len(letters) > SHOWN,
            "all_of_them": f"{reverse('letter:index')}?{urlencode({'to': ','.join(sorted(known))})}",
        }


def kind(letter: Letter) -> str:
    """What kind of letter it is, in the words of “Words of letters”."""
    found = kinds.get(letter.template)
    return found.label if found else letter.template


def warning(supporter: Supporter | None) -> str:
    """What staff must know before they write to this mailbox; empty where nothing is wrong with it."""
    if supporter is None:
        return ""
    if supporter.complained_at:
        said = gettext("This person marked a letter of ours as unwanted on %(day)s.")
        return said % {"day": _day(supporter.complained_at)}
    if supporter.bounced_at:
        said = gettext("Letters to this mailbox come back since %(day)s: it may not exist.")
        return said % {"day": _day(supporter.bounced_at)}
    return ""


@receiver(resending.warning_asked, dispatch_uid="road-out-warning-of-a-reader")
def warning_of(letter: Letter, **_kwargs: Any) -> str:
    """Signal receiver before staff send a letter again from the list of letters."""
    return warning(supporters.known_by(letter.to) if letter.to else None)


def obstacle(letter: Letter, supporter: Supporter) -> str:
    """Why a letter is not sent again; empty where it can be."""
    if supporter.erased_at or not supporter.email:
        return gettext("There is no address any more.")
    if not resending.may_go(letter):
        return gettext("This letter cannot be sent again: it waits, it is forgotten, or its link is over.")
    known = news.whose(letter.stop_url.rstrip("/").rpartition("/")[2]) if letter.stop_url else None
    if known and not news.wants(supporter, known[1]):
        return gettext("This person does not want letters of this kind any more.")
    return ""


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def letter(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """View: one letter to this person; the button sends it again, to where they are now. GET changes nothing."""
    if not request.user.has_perms(READ):
        raise PermissionDenied
    supporter = get_object_or_404(Supporter, pk=pk)
    found = get_object_or_404(reading.sent_to(spellings(supporter, every(supporter, request.user))), pk=number)
    wrong, why = warning(supporter), obstacle(found, supporter)
    unsure = False
    if request.method == "POST":
        if not request.user.has_perm(SEND):
            raise PermissionDenied
        unsure = bool(wrong) and "sure" not in request.POST
        if why:
            messages.error(request, gettext("Nothing was sent. %(why)s") % {"why": why})
        elif not unsure:
            return _sent(request, found, supporter)
    context = {
        "letter": found,
        "kind": kind(found),
        "words": reading.words(found),
        "supporter": supporter,
        "label": LABEL,
        "warning": wrong,
        "unsure": unsure,
        "obstacle": why,
        "may_send": request.user.has_perm(SEND),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "supporters/letter_panel.html", context, status=status)


def _sent(request: HttpRequest, found: Letter, supporter: Supporter) -> HttpResponse:
    """The address stays out of the sentence: it stands in the log."""
    resending.resend(found, to=supporter.email)
    sentence = gettext("“%(subject)s” waits to be sent to the present address.") % {"subject": found.subject}
    data = {"action": "letter-again", "label": str(LABEL), "sentence": sentence}
    log(supporter, "staff.action", user=request.user, data=data)
    messages.success(request, sentence)
    return redirect("supporter:inspect", supporter.pk)


def _day(moment: Any) -> str:
    return date(timezone.localtime(moment), "DATE_FORMAT")


def addresses() -> list[URLPattern]:
    return [path("supporter/inspect/<int:pk>/letters/<int:number>/", letter, name="supporter_letter")]
