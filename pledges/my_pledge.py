"""What a supporter does with their signature on My page: take it back."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from pledges import pledging
from pledges.models import Signature
from supporters import visits


@require_POST
@visits.required
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody else's signature is not there. One that has ended stays ended."""
    supporter = request.supporter  # type: ignore[attr-defined]
    signature = Signature.objects.filter(pk=pk, supporter=supporter).first()
    if signature is None:
        raise Http404
    pledging.withdraw(signature)
    return redirect(reverse("supporters:my") + "?done=withdrawn#pledge")
