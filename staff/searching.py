"""A quotation mark in a search box: SQLite's index takes it for the end of a word that never began."""

from importlib import import_module
from typing import Any

from django.conf import settings


def replace() -> None:
    """Wagtail's index in SQLite writes each word between quotation marks and leaves those inside as they are, so that
    the search for `"` was an error. Doubled, they are part of the word.
    """
    if not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        return
    lexeme = import_module("modelsearch.backends.database.sqlite.query").Lexeme
    stock = lexeme.as_sql

    def as_sql(self: Any, compiler: Any, connection: Any) -> tuple[str, list[str]]:
        sql, params = stock(self, compiler, connection)
        return sql, [word.replace('"', '""') for word in params]

    lexeme.as_sql = as_sql
