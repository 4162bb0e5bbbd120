"""Job and internship postings: published with a closing day, 404 after it."""

from datetime import datetime, time, timedelta
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.search import index

from awareness.listings import BodyPage, ListingPage
from foundation.organisation.context import organisation
from foundation.organisation.models import Organisation


class JobIndexPage(ListingPage):
    """Page type: the list of open postings, those that close first at the top."""

    template = "awareness/job_index_page.html"
    subpage_types = ["awareness.JobPage"]

    class Meta:
        verbose_name = _("jobs and internships")

    def listed(self, request: HttpRequest) -> QuerySet[Any]:
        still_open = Q(closes_on__isnull=True) | Q(closes_on__gte=organisation(request).today())
        jobs = JobPage.objects.child_of(self).live().filter(still_open)
        return jobs.order_by(models.F("closes_on").asc(nulls_last=True), "-pk")


class JobPage(BodyPage):
    """Page type: one posting. From the day after it closes it answers 404."""

    class Kind(models.TextChoices):
        FULL_TIME = "full", _("Full time")
        PART_TIME = "part", _("Part time")
        INTERNSHIP = "intern", _("Internship")
        VOLUNTEER = "volunteer", _("Volunteer")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    place = models.CharField(_("place"), max_length=120, help_text=_("A town, or: anywhere."))
    pay = models.CharField(_("pay"), max_length=120, blank=True, help_text=_("A range for a year, month or hour."))
    closes_on = models.DateField(
        _("closes on"), null=True, blank=True, help_text=_("The last day to apply. Empty: open until filled.")
    )
    apply_to = models.EmailField(_("apply to"), help_text=_("The address that applications go to."))

    template = "awareness/job_page.html"
    parent_page_types = ["awareness.JobIndexPage"]
    subpage_types: list[str] = []
    search_fields = [*BodyPage.search_fields, index.SearchField("place"), index.FilterField("closes_on")]
    content_panels = [
        *BodyPage.content_panels,
        MultiFieldPanel(
            [
                FieldPanel("kind"),
                FieldPanel("place"),
                FieldPanel("pay"),
                FieldPanel("closes_on"),
                FieldPanel("apply_to"),
            ],
            heading=_("The posting"),
        ),
    ]

    class Meta:
        verbose_name = _("job or internship")

    @property
    def is_open(self) -> bool:
        return self.closes_on is None or self.closes_on >= Organisation.load().today()

    @property
    def line(self) -> str:
        kind = f"{self.get_kind_display()} · {self.place}"
        closes = _("until %(day)s") % {"day": date_format(self.closes_on, "DATE_FORMAT")} if self.closes_on else ""
        return f"{kind} · {closes}" if closes else kind

    def clean(self) -> None:
        """Set the expiry date of the page to its closing day, so that search, sitemap and feeds lose it too."""
        super().clean()
        if self.closes_on:
            zone = Organisation.load().zone
            self.expire_at = datetime.combine(self.closes_on + timedelta(days=1), time.min, tzinfo=zone)

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.is_open and not getattr(request, "is_preview", False):
            raise Http404
        return super().serve(request, *args, **kwargs)
