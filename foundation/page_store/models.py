"""The publish generation: one row, shared by all processes and hosts."""

from django.db import models


class Generation(models.Model):
    """One row. `number` goes up with each change of what readers may see; pages of an earlier number are made anew."""

    number = models.PositiveBigIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.number)
