"""Data export of one person: every column of the rows about them, and a zip of CSV files that a person can open."""

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from staff.cells import inert

LEFT_OUT = ("id", "supporter")  # our own numbers: they say nothing of a person
ABOUT = "about-me"  # the table of all that stands by itself
BOM = "utf-8-sig"  # spreadsheet programs know by its mark how names are written


class Facts(dict[str, Any]):
    """One row as its person is told of it. `row` is where it came from."""

    def __init__(self, row: models.Model, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.row = row


def facts(row: models.Model, leave_out: tuple[str, ...] = (), /, **shown: Callable[[Any], Any]) -> Facts:
    """Return every column of a row by its name, so that one that is added later is told too.

    `shown` says how a column is told that only we could read: a sum in minor units, the key of another row.
    """
    columns = [field for field in row._meta.concrete_fields if field.name not in (*LEFT_OUT, *leave_out)]
    return Facts(
        row,
        {
            field.name.replace("_", " "): shown[field.name](row)
            if field.name in shown
            else field.value_from_object(row)
            for field in columns
        },
    )


def every_row(told: Any) -> Iterator[models.Model]:
    """Every row of which something is told."""
    if isinstance(told, Facts):
        yield told.row
    if isinstance(told, dict | list):
        for part in told.values() if isinstance(told, dict) else told:
            yield from every_row(part)


def every_text(told: Any) -> Iterator[str]:
    """Every text that is told."""
    if isinstance(told, dict | list):
        for part in told.values() if isinstance(told, dict) else told:
            yield from every_text(part)
    elif isinstance(told, str):
        yield told


def as_file(told: dict[str, Any], kind: str, name: str) -> HttpResponse:
    """Return an export as a download: all of it as "json", or its tables for a spreadsheet program as "zip"."""
    if kind == "zip":
        answer = HttpResponse(as_zip(told), content_type="application/zip")
    else:
        shape = {"indent": 1, "ensure_ascii": False}
        answer = JsonResponse(told, encoder=DjangoJSONEncoder, json_dumps_params=shape)
    answer["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return answer


def as_zip(told: dict[str, Any]) -> bytes:
    """Write an export as CSV files, one for each kind of thing, in one zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in _tables(told).items():
            archive.writestr(f"{name}.csv", _csv(rows).encode(BOM))
    return packed.getvalue()


def _tables(told: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Lists become tables of their own; what stands by itself becomes lines of one table."""
    tables: dict[str, list[dict[str, Any]]] = {ABOUT: []}
    for part in told.values():
        alone = {}
        for key, value in part.items():
            if isinstance(value, list) and value and isinstance(value[0], dict):
                tables[key.replace(" ", "-")] = [_flat(row) for row in value]
            else:
                alone[key] = value
        tables[ABOUT] += [{"what": key, "value": value} for key, value in _flat(alone).items()]
    return tables


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """One line: what stands in a group gets the group's name before its own."""
    line: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            line |= {f"{key} {inner}": found for inner, found in _flat(value).items()}
        else:
            line[key] = value
    return line


def _csv(rows: list[dict[str, Any]]) -> str:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(columns)
    table.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    """As people read it, and as no spreadsheet program takes it for a formula. Moments are on our own calendar."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(" ", "seconds")
    if isinstance(value, list):
        return inert("; ".join(str(each) for each in value))
    return inert(value if isinstance(value, int) else str(value))
