"""Cookie list for readers of the privacy page: each cookie that this site sets, its name, purpose and lifetime."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from donations.giving import browser_cookie, form_cookie
from foundation.organisation import retention_periods
from staff import browsers
from supporters import visits

KNOWN = browsers.KEPT // 86400  # days
UNTIL_CLOSED = _("until you close the browser")


def table() -> list[tuple[str, Any, Any]]:
    """Return (name, purpose, lifetime) of each cookie. Pages for reading set none of them."""
    form = _("On pages with a form: nobody else can send it in your name")
    typed = _("On the giving form, when it comes back to you: what you typed, until it is sent")
    mine = _("half an hour after the last thing you do there")
    return [
        (settings.CSRF_COOKIE_NAME, form, UNTIL_CLOSED),
        (
            browser_cookie.NAME,
            _("On the giving form: nothing is charged twice, and it opens in your currency again"),
            retention_periods.said(browser_cookie.LIFE // 86400),
        ),
        (form_cookie.NAME, typed, _("ten minutes")),
        (visits.COOKIE, _("On your own page: it stays open"), mine),
        (settings.SESSION_COOKIE_NAME, _("For members of staff who sign in"), UNTIL_CLOSED),
        (browsers.COOKIE, _("For members of staff: others cannot lock them out"), retention_periods.said(KNOWN)),
    ]
