"""Step-up check of a browser that nobody knows while stolen cards are tried: a proof of work, or a mailed link."""

import logging
from datetime import timedelta
from typing import cast

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from donations import money
from donations.card_testing import breaker
from donations.giving import browser_cookie, checkout, gifts, other_pages
from donations.letters import gift_letters
from donations.models import Gift
from donations.stripe import answers
from donations.stripe.errors import StripeIsDownError, StripeRefusedError
from foundation.access import antispam, client_ip, proof_of_work, ratelimit, tokens
from foundation.letters.models import Letter
from foundation.organisation import clone_guard
from supporters import mailbox, names

MAIL = "mail"
PURPOSE = "finish-gift"
LIFE = timedelta(hours=24)
# Rate limits (count, seconds) of letters. From one address as many as a full hall may begin gifts: where no script
# runs, each needs one. What keeps people from being buried in them is the limit of each mailbox, from wherever.
LETTERS_AN_ADDRESS, LETTERS_A_NETWORK = gifts.LIMITS["address"], gifts.LIMITS["network"]
LETTERS_A_MAILBOX = (6, 24 * 3600)
AGAIN = {"csrfmiddlewaretoken", "proof", "step"}  # not sent once more as they came
log = logging.getLogger(__name__)


def challenge_page(request: HttpRequest, attempt: str, path: str) -> HttpResponse:
    """Return the page (403) that asks for the proof of work. It holds what was typed, and sends it to `path` again."""
    breaker.count("asked")
    typed = [(name, value) for name, values in request.POST.lists() if name not in AGAIN for value in values]
    context = {"typed": typed, "path": path, "challenge": proof_of_work.challenge(attempt)}
    return render(request, "donations/step_up.html", context, status=403)


def mail(gift: Gift, address_block: str) -> HttpResponse:
    """Mail the link that finishes a gift, once; Stripe is not called before it is followed. Raises TooOftenError."""
    key = f"finish-gift:{gift.reference}"
    if not Letter.objects.filter(key=key).exists():
        if not (
            ratelimit.allow("links to finish", address_block, *LETTERS_AN_ADDRESS)
            and ratelimit.allow("links to finish from", client_ip.network(address_block), *LETTERS_A_NETWORK)
            and ratelimit.allow("links to finish for", mailbox.behind(gift.email), *LETTERS_A_MAILBOX)
        ):
            raise gifts.TooOftenError
        link = settings.BASE_URL + reverse("donations:finish", args=[tokens.make(PURPOSE, gift.reference, LIFE)])
        with gift_letters.speaking_to(gift):
            places = {"total": money.exact(gift.total, gift.currency), "address": link, "hours": "24"}
            if names.ADVERTISEMENT.search(gift.name):  # a firm may be called so; nobody has paid or proved anything yet
                places["name"] = ""
            gift_letters.post(key, "finish_gift", gift, places)
        breaker.count("mailed")
    answer = redirect("donations:finish_mailed")
    answer.status_code = 303
    return answer


@require_safe
@never_cache
def mailed(request: HttpRequest) -> HttpResponse:
    """Page that says that a letter is on its way; the same to everybody."""
    return render(request, "donations/finish.html", {"state": "mailed"})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def finish(request: HttpRequest, token: str) -> HttpResponse:
    """View of the mailed link: one button, which redirects to Stripe Checkout."""
    to_stripe = csp_update({"form-action": settings.STRIPE_PAGE_ORIGINS})
    return cast(HttpResponse, to_stripe(lambda request: _finish(request, token))(request))


def _finish(request: HttpRequest, token: str) -> HttpResponse:
    link = tokens.find(token, PURPOSE)
    gift = Gift.objects.resumable().filter(reference=link.subject).first() if link else None
    if link is None or gift is None:
        return render(request, "donations/finish.html", {"state": "unknown"}, status=404)
    if gift.campaign and not gift.campaign.is_open:
        return redirect(gift.campaign if gift.campaign.live else "donations:give")  # its page says that it is over
    context = {"state": "open", "total": money.exact(gift.total, gift.currency), "gift": gift}
    if request.method != "POST" or antispam.at_once(request):
        context |= antispam.button(request)
        return render(request, "donations/finish.html", context)
    try:
        gifts.go_on(gift, client_ip.block(client_ip.of(request)), browser_cookie.references(request))
        answer = HttpResponseRedirect(checkout.start(gift), status=303)
        other_pages.close(gift)
    except gifts.FormGaveError:
        return render(request, "donations/finish.html", {"state": "unknown"}, status=404)
    except (gifts.TooOftenError, gifts.TooManyCardsError):
        context |= {**antispam.button(request), "why": _("This was tried too often. Please wait an hour.")}
        return ratelimit.too_often(render(request, "donations/finish.html", context), 3600)
    except checkout.AlreadyGivenError:
        return redirect(f"{reverse('donations:thanks')}?session={gift.session_id}")
    except (StripeIsDownError, StripeRefusedError, clone_guard.WrongSiteError) as error:
        log.warning("gift %s not begun: %s", gift.reference, error)
        why = answers.say(error, "gift", _("Nothing was charged."))
        return render(request, "donations/finish.html", {**context, **antispam.button(request), "why": why}, status=503)
    tokens.use(link)
    browser_cookie.remember(answer, request, gift)
    return answer
