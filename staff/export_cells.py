"""The cells of an export as the database writes them, where each of its columns can be said in SQL.

What stands in a cell is what Python makes of a row's field (`str`), byte for byte: tests/staff/test_export_rows.py
compares both for every list. Formulas are made inert afterwards, by one rule in Python (staff/export_rows.py).
"""

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import F, Func, TextField


class Cell(Func):
    """A cell as text: a template for PostgreSQL and one for SQLite. NULL and an empty text are the same empty cell."""

    output_field = TextField()
    postgresql, sqlite = "{}", "{}"

    def _written(self, template: str, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, params = compiler.compile(self.source_expressions[0])
        times = template.count("{}")
        return template.replace("{}", column), list(params) * times

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, Any]:
        return self._written(self.postgresql, compiler, connection)

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, Any]:
        return self._written(self.sqlite, compiler, connection)


class Text(Cell):
    postgresql = "NULLIF({}, '')"  # COPY tells an empty text from none by quotes


class Choice(Text):
    """One of a field's own words, which is never empty."""

    postgresql = "{}"


class Number(Cell):
    """A whole number, and a day: as both databases write them."""


class Truth(Cell):
    postgresql = "CASE WHEN {} THEN 'True' WHEN NOT {} THEN 'False' END"
    sqlite = postgresql


class Moment(Cell):
    """A moment in UTC, the zone of Django's connections: its fraction has six digits, or is left out where there is
    none.
    """

    postgresql = (
        "CASE WHEN octet_length({}::text) IN (22, 29) THEN {}::text || ':00'"
        " ELSE rpad(left({}::text, -3), 26, '0') || '+00:00' END"
    )
    sqlite = (
        "CASE WHEN substr({}, 20) GLOB '*[1-9]*' THEN substr({} || '000000', 1, 26) ELSE substr({}, 1, 19) END"
        " || '+00:00'"
    )


class Share(Cell):
    """A number with six digits behind the point."""

    sqlite = "printf('%%.6f', {})"
    postgresql = "{}"

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, Any]:
        return self._written(f"CASE WHEN {{}} IS NOT NULL THEN {self.sqlite} END", compiler, connection)


KINDS: dict[Any, type[Cell]] = {
    models.BooleanField: Truth,
    models.DateTimeField: Moment,
    models.DateField: Number,
    models.IntegerField: Number,
    models.CharField: Text,
    models.TextField: Text,
}


def of_field(model: type[models.Model], name: str) -> Cell | None:
    """The cell of a field of the row itself. None: Python must write it."""
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    if field.is_relation or not getattr(field, "concrete", False):
        return None
    if isinstance(field, models.DecimalField):
        return Share(F(name)) if field.decimal_places == 6 else None
    if isinstance(field, models.CharField) and field.choices and not field.blank:
        return Choice(F(name))
    found = next((cell for kind, cell in KINDS.items() if isinstance(field, kind)), None)
    return found(F(name)) if found else None


def of_list(view: Any, model: type[models.Model]) -> list[Cell] | None:
    """All cells of a row of that list's file, in their order. None where one of them is none of the database's."""
    say = getattr(view, "export_cell", None)  # of our own lists (staff/list_views.py)
    if say is None or view.custom_field_preprocess:
        return None
    cells = [say(model, name) for name in view.list_export]
    return None if None in cells else cells
