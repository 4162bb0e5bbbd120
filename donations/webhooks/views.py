"""Webhook endpoint of Stripe, and the status codes that it goes by."""

import logging

from django.core.exceptions import RequestDataTooBig
from django.db import DataError
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from donations.stripe.errors import ForgedError
from donations.webhooks import inbox

log = logging.getLogger(__name__)
RETRY_AFTER = 60  # seconds until the sender of a webhook may retry


@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """Stripe's webhook endpoint. 200: stored. 400: not from Stripe. 413: too large. 503: not stored, Stripe retries."""
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > inbox.LARGEST:
            return HttpResponse(status=413)
        inbox.receive(request.body, request.headers.get("Stripe-Signature", ""))
    except (ForgedError, UnreadablePostError, ValueError, DataError) as error:  # the last: no text can hold it
        log.info("webhook refused: %s", error)
        return HttpResponse(status=400)
    except RequestDataTooBig:
        return HttpResponse(status=413)
    except (DatabaseError, OSError):  # away, locked, or no room: on its disk or on ours
        log.exception("webhook not kept")
        return HttpResponse(status=503, headers={"Retry-After": str(RETRY_AFTER)})
    return HttpResponse(status=200)
