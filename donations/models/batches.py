"""Batches of cheques: what staff type from one paying-in slip, until its sum and number are right and it is booked."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from donations.models.columns import money_column


class Batch(models.Model):
    """One paying-in slip. `attempt` (idempotency key) is the form that began it.

    While it is open, `typed` holds what staff typed, as they typed it, and `version` how often that was saved. Once it
    is booked its cheques are gifts, `typed` is empty, and it does not change any more: `total` in minor units of the
    currency, `count` cheques, both as the slip says.
    """

    attempt = models.CharField(max_length=64, unique=True)
    typed = models.JSONField(default=dict)  # {"slip": {field: text}, "rows": [{field: text}]}
    version = models.PositiveIntegerField(default=0)
    banked_on = models.DateField(_("date of the slip"), null=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    total = models.PositiveBigIntegerField(null=True)
    count = models.PositiveIntegerField(_("cheques"), null=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("begun by")
    )
    saved_at = models.DateTimeField(_("last saved"))
    booked_at = models.DateTimeField(_("booked at"), null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("batch of cheques")
        constraints = [
            models.CheckConstraint(
                condition=Q(booked_at=None) | Q(total__gt=0, count__gt=0, banked_on__isnull=False) & ~Q(currency=""),
                name="batch_booked_is_its_slip",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)

    total_text = money_column("total", _("total"))

    @property
    def is_open(self) -> bool:
        return self.booked_at is None

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What was typed of each cheque while it is open."""
        return list(self.typed.get("rows", []))
