"""Content sync: what load_content wrote is remembered, so that loading again never undoes what a person did since."""

import json
from decimal import Decimal
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone


class LoadedContent(models.Model):
    """A snapshot of one row or page as load_content left it. A row that is missing since was deleted by a person."""

    key = models.CharField(max_length=200, unique=True)
    content = models.JSONField()
    loaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key


class Verdict(models.TextChoices):
    """The decision of a sync: what load_content may do with one row."""

    CREATE = "made"
    UPDATE = "brought up to date"
    SAME = "as it was"
    CHANGED = "changed by a person since, left alone"
    DELETED = "deleted by a person, left out"


class Memory:
    """All snapshots of the last loading, read once and written once: call `keep` at the end."""

    def __init__(self) -> None:
        self._last: dict[str, Any] = dict(LoadedContent.objects.values_list("key", "content"))
        self._new: dict[str, Any] = {}

    def decide(self, key: str, current: Any, wanted: Any, *, adopt: bool = False) -> Verdict:
        """Three-way comparison: the fields in the database (None: no row), those loaded last time and those wanted now.

        Fields that the last loading did not know are no person's change, so a new version may add some or drop some.
        `adopt` says that a row which we never loaded may be taken over: a settings row with nothing but defaults.
        """
        last = self._last.get(key)
        if current is None:
            return Verdict.CREATE if last is None else Verdict.DELETED
        now = plain(current)
        if now == plain(wanted):
            return Verdict.SAME
        if last is None:
            return Verdict.UPDATE if adopt else Verdict.CHANGED
        same = all(now[name] == value for name, value in last.items() if name in now)
        return Verdict.UPDATE if same else Verdict.CHANGED

    def last(self, key: str) -> dict[str, Any]:
        """Return the snapshot of the last loading; empty at first."""
        return self._last.get(key, {})

    def remember(self, key: str, content: Any) -> None:
        """Add a snapshot: call it with the content as it was written."""
        self._new[key] = plain(content)

    def keep(self) -> None:
        now = timezone.now()
        rows = [LoadedContent(key=key, content=content, loaded_at=now) for key, content in self._new.items()]
        LoadedContent.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["key"], update_fields=["content", "loaded_at"]
        )


def plain(content: Any) -> Any:
    """Normalise content to JSON for comparison, field by field: without the ids that Wagtail gives to blocks; nested
    fields that are empty do not count, so that a block may gain an optional one.
    """
    data = json.loads(json.dumps(_plain_numbers(content), cls=DjangoJSONEncoder))
    return {name: _full(value) for name, value in data.items()}


def _full(content: Any) -> Any:
    if isinstance(content, dict):
        return {
            key: _full(value) for key, value in content.items() if key != "id" and value not in ("", None, [], False)
        }
    if isinstance(content, list):
        return [_full(item) for item in content]
    return content


def _plain_numbers(content: dict[str, Any]) -> dict[str, Any]:
    """Normalise decimals: 5 and 5.0000 are one number."""
    return {name: f"{value.normalize():f}" if isinstance(value, Decimal) else value for name, value in content.items()}
