"""What load_content wrote, remembered, so that it never undoes what a person did since."""

import hashlib
import json
from decimal import Decimal
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class Loaded(models.Model):
    """The fingerprint of one row or page as load_content left it. A row that is gone was deleted by a person."""

    key = models.CharField(max_length=200, unique=True)
    fingerprint = models.CharField(max_length=64)
    loaded_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.key


class Verdict(models.TextChoices):
    """What load_content may do with one row."""

    CREATE = "made"
    UPDATE = "brought up to date"
    SAME = "as it was"
    CHANGED = "changed by a person since, left alone"
    DELETED = "deleted by a person, left out"


def decide(key: str, current: Any, wanted: Any, *, adopt: bool = False) -> Verdict:
    """Compare what stands there (None: nothing) with what was loaded last time and what is wanted now.

    `adopt` says that a row which we never loaded may be taken over: a settings row with nothing but defaults.
    """
    last = Loaded.objects.filter(key=key).values_list("fingerprint", flat=True).first()
    if current is None:
        return Verdict.DELETED if last else Verdict.CREATE
    now = fingerprint(current)
    if now == fingerprint(wanted):
        return Verdict.SAME
    if now == last or (last is None and adopt):
        return Verdict.UPDATE
    return Verdict.CHANGED


def remember(key: str, content: Any) -> None:
    """Call it with the content as it stands after writing."""
    Loaded.objects.update_or_create(key=key, defaults={"fingerprint": fingerprint(content)})


def fingerprint(content: Any) -> str:
    """The same for the same content, whatever the ids that Wagtail gave to its blocks."""
    text = json.dumps(_plain(content), cls=DjangoJSONEncoder, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _plain(value) for key, value in content.items() if key != "id"}
    if isinstance(content, list | tuple):
        return [_plain(item) for item in content]
    if isinstance(content, Decimal):
        return f"{content.normalize():f}"
    return content
