"""Rows that are written once and never changed: a record of what happened."""

from typing import Any, ClassVar, TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


class GrowsOnlyError(Exception):
    """Somebody tried to change or delete what happened."""


class GrowingQuerySet(models.QuerySet[Row]):
    def update(self, **kwargs: Any) -> int:
        raise GrowsOnlyError(f"{self.model.__name__} rows are never changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise GrowsOnlyError(f"{self.model.__name__} rows are never deleted")


class GrowingManager(models.Manager[Row]):
    def get_queryset(self) -> GrowingQuerySet[Row]:
        return GrowingQuerySet(self.model, using=self._db)


class GrowsOnly(models.Model):
    """Base of such rows. Raises GrowsOnlyError on every way to change one that Django offers.

    What goes past Django is refused by the database: see triggers. Fields in `may_move` say whose a row is.
    """

    may_move: ClassVar[tuple[str, ...]] = ()
    objects: ClassVar[GrowingManager[Any]] = GrowingManager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise GrowsOnlyError(f"{type(self).__name__} {self.pk} is written already")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise GrowsOnlyError(f"{type(self).__name__} {self.pk} stays")

    def move_to(self, **whose: models.Model) -> None:
        """Say that the row is about another row of the same person. Raises GrowsOnlyError for any other field."""
        if not set(whose) <= set(self.may_move):
            raise GrowsOnlyError(f"{type(self).__name__} {self.pk} is written already")
        models.QuerySet(type(self)).filter(pk=self.pk).update(**whose)
