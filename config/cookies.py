"""Every cookie that this site sets, for readers: its name, what it is for, and how long it stays."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from donations.giving import keepsake, retyped
from foundation.organisation import retention
from staff import browsers
from supporters import visits

KNOWN = browsers.KEPT // 86400  # days
UNTIL_CLOSED = _("until you close the browser")


def table() -> list[tuple[str, Any, Any]]:
    """Pages for reading set none of them."""
    form = _("On pages with a form: nobody else can send it in your name")
    typed = _("On the giving form, where no JavaScript runs: what you typed, until it is sent")
    mine = _("half an hour after the last thing you do there")
    return [
        (settings.CSRF_COOKIE_NAME, form, UNTIL_CLOSED),
        (keepsake.NAME, _("On the giving form: nothing is charged twice"), retention.said(keepsake.LIFE // 86400)),
        (retyped.NAME, typed, _("ten minutes")),
        (visits.COOKIE, _("On your own page: it stays open"), mine),
        (settings.SESSION_COOKIE_NAME, _("For members of staff who sign in"), UNTIL_CLOSED),
        (browsers.COOKIE, _("For members of staff: others cannot lock them out"), retention.said(KNOWN)),
    ]
