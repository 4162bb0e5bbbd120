"""What load_content wrote, remembered, so that it never undoes what an editor did since."""

import hashlib
import json
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


def fingerprint(content: Any) -> str:
    """The same for the same content, whatever the ids that Wagtail gave to its blocks."""
    text = json.dumps(_without_ids(content), cls=DjangoJSONEncoder, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _without_ids(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _without_ids(value) for key, value in content.items() if key != "id"}
    if isinstance(content, list | tuple):
        return [_without_ids(item) for item in content]
    return content
