"""Search index of the panel: names and addresses, folded and cut into groups of three letters (trigrams).

A model says by `sought_in` which of its columns staff search for words. PostgreSQL has a GIN index over them where its
extension pg_trgm may be created, and is slower without it, never wrong; SQLite has a table of FTS5 that triggers keep.
Both are made after each `migrate`, not by a migration: SQLite drops a table's triggers whenever one rebuilds it, and an
extension that is allowed later is then used.
"""

import re
import sys
import unicodedata
from hashlib import sha256
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connections, transaction
from django.db.models import F, Func, Model, Q, QuerySet, TextField
from django.db.models.expressions import RawSQL

from foundation.jobs import queue as jobs
from foundation.organisation.sought import simple

# Letters that Unicode does not decompose, written as people type them who lack the letter.
ONE = dict(zip("łøđıħŧðς", "lodihtdσ", strict=True))
TWO = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}
PLAIN = str.maketrans({**ONE, **TWO})
ICU = "und-x-icu"  # an ICU collation that lower-cases every letter; that of a database may know ASCII alone
FOLD = "staff_fold"  # the function of that name in both databases
COST = 100  # of FOLD, in the planner's units: about as much as it takes beside the reading of a row
LETTERS = re.compile(r"[^\W_]+")
GROUP = 3  # letters of a trigram


def fold(text: Any) -> str | None:
    """Fold case and accents: Özge, ÖZGE and ozge are one word."""
    if text is None:
        return None
    text = str(text)
    return text.lower() if text.isascii() else simple(text).translate(PLAIN)


def models() -> list[type[Model]]:
    """Return every model that is searched for words."""
    return [model for model in apps.get_models() if "sought_in" in vars(model)]


def find(rows: QuerySet[Any], typed: str) -> QuerySet[Any]:
    """Filter to the rows that have each of these words, wherever in `sought_in`. A word of one or two letters must
    begin there: nothing else of it is in an index.
    """
    words = [word for word in str(fold(typed)).split() if LETTERS.search(word)]
    if not words:
        return rows.none()
    model, connection = rows.model, connections[rows.db]
    table = f"{model._meta.db_table}_sought"
    if connection.vendor == "sqlite":
        long = [word for word in map(_anchored, words) if len(word) >= GROUP]
        wanted = " AND ".join('"{}"'.format(word.replace('"', '""')) for word in long)
        if wanted:
            found = RawSQL(f'SELECT rowid FROM "{table}" WHERE "{table}" MATCH %s', [wanted])  # noqa: S608, S611 - its own name
            rows = rows.filter(pk__in=found)
        words = [word for word in words if len(_anchored(word)) < GROUP]
    if not words:
        return rows
    each = Q(*(("sought__contains", _anchored(word)) for word in words))
    return rows.alias(sought=_text(model)).filter(each)


def _anchored(word: str) -> str:
    """A short word with the blank before it. In scripts that set no blanks it may stand anywhere, and takes longer."""
    short = max(map(len, LETTERS.findall(word))) < GROUP
    return f" {word}" if short and word.isascii() else word


def _text(model: Any) -> Func:
    """All that is searched of a row, folded, as one text with a blank before each part."""
    columns = map(F, model.sought_in)
    joined = "%(function)s(' ' || %(expressions)s)"
    return Func(*columns, function=FOLD, template=joined, arg_joiner=" || ' ' || ", output_field=TextField())


def _sql(model: Any, row: str = "") -> str:
    """The same for an index or a trigger. `row`: "NEW." or "OLD."."""
    return f"{FOLD}(' ' || {_joined(model, row)})"


def _joined(model: Any, row: str) -> str:
    return " || ' ' || ".join(f'{row}"{model._meta.get_field(name).column}"' for name in model.sought_in)


def install(using: str = "default", **signal: Any) -> None:
    """Make function and indexes, after each migrate. Idempotent: what is there and as it should be stays."""
    connection = connections[using]
    there = set(connection.introspection.table_names())
    mine = [model for model in models() if model._meta.db_table in there]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for model in mine:
                _sqlite(cursor, model)
            return
        body = _body(cursor)
        cursor.execute("SELECT prosrc FROM pg_proc WHERE oid = to_regprocedure(%s)", [f"{FOLD}(text)"])
        if cursor.fetchone() != (body,):
            returns = f"{FOLD}(text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST {COST}"
            cursor.execute(f"CREATE OR REPLACE FUNCTION {returns} AS $${body}$$")
        if _trigrams(cursor, using):
            for model in mine:
                _postgresql(cursor, model)


