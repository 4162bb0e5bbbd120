"""Topics and authors of articles."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Topic(models.Model):
    """A subject by which readers filter articles."""

    name = models.CharField(_("name"), max_length=60)
    slug = models.SlugField(_("short name"), unique=True, max_length=60, help_text=_("It stands in the address."))

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Author(models.Model):
    """Somebody who signs articles."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("short name"), unique=True, max_length=80)
    about = models.TextField(_("about"), blank=True, max_length=300, help_text=_("One sentence below their articles."))

    class Meta:
        verbose_name = _("author")
        verbose_name_plural = _("authors")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
