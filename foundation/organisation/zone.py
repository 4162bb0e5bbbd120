"""Time zone of pages: they show dates on the organisation's own calendar, as receipts and letters do."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from foundation.organisation.models import Organisation

View = Callable[..., HttpResponse]


def on_our_calendar(view: View) -> View:
    """Decorator: what the view renders has its days in the organisation's time zone, and in no other's."""

    @wraps(view)
    def shown(*args: Any, **kwargs: Any) -> HttpResponse:
        with timezone.override(Organisation.load().zone):
            return view(*args, **kwargs)

    return shown
