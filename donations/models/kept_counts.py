"""Kept counts: numbers of the panel's first page that would be a walk over all gifts each time that somebody looks."""

from django.db import models


class KeptCount(models.Model):
    """One number by its name, and when it was counted (UTC)."""

    name = models.CharField(max_length=40, unique=True)
    number = models.PositiveBigIntegerField()
    counted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.number}"
