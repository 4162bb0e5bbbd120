"""Small page types that differ by what they are for: toolkit, questions, documents."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel

from awareness.listings import SECTIONS, BodyPage


class ToolkitPage(BodyPage):
    """What a church or a business can do: checklists, files, and phone lines to print."""

    class Audience(models.TextChoices):
        CHURCH = "church", _("Churches")
        BUSINESS = "business", _("Businesses")
        SCHOOL = "school", _("Schools")
        OTHER = "other", _("Others")

    audience = models.CharField(_("for"), max_length=10, choices=Audience.choices)

    template = "awareness/toolkit_page.html"
    parent_page_types = SECTIONS
    subpage_types: list[str] = []
    content_panels = [*BodyPage.content_panels, FieldPanel("audience")]

    @property
    def has_lists(self) -> bool:
        """Whether there is any checklist."""
        return any(child.block_type == "checklist" for child in self.body)

    class Meta:
        verbose_name = _("toolkit")


class FaqPage(BodyPage):
    """FAQ: questions by heading. Each opens by itself and has an anchor of its own."""

    template = "awareness/faq_page.html"
    parent_page_types = SECTIONS
    subpage_types: list[str] = []

    class Meta:
        verbose_name = _("questions and answers")


class DocumentsPage(BodyPage):
    """Downloads by heading, and charts from the ledger: the library, and financials."""

    template = "awareness/documents_page.html"
    parent_page_types = SECTIONS
    subpage_types: list[str] = []

    class Meta:
        verbose_name = _("documents")
