"""Tables of the panel's lists, whose cells are written in code: Wagtail has a template for each, 450 on one page.

Only the two kinds of cells of which a list has hundreds are written here, as Wagtail's templates `tables/cell.html` and
`tables/title_cell.html` write them. Every other column draws itself, and the table around the rows is Wagtail's.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.forms.utils import flatatt
from django.template import Context
from django.template.base import render_value_in_context
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from wagtail.admin.ui.tables import BaseColumn, Column, Table, TitleColumn

BODY = "<tbody>"
TITLE = TitleColumn.cell_template_name
CHOICE = re.compile("get_(.+)_display")  # Django's method for the label of a choice

Writer = Callable[[Any, Any], str]


class PlainTable(Table):
    """A table that looks as Wagtail's does, at a fraction of the time."""

    written = False  # while Wagtail's template writes what is around the rows

    @property
    def rows(self) -> Iterator[Any]:
        return iter(()) if self.written else super().rows

    def render_html(self, parent_context: Any = None) -> SafeString:
        self.written = True
        try:
            frame = super().render_html(parent_context)
        finally:
            self.written = False
        before, mark, after = frame.partition(BODY)
        return mark_safe(before + mark + self._body(parent_context or {}) + after)  # noqa: S308  # each part is escaped

    def _body(self, parent_context: Any) -> str:
        around = {"table": self, "request": parent_context.get("request")}
        shape = Context()  # how values are written: escaped, in the reader's language and time zone
        writers = [writer(column, shape) for column in self.columns.values()]
        lines = []
        for row in self.rows:
            context = {**around, "row": row}
            cells = "".join([write(row.instance, context) for write in writers])
            lines.append(f"<tr{_attributes(row.attrs)}>{cells}</tr>\n")
        return "".join(lines)


def writer(column: BaseColumn, shape: Context) -> Writer:
    """What writes the cells of a column: `(row, context)` to HTML. `context` is what Wagtail's columns are given."""
    kind = type(column)
    if kind is Column:
        return _plain(column, shape)
    if kind.render_cell_html is BaseColumn.render_cell_html and column.cell_template_name == TITLE:
        return partial(_title, column, shape)
    return column.render_cell_html


def _plain(column: Column, shape: Context) -> Writer:
    start, value_of = f"<td{_class(column.classname)}>", _reader(column)

    def write(row: Any, context: Any) -> str:
        value = value_of(row)
        if value is None or value == "":
            return f"{start}</td>"
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)  # a number of a row, and no quantity: without separators
        return f"{start}{render_value_in_context(value, shape)}</td>"

    return write


def _reader(column: Column) -> Callable[[Any], Any]:
    """As `column.get_value`: that first takes each row for a dictionary, and looks up the label of a choice by making
    the table of all choices anew.
    """
    name, labels = column.accessor, {}
    if not isinstance(name, str) or "." in name:
        return column.get_value

    def read(row: Any) -> Any:
        field = CHOICE.fullmatch(name)
        if field and (code := getattr(row, field[1], None)) is not None:
            if code not in labels:
                labels[code] = column.get_value(row)
            return labels[code]
        found = getattr(row, name, None)
        return column.get_value(row) if callable(found) or found is None else found

    return read


def _title(column: TitleColumn, shape: Context, row: Any, context: Any) -> str:
    found = column.get_cell_context_data(row, context)
    if found.get("buttons") or not found["link_url"] or found["title_id"]:
        return str(column.cell_template.render(found))
    named = f"{column.classname} title" if column.classname else "title"
    link = f"<a{_attributes(found['link_attrs'])}>{render_value_in_context(found['value'], shape)}</a>"
    return f'<td{_class(named)}><div class="title-wrapper">{link}</div></td>'


def _class(names: str | None) -> str:
    return f' class="{escape(names)}"' if names else ""


def _attributes(attributes: dict[str, Any]) -> str:
    """As Wagtail's `shared/attrs.html`: False is left out, True has no value."""
    return flatatt({name: value if isinstance(value, bool) else str(value) for name, value in attributes.items()})
