"""Append-only models: rows that are written once and never changed, a record of what happened."""

from typing import Any, ClassVar, TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


class AppendOnlyError(Exception):
    """Somebody tried to change or delete an append-only row."""


class AppendOnlyQuerySet(models.QuerySet[Row]):
    def update(self, **kwargs: Any) -> int:
        raise AppendOnlyError(f"{self.model.__name__} rows are never changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError(f"{self.model.__name__} rows are never deleted")


class AppendOnlyManager(models.Manager[Row]):
    def get_queryset(self) -> AppendOnlyQuerySet[Row]:
        return AppendOnlyQuerySet(self.model, using=self._db)


class AppendOnlyModel(models.Model):
    """Base of append-only models. Raises AppendOnlyError on every way to change a row that Django offers.

    What goes past Django is refused by the database: see triggers. Fields in `may_move` say whose a row is.
    """

    may_move: ClassVar[tuple[str, ...]] = ()
    objects: ClassVar[AppendOnlyManager[Any]] = AppendOnlyManager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError(f"{type(self).__name__} {self.pk} is written already")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError(f"{type(self).__name__} {self.pk} stays")

    def move_to(self, **whose: models.Model) -> None:
        """Reassign the row to another row of the same person (merge). Raises AppendOnlyError for any other field."""
        if not set(whose) <= set(self.may_move):
            raise AppendOnlyError(f"{type(self).__name__} {self.pk} is written already")
        models.QuerySet(type(self)).filter(pk=self.pk).update(**whose)
