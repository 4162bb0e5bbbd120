"""How often a campaign's page was opened: one number a day, and nothing of who opened it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from donations.models.campaigns import Campaign


class CampaignViews(models.Model):
    """The count of one campaign and day (the organisation's own calendar). donations/campaigns/funnel.py writes it."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="views")
    day = models.DateField(db_index=True)
    seen = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("views of a campaign")
        constraints = [models.UniqueConstraint(fields=["campaign", "day"], name="campaign_views_once_a_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.seen}"
