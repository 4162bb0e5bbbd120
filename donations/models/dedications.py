"""Dedications: in whose honour or memory a gift is given; and the corrected e-mail addresses of gifts."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from donations.models.gifts import Gift


class Dedication(models.Model):
    """For whom a gift is given, and the card that tells somebody so. The card never names the sum."""

    class Kind(models.TextChoices):
        HONOUR = "honour", _("in honour of")
        MEMORY = "memory", _("in memory of")

    gift = models.OneToOneField(Gift, on_delete=models.PROTECT, related_name="dedication")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=200)
    card_to = models.EmailField(_("card to"), max_length=254, blank=True)  # forgotten some time after the card left
    card_from = models.CharField(_("card from"), max_length=200, blank=True)
    message = models.TextField(_("message"), blank=True)
    card_on = models.DateField(_("card on"), null=True, blank=True)  # on the organisation's own calendar
    card_written_at = models.DateTimeField(_("card written"), null=True, blank=True)

    class Meta:
        verbose_name = _("dedication")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"


class AddressChange(models.Model):
    """One corrected e-mail address of a gift: by the browser that made it (nobody in `changed_by`), or by staff."""

    gift = models.ForeignKey(Gift, on_delete=models.PROTECT, related_name="address_changes")
    before = models.EmailField(_("before"), max_length=254, blank=True)
    after = models.EmailField(_("after"), max_length=254, blank=True)
    check_made = models.CharField(_("how it was checked"), max_length=300, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    changed_at = models.DateTimeField(_("changed"), auto_now_add=True)

    class Meta:
        verbose_name = _("address put right")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"
