"""Abstract model of rows that a person at the charity must verify: on which day and who, both or neither."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _


class Checked(models.Model):
    """Verification of a row. It is unverified while `checked_on` is empty."""

    checked_on = models.DateField(
        _("date checked"),
        null=True,
        blank=True,
        help_text=_("The day a person at the charity opened, called or read it. Empty until then."),
    )
    checked_by = models.CharField(_("checked by"), max_length=120, blank=True, help_text=_("For staff. Never shown."))

    class Meta:
        abstract = True

    def clean(self) -> None:
        """Raise ValidationError when one of the two is missing."""
        super().clean()
        if bool(self.checked_on) != bool(self.checked_by):
            raise ValidationError(_("Fill in both the date checked and who checked, or neither."))
