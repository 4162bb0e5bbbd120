"""Days that staff type of what has happened: neither still to come, nor of a year of two digits."""

from django import forms
from django.utils.translation import gettext as _

from foundation.organisation.models import Organisation

FIRST_YEAR = 1900


def check_happened(form: forms.Form, name: str) -> None:
    """Add an error to that field unless its day, if one was read, is past or today on the organisation's calendar.

    A browser's field for a day takes 26 as the year 26, in whose tax year a receipt would stand.
    """
    day = form.cleaned_data.get(name)
    if day is None:
        return
    if day > Organisation.load().today():
        form.add_error(name, _("This day is still to come."))
    elif day.year < FIRST_YEAR:
        form.add_error(name, _("Please write the year with all four digits."))
