"""Validators of every URL that staff type: a page of ours, or another site by https."""

import re
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

# Browsers take // and /\\ for the beginning of another site's name, and leave line breaks out.
OURS = re.compile(r"(/(?![/\\])|#)[^\s\\]*")
NO_SITE = _("This is no address of a site: it begins with https://")


def check(value: str) -> None:
    """Raise ValidationError unless this leads to a page of ours (/give/, #part) or to another site (https://…)."""
    if value and not OURS.fullmatch(value):
        if not value.startswith("https://"):
            raise ValidationError(_("An address begins with / or https://"), code="address")
        check_site(value)


def check_site(value: str, schemes: tuple[str, ...] = ("https",)) -> None:
    """Raise ValidationError unless this is https:// and a site's name, without a user in front of it."""
    if value:
        URLValidator(schemes=schemes, message=NO_SITE)(value)
        if "@" in value.split("/")[2]:
            raise ValidationError(_("An address with a user in front of the site's name misleads."), code="address")


def check_source(value: str) -> None:
    """The page of a publisher, who may be without https."""
    check_site(value, ("https", "http"))


def field(name: str, value: str, rule: Callable[[str], None] = check_site) -> None:
    """For the `clean` of a model: raise the ValidationError beside the field of that name."""
    try:
        rule(value)
    except ValidationError as error:
        raise ValidationError({name: error}) from None
