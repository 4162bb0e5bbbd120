"""Public views of a campaign: its page with the giving form, its share image (Open Graph), its counters as JSON."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from donations import money
from donations.campaigns import funnel, progress
from donations.giving import page
from donations.giving.appeals import Appeal
from donations.models import Campaign
from foundation.drawing import share_answer
from foundation.drawing.share_answer import BRIEFLY
from foundation.organisation.models import Organisation


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def campaign(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the campaign, with the form while it is open. Before, afterwards, for one sent too late (409): its state.
    Who comes back from Stripe to one that staff took off the site meanwhile finds the giving page.
    """
    if "back" in request.GET and not Campaign.objects.named(slug):
        return redirect(f"{reverse('donations:give')}?{request.GET.urlencode()}")
    shown = _shown(slug)
    about = {"campaign": shown, "share": _share_address(shown)}
    if not shown.is_open:
        status = 409 if request.method == "POST" else 200
        return render(request, "donations/campaign_closed.html", about, status=status)
    answer = page.answer(
        request,
        Appeal(
            path=shown.get_absolute_url(),
            template="donations/campaign.html",
            currency=shown.currency.code,
            fund=shown.fund,
            campaign=shown,
            about=about,
        ),
    )
    if answer.status_code == 200 and not request.user.is_authenticated:  # staff look at what they write
        funnel.saw(request, shown)
    return answer


@require_safe
def share(request: HttpRequest, slug: str) -> HttpResponse:
    """Open Graph image of the campaign, which other sites show with a link. Its address changes with its words."""
    return share_answer.answer(request, *_share_words(_shown(slug)))


@require_safe
def counters(request: HttpRequest, slug: str) -> HttpResponse:
    """JSON API: a campaign's numbers for anybody (config/openapi.json). Sums in minor units; nothing about a person."""
    shown = _shown(slug)
    now = progress.of(shown)
    facts: dict[str, Any] = {
        "slug": shown.slug,
        "title": shown.title,
        "url": settings.BASE_URL + shown.get_absolute_url(),
        "state": shown.state,
        "starts_on": shown.starts_on,
        "ends_on": shown.ends_on,
        "currency": now.code,
        "exponent": money.exponent(now.code),
        "goal": now.goal,
        "raised": now.raised,
        "percent": now.percent,
        "people": now.people,
        "match": None,
    }
    if shown.match_cap:
        facts["match"] = {"cap": now.cap, "matched": now.matched, "held": now.held, "left": now.match_left}
    answer = JsonResponse(facts)
    answer["Cache-Control"] = BRIEFLY
    answer["Access-Control-Allow-Origin"] = "*"  # public numbers, read without cookies
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _shown(slug: str) -> Campaign:
    found: Campaign = get_object_or_404(
        Campaign.objects.shown().select_related("currency", "fund", "picture", "lead_gift"), slug=slug
    )
    return found


def _share_words(shown: Campaign) -> tuple[str, str]:
    return shown.title, Organisation.load().name


def _share_address(shown: Campaign) -> str:
    return share_answer.address(reverse("donations:campaign_share", args=[shown.slug]), *_share_words(shown))
