"""Template tag against restored forms: nobody who comes back to a public form after leaving finds what was typed."""

from typing import Any

from django import template
from django.middleware.csrf import get_token
from django.utils.crypto import salted_hmac
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def until_left(context: dict[str, Any]) -> SafeString:
    """{% until_left %}: the form's first field, where no script runs (with scripts, site.js empties the form). Its name
    goes with the CSRF cookie that leaving ends: Chromium and Safari put back what was typed only where the first names
    are the same.
    """
    get_token(context["request"])
    name = name_until_left(context["request"].META["CSRF_COOKIE"])
    return format_html('<noscript><input type="hidden" name="{}"></noscript>', name)


def name_until_left(secret: str) -> str:
    """Return the name that goes with this secret of a browser's forms, as its CSRF cookie holds it."""
    return f"form-{salted_hmac('foundation.access.until_left', secret).hexdigest()[:8]}"
