"""A cursor for statements that are asked all day: PostgreSQL takes each apart once for a connection, and is sent the
values alone from then on (D-256).
"""

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections


def cursor() -> Any:
    """A cursor as Django's, with its wrappers, for the few statements that are the same whatever is asked: psycopg
    prepares those that come again (`prepare_threshold` of the settings). Raises what the database raises.
    """
    connection: Any = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql" or connection.queries_logged:  # what was prepared, psycopg does not tell
        return connection.cursor()
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        return connection._prepare_cursor(connection.Database.Cursor(connection.connection))


def values(found: list[Any]) -> list[Any]:
    """The values for such a cursor: integers of one width, since each width would make another statement."""
    connection: Any = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql":
        return found
    wide = connection.Database.types.numeric.Int8
    return [wide(value) if type(value) is int else value for value in found]
