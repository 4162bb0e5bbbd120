"""Audit log: what the panel records about exports and actions. Wagtail keeps the log and shows it in Site history."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import LogFormatter
from wagtail.models import ModelLogEntry


def forget_name(row: models.Model) -> None:
    """At an erasure: the audit log keeps what staff did with a row, and no longer what the row was called."""
    forget_names(type(row), [row.pk])


def forget_names(model: type[models.Model], keys: Iterable[Any]) -> None:
    """The same of many rows of one kind."""
    kind = ContentType.objects.get_for_model(model)
    ModelLogEntry.objects.filter(content_type=kind, object_id__in=list(map(str, keys))).update(label="")


def move(row: models.Model, other: models.Model) -> None:
    """At a merge: what the audit log says of the first row, it says of the other, of the same kind."""
    kind = ContentType.objects.get_for_model(row)
    ModelLogEntry.objects.filter(content_type=kind, object_id=str(row.pk)).update(object_id=str(other.pk))


def about(rows: Iterable[models.Model]) -> models.QuerySet[ModelLogEntry]:
    """What the audit log says of these rows, in its order."""
    ids: dict[type[models.Model], list[str]] = defaultdict(list)
    for row in rows:
        ids[type(row)].append(str(row.pk))
    wanted = models.Q(pk__in=[])
    for model, some in ids.items():
        wanted |= models.Q(content_type=ContentType.objects.get_for_model(model), object_id__in=some)
    found: models.QuerySet[ModelLogEntry] = ModelLogEntry.objects.filter(wanted).order_by("pk")
    return found


class ExportLine(LogFormatter):
    """Audit log entry of an export, under the user who took it."""

    label = _("Export")

    def format_message(self, log_entry: Any) -> str:
        line = gettext("Exported %(rows)s rows of %(what)s as %(format)s")
        return _of_list(line, log_entry.data)


class AskedLine(LogFormatter):
    """Audit log entry of a large list that somebody asked for as a file; fetching it is an entry of its own."""

    label = _("Export asked for")

    def format_message(self, log_entry: Any) -> str:
        return _of_list(gettext("Asked for a file of %(what)s as %(format)s"), log_entry.data)


def _of_list(line: str, data: dict[str, Any]) -> str:
    try:
        what = str(apps.get_model(data["list"])._meta.verbose_name_plural)
    except (LookupError, ValueError):  # a report has a title instead
        what = data["list"]
    line %= {"rows": data.get("rows"), "what": what, "format": data["format"].upper()}
    return f"{line} ({', '.join(data['filters'])})" if data["filters"] else line


class ActionLine(LogFormatter):
    """Audit log entry of an action: a button that was pressed on a detail page, and what came of it."""

    label = _("Button")

    def format_message(self, log_entry: Any) -> str:
        label, sentence = log_entry.data.get("label", ""), log_entry.data.get("sentence", "")
        return f"{label}: {sentence}" if sentence else str(label)
