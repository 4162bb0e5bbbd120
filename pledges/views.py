"""Views of a pledge: sign it, “look in your inbox”, confirm, withdraw."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from foundation.access import antispam, client_ip, ratelimit, tokens
from foundation.drawing import share_answer
from foundation.organisation.models import Organisation
from foundation.prepared import queries
from pledges import counting, letters, models, pledging
from pledges.forms import SignForm
from pledges.models import Pledge, Signature
from supporters import visits

# Rate limit by connection. One may be a full hall: three hundred people at once, and thirty a minute after them. What
# one mailbox gets is limited before that, by supporters.mailbox.
SIGNERS, SECONDS = 300, 600
WAIT = 60  # seconds, for Retry-After, beyond that limit

page_with_form = require_http_methods(["GET", "HEAD", "POST"])


@page_with_form
@never_cache
def pledge(request: HttpRequest, slug: str = "") -> HttpResponse:
    """A pledge, how many signed it, and the form. /pledge/ is the main one."""
    newest = queries.first(models.words_of, slug=slug) if slug else queries.first(models.main_words)
    if newest is None:
        raise Http404
    chosen, text = newest.pledge, newest.in_readers_language
    if slug and chosen.is_main:
        return redirect(chosen)
    posted = request.method == "POST"
    form = SignForm(request.POST if posted else None, text=text) if chosen.is_open else None
    too_often = False
    if form is not None and posted and form.is_valid():
        if _sign(form, request):
            return redirect("pledges:sent")
        words = _("Many people are signing from your connection. Please wait a minute, then send this once more.")
        form.add_error(None, words)
        too_often = True
    context = {"pledge": chosen, "text": text, "form": form, "count": counting.shown(chosen)}
    # 409: it was closed while the page was open.
    answer = render(request, "pledges/pledge.html", context, status=409 if posted and form is None else 200)
    return ratelimit.too_often(answer, WAIT) if too_often else answer


@require_safe
def share(request: HttpRequest, slug: str) -> HttpResponse:
    """The share image (Open Graph) of a pledge."""
    pledge = get_object_or_404(Pledge, slug=slug)
    text = pledge.text_to_sign
    return share_answer.answer(request, text.heading if text else pledge.title, Organisation.load().name)


def _limit(request: HttpRequest) -> ratelimit.Limit:
    return ratelimit.Limit("pledge", client_ip.block(client_ip.of(request)), SIGNERS, SECONDS)


def _sign(form: SignForm, request: HttpRequest) -> bool:
    """False: too many sign from there."""
    cleaned = form.cleaned_data
    return pledging.sign(
        form.text,
        name=cleaned["name"],
        email=cleaned["email"],
        country=cleaned["country"],
        age=form.minimum_age,
        letters_wording=form.wording if cleaned["letters"] else "",
        page=request.path,
        limits=[_limit(request)],
    )


@require_safe
@never_cache
def sent(request: HttpRequest) -> HttpResponse:
    """“Look in your inbox”: the same for everybody who signs, whatever we know about their address."""
    return _without_referrer(render(request, "pledges/sent.html", {"days": letters.LIFETIME.days}))


@page_with_form
@never_cache
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm a signature (double opt-in). GET changes nothing, because mail scanners follow links: the button
    confirms, unless it was pressed at once: machines press too. Behind it stands one page, however often it is pressed.
    """
    link = tokens.find(token, letters.CONFIRM)
    signature = pledging.find(link)
    if link is None or signature is None:
        return render(request, "pledges/ended.html", {"token": token}, status=410)
    if request.method == "POST" and not antispam.at_once(request):
        pledging.confirm(link)
        return redirect(request.path)
    if signature.number is None:
        context = {"signature": signature, **antispam.button(request)}
        return render(request, "pledges/confirm.html", context)
    return _without_referrer(_thanks(request, signature))


def _thanks(request: HttpRequest, signature: Signature) -> HttpResponse:
    confirmed_at = signature.confirmed_at or timezone.now()
    context = {
        "signature": signature,
        "count": counting.shown(signature.pledge),
        "day": Organisation.load().day_of(confirmed_at),
    }
    return render(request, "pledges/confirmed.html", context)


@page_with_form
@never_cache
def take_back(request: HttpRequest, token: str) -> HttpResponse:
    """Withdraw by the link in a letter: one button, which withdraws the signature. GET does not."""
    public_id = letters.whose(token)
    if public_id is None:
        return render(request, "pledges/take_back.html", {"state": "unknown"}, status=404)
    if request.method == "POST" and not antispam.at_once(request):
        pledging.take_back(public_id)
        return redirect(request.path)
    signature = Signature.objects.living().filter(public_id=public_id).select_related("text__pledge").first()
    context = {"state": "open" if signature else "done", "signature": signature, **antispam.button(request)}
    return render(request, "pledges/take_back.html", context)


@require_POST
@visits.required
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw on My page, by the supporter whose it is: anybody else's answers 404. One that has ended stays ended."""
    supporter = request.supporter  # type: ignore[attr-defined]
    signature = Signature.objects.filter(pk=pk, supporter=supporter).first()
    if signature is None:
        raise Http404
    pledging.withdraw(signature)
    return redirect(reverse("supporters:my") + "?done=withdrawn#pledge")


@require_POST
@never_cache
def new_letter(request: HttpRequest, token: str) -> HttpResponse:
    """Resend the letter, by the button on an ended link's page. Its answer is the same for a link that never was."""
    if not ratelimit.allow(*_limit(request)):
        return ratelimit.too_often(render(request, "pledges/ended.html", {"token": token, "wait": True}), WAIT)
    pledging.send_again(tokens.find(token, letters.CONFIRM, expired_too=True))
    return redirect(reverse("pledges:sent"))


def _without_referrer(answer: HttpResponse) -> HttpResponse:
    """Send Referrer-Policy: no-referrer, on pages without a form. With one, Chromium would say `Origin: null` and
    Django's CSRF check would refuse the form.
    """
    answer["Referrer-Policy"] = "no-referrer"
    return answer
