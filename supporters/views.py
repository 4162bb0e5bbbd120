"""Views of newsletter sign-up, its confirmation (double opt-in), and one-click unsubscribe."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from foundation.access import antispam, client_ip, ratelimit, tokens
from supporters import news, subscribing
from supporters.forms import TOO_OFTEN, SubscribeForm
from supporters.models import ConsentEvent

ASKERS, SECONDS = 20, 600  # rate limit of requests from one connection: capacity, and seconds in which it refills


@csrf_exempt  # RFC 8058, one-click unsubscribe: the mail program posts, without a cookie; the signed URL is the proof
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Unsubscribe. GET changes nothing: mail scanners follow links. A POST of the mail program unsubscribes, however
    often, and asks nothing more; the page's own button asks once more when it was pressed at once, as machines do.
    """
    known = news.whose(token)
    if known is None:
        return render(request, "supporters/stop.html", {"state": "unknown"}, status=404)
    supporter, purpose = known
    state = "open"
    if request.method == "POST" and not antispam.at_once(request):  # the mail program's own press is never at once
        if supporter:
            news.stop(supporter, purpose, "/letters/stop/")
        state = "stopped"
    context = {"state": state, "kind": ConsentEvent.Purpose(purpose).label, **antispam.button(request)}
    return render(request, "supporters/stop.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest) -> HttpResponse:
    """The sign-up form. Its answer is the same for every address."""
    form = SubscribeForm(request.POST if request.method == "POST" else None)
    too_often = False
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():  # limits, request and letter: one commit
            allowed = ratelimit.allow("subscribe", client_ip.block(client_ip.of(request)), ASKERS, SECONDS)
            if allowed:
                subscribing.mail_confirmation(form.cleaned_data["email"], form.wording)
        if allowed:
            return redirect("supporters:subscribe-sent")
        form.add_error(None, TOO_OFTEN)
        too_often = True
    answer = render(request, "supporters/subscribe.html", {"form": form})
    return ratelimit.too_often(answer, SECONDS // ASKERS) if too_often else answer


@never_cache
@require_safe
def subscribe_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "supporters/subscribe_sent.html", {"days": subscribing.LIFETIME.days})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm a sign-up. GET changes nothing, as mail scanners follow links; the button does, if not at once."""
    link = tokens.find(token, subscribing.CONFIRM)
    asking = subscribing.find(link)
    if link is None or asking is None:
        return render(request, "supporters/subscribe_confirm.html", {"state": "ended"}, status=410)
    if request.method == "POST" and not antispam.at_once(request):
        subscribing.confirm(link, asking)
        return redirect(request.path)
    context = {"state": "done" if link.used_at else "open", "asking": asking, **antispam.button(request)}
    return render(request, "supporters/subscribe_confirm.html", context)
