"""Settings of the thank-you page: the one quiet act that it offers."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting

from foundation.organisation import addresses


@register_setting(icon="pick", order=3)
class ThankYou(BaseGenericSetting):
    """What staff choose for the thank-you page, one row. It never asks for money a second time."""

    class Act(models.TextChoices):
        PLEDGE = "pledge", _("sign the pledge")
        SHARE = "share", _("tell somebody: the campaign, else the front page")
        EMPLOYER = "employer", _("ask the employer to double the gift")

    act = models.CharField(
        _("what it offers at its end"),
        max_length=10,
        choices=Act.choices,
        default=Act.PLEDGE,
        help_text=_("One thing, in one line. No page asks for money twice."),
    )
    employer_address = models.CharField(
        _("page about employers who double gifts"),
        max_length=300,
        blank=True,
        help_text=_("A page of yours, or a site where donors look their employer up."),
    )
    employer_words = models.CharField(
        _("words before that link"),
        max_length=160,
        blank=True,
        help_text=_("Empty: “Your employer may double this gift.”"),
    )

    panels = [FieldPanel("act"), FieldPanel("employer_address"), FieldPanel("employer_words")]

    class Meta:
        verbose_name = _("Thank-you page")

    def clean(self) -> None:
        """Raise ValidationError for a link that leads nowhere: nothing is said of employers without one."""
        super().clean()
        addresses.field("employer_address", self.employer_address, addresses.check)
        if self.act == self.Act.EMPLOYER and not self.employer_address:
            raise ValidationError({"employer_address": _("Please say where donors can look their employer up.")})
