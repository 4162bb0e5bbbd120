"""Content review: when somebody last read a page through and found it still right."""

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce, TruncDate
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log
from wagtail.models import Page
from wagtail.query import PageQuerySet

from foundation.organisation.models import Organisation

A_YEAR = timedelta(days=365)


class Review(models.Model):
    """One review of one page. A row of its own: a review makes no new revision of the page."""

    page = models.OneToOneField(Page, on_delete=models.CASCADE, related_name="review", verbose_name=_("page"))
    reviewed_on = models.DateField(_("reviewed on"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("review")

    def __str__(self) -> str:
        return f"{self.page_id}: {self.reviewed_on}"


def mark(page: Page, user: Any) -> Review:
    """Mark the page as reviewed today, on the organisation's own calendar."""
    today = Organisation.load().today()
    review, _made = Review.objects.update_or_create(page=page, defaults={"reviewed_on": today, "by": user})
    log(page, "staff.action", user=user, data={"action": "review", "label": gettext("Reviewed")})
    return review


def dated(pages: PageQuerySet) -> PageQuerySet:
    """Annotate published pages, oldest first, with `reviewed_on`, which may be None, and `read_on`: the day of the last
    review or, before there is one, the day of first publication.
    """
    zone = Organisation.load().zone
    first = TruncDate("first_published_at", tzinfo=zone)
    return (
        pages.filter(live=True, depth__gt=1)
        .annotate(
            reviewed_on=models.F("review__reviewed_on"),
            read_on=Coalesce("review__reviewed_on", first, output_field=models.DateField()),
        )
        .order_by("read_on", "pk")
    )


def due(pages: PageQuerySet, today: date) -> PageQuerySet:
    """Pages that were not reviewed for a year."""
    return dated(pages).filter(read_on__lte=today - A_YEAR)
