"""Two reports of the panel, with CSV export: pages due for review, and broken links."""

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from wagtail.admin import messages
from wagtail.admin.filters import ContentTypeFilter, WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.reports import PageReportView, ReportView
from wagtail.models import Page, get_page_content_types
from wagtail.permissions import page_permission_policy

from awareness import found_links, reviews
from awareness.found_links import WRONG, FoundLink
from foundation.organisation.models import Organisation

WRITERS = ["add", "change", "publish"]


def may_read(user: Any) -> bool:
    return page_permission_policy.user_has_any_permission(user, WRITERS)


class ReportItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return may_read(request.user)


class ReviewFilters(WagtailFilterSet):
    which = django_filters.ChoiceFilter(
        label=_("Which"),
        choices=[("all", _("Every published page"))],
        empty_label=_("Not reviewed for a year"),
        method="of_age",
        widget=forms.RadioSelect,
    )
    content_type = ContentTypeFilter(
        label=_("Type"), queryset=lambda request: get_page_content_types(include_base_page_type=False)
    )

    class Meta:
        model = Page
        fields = ["content_type"]

    def filter_queryset(self, queryset: QuerySet[Page]) -> QuerySet[Page]:
        """Without the filter “which”: only pages that are due."""
        found: QuerySet[Page] = super().filter_queryset(queryset)
        if self.form.cleaned_data.get("which"):
            return found
        return found.filter(read_on__lte=Organisation.load().today() - reviews.A_YEAR)

    def of_age(self, rows: QuerySet[Page], name: str, value: str) -> QuerySet[Page]:
        return rows


class ReviewReport(PageReportView):
    """Review report: pages by the day on which somebody last said that they are still right."""

    page_title = _("Pages to review")
    header_icon = "check"
    index_url_name = "review_report"
    index_results_url_name = "review_report_results"
    results_template_name = "awareness/reports/reviews.html"
    filterset_class = ReviewFilters
    any_permission_required = WRITERS
    list_export = ["title", "url_path", "read_on", "reviewed_on", "status_string"]
    export_headings = {
        "title": _("Title"),
        "url_path": _("Address"),
        "read_on": _("Reviewed or first published"),
        "reviewed_on": _("Reviewed on"),
        "status_string": _("Status"),
    }

    def get_queryset(self) -> QuerySet[Page]:
        mine = page_permission_policy.instances_user_has_any_permission_for(self.request.user, WRITERS)
        self.queryset = reviews.dated(mine).select_related("review", "review__by", "content_type")
        found: QuerySet[Page] = super().get_queryset()
        return found


class LinkFilters(WagtailFilterSet):
    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=FoundLink.State.choices,
        empty_label=_("Something is wrong"),
        widget=forms.RadioSelect,
    )

    class Meta:
        model = FoundLink
        fields = ["state", "kind"]

    def filter_queryset(self, queryset: QuerySet[FoundLink]) -> QuerySet[FoundLink]:
        found: QuerySet[FoundLink] = super().filter_queryset(queryset)
        return found if self.form.cleaned_data.get("state") else found.filter(state__in=WRONG)


class LinkReport(ReportView):
    """Broken link report: what the pages link to and what is wrong with it."""

    page_title = _("Broken links")
    header_icon = "link"
    index_url_name = "link_report"
    index_results_url_name = "link_report_results"
    results_template_name = "awareness/reports/links.html"
    filterset_class = LinkFilters
    permission_policy = page_permission_policy
    any_permission_required = WRITERS
    list_export = ["page.title", "target", "get_kind_display", "get_state_display", "status", "why", "checked_at"]
    export_headings = {
        "page.title": _("Page"),
        "target": _("Leads to"),
        "get_kind_display": _("Kind"),
        "get_state_display": _("State"),
        "status": _("Status"),
        "why": _("Why"),
        "checked_at": _("Asked on"),
    }

    def get_queryset(self) -> QuerySet[FoundLink]:
        self.queryset = FoundLink.objects.select_related("page").order_by("state", "page__title", "target")
        found: QuerySet[FoundLink] = super().get_queryset()
        return found


def mark_reviewed(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a page as reviewed, by a page with one button: I read it, and it is still right."""
    page = get_object_or_404(Page, pk=pk, live=True)
    if not page.permissions_for_user(request.user).can_edit():
        raise PermissionDenied
    if request.method != "POST":
        return render(request, "awareness/reports/mark_reviewed.html", {"page": page})
    reviews.mark(page, request.user)
    messages.success(request, gettext("“%(title)s” is marked as reviewed today.") % {"title": page.title})
    return redirect("review_report" if "report" in request.POST else reverse("wagtailadmin_pages:edit", args=[page.pk]))


@require_POST
def look_again(request: HttpRequest) -> HttpResponse:
    if not may_read(request.user):
        raise PermissionDenied
    found_links.walk_soon()
    messages.success(request, gettext("The worker looks at every link now. Come back in a few minutes."))
    return redirect("link_report")


def addresses() -> list[URLPattern]:
    return [
        path("reports/reviews/", ReviewReport.as_view(), name="review_report"),
        path("reports/reviews/results/", ReviewReport.as_view(results_only=True), name="review_report_results"),
        path("reports/links/", LinkReport.as_view(), name="link_report"),
        path("reports/links/results/", LinkReport.as_view(results_only=True), name="link_report_results"),
        path("reports/links/look/", look_again, name="look_again"),
        path("pages/<int:pk>/reviewed/", mark_reviewed, name="mark_reviewed"),
    ]