@jobs.every("day")
def tidy() -> None:
    """Write the tables of FTS5 anew: until then they hold the letters of names that were erased or changed since."""
    connection = connections["default"]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for model in models():
                table = f"{model._meta.db_table}_sought"
                cursor.execute(f'INSERT INTO "{table}"("{table}") VALUES (\'optimize\')')  # noqa: S608 - its own name


def _body(cursor: Any) -> str:
    """`fold` as a function of PostgreSQL, which an index may use: the same text always gives the same. One in plain SQL
    is taken apart by the planner, which then holds it for a hundred times cheaper than it is, and walks through a
    million rows for a name that the index finds in a moment.
    """
    cursor.execute("SELECT 1 FROM pg_collation WHERE collname = %s", [ICU])
    collation = f' COLLATE "{ICU}"' if cursor.fetchone() else ""
    text = f"lower(regexp_replace(normalize($1, NFKD), '{_marks()}', '', 'g'){collation})"
    for letter, letters in TWO.items():
        text = f"replace({text}, '{letter}', '{letters}')"
    text = f"translate({text}, '{''.join(ONE)}', '{''.join(ONE.values())}')"
    ascii_alone = 'octet_length($1) = length($1) THEN RETURN lower($1 COLLATE "C")'
    return f"BEGIN IF {ascii_alone}; END IF; RETURN {text}; END"


def _marks() -> str:
    """Return all combining marks, as a character class of a regular expression."""
    marks = [number for number in range(sys.maxunicode) if unicodedata.combining(chr(number))]
    starts = [number for number in marks if number - 1 not in marks]
    ends = [number for number in marks if number + 1 not in marks]
    return f"[{''.join(f'{chr(a)}-{chr(b)}' for a, b in zip(starts, ends, strict=True))}]"


def _trigrams(cursor: Any, using: str) -> bool:
    """Whether PostgreSQL has the extension, which an owner of a database may mostly create."""
    cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
    if cursor.fetchone():
        return True
    try:
        with transaction.atomic(using=using):
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError:  # it is not installed on that server, or we may not
        return False
    return True


def _postgresql(cursor: Any, model: type[Model]) -> None:
    """The index; its name has the columns in it, so that other ones make another index."""
    table, text = model._meta.db_table, _sql(model)
    name = f"{table[:40]}_sought_{sha256(text.encode()).hexdigest()[:8]}"
    cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = %s AND schemaname = current_schema()", [table])
    found = {row[0] for row in cursor.fetchall() if row[0].startswith(f"{table[:40]}_sought_")}
    for old in found - {name}:
        cursor.execute(f'DROP INDEX "{old}"')
    if name not in found:
        cursor.execute(f'CREATE INDEX "{name}" ON "{table}" USING gin (({text}) gin_trgm_ops)')
        cursor.execute(f'ANALYZE "{table}"')


def _sqlite(cursor: Any, model: Any) -> None:
    """The table of words and its three triggers. Where one is missing or another, all words are written anew. A row
    without a word, as each of Stripe's events that nobody wrote a note on, is not in it: that was half of its INSERT.
    """
    table = model._meta.db_table
    index, new = f"{table}_sought", _sql(model, "NEW.")
    columns = ", ".join(f'"{model._meta.get_field(name).column}"' for name in model.sought_in)
    changed = f"WHEN {_joined(model, 'NEW.')} IS NOT {_joined(model, 'OLD.')}"
    into, out = f'INSERT INTO "{index}"(rowid, text)', f'DELETE FROM "{index}" WHERE rowid = OLD.id'  # noqa: S608
    said = f"trim({_joined(model, 'NEW.')}) <> ''"
    again = f"{into} SELECT NEW.id, {new} WHERE {said}"
    acts = {  # the names are the site's own
        "insert": f'INSERT ON "{table}" WHEN {said} BEGIN {into} VALUES (NEW.id, {new}); END',  # noqa: S608
        "update": f'UPDATE OF {columns} ON "{table}" {changed} BEGIN {out}; {again}; END',
        "delete": f'DELETE ON "{table}" BEGIN {out}; END',
    }
    wanted = {f"{index}_{act}": f'CREATE TRIGGER "{index}_{act}" AFTER {words}' for act, words in acts.items()}
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
    found = {name: sql for name, sql in cursor.fetchall() if name.startswith(index)}
    if found == wanted:
        return
    with transaction.atomic():
        for name in found:
            cursor.execute(f'DROP TRIGGER "{name}"')
        cursor.execute(f'DROP TABLE IF EXISTS "{index}"')
        cursor.execute(f"CREATE VIRTUAL TABLE \"{index}\" USING fts5(text, tokenize = 'trigram')")
        cursor.execute(f"{into} SELECT id, {_sql(model)} FROM \"{table}\" WHERE trim({_joined(model, '')}) <> ''")  # noqa: S608
        for words in wanted.values():
            cursor.execute(words)
