"""Retention periods of personal data: settings.RETENTION, in days (config/retention_days.py)."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import ngettext


def days(what: str) -> int:
    """Return a retention period in days. KeyError for a line that the table does not have."""
    return int(settings.RETENTION[what])


def said(days: int) -> str:
    """Return a number of days as text, in the language of this moment."""
    return ngettext("%(days)s day", "%(days)s days", days) % {"days": days}


def end(what: str) -> datetime:
    """Return the cut-off (UTC): what is older than this moment is forgotten."""
    return timezone.now() - timedelta(days=days(what))


def drop(rows: QuerySet[Any], dry: bool = False) -> int:
    """Delete these rows, or with `dry` only count them. Returns how many."""
    count = rows.count()
    if not dry:
        rows.delete()
    return count


def blank(rows: QuerySet[Any], dry: bool = False, **fields: Any) -> int:
    """Put these values into these rows, or with `dry` only count them. Returns how many."""
    return rows.count() if dry else rows.update(**fields)
