"""Unknown migrations: whether a database was made by another version of the site, which this one cannot carry on."""

from collections.abc import Iterable

from django.db.migrations.loader import MigrationLoader


def unknown(applied: Iterable[tuple[str, str]]) -> str:
    """The migrations that this version does not know, as a sentence names them; empty when it knows all of them."""
    loader = MigrationLoader(None)
    known = {*loader.disk_migrations, *(old for one in loader.disk_migrations.values() for old in one.replaces)}
    names = [f"{app}.{name}" for app, name in applied if (app, name) not in known]
    return ", ".join(names[:3]) + (" …" if names[3:] else "")
