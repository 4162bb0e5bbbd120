"""Search API as Stripe has it: `status:'active' AND metadata['gift']:'7'`, over one type of object, page by page."""

import re
from typing import Any

from ..store.books import Books, Thing
from ..store.errors import bad_value
from .listings import Handler

CLAUSE = re.compile(
    r"\s*(-?)(?:(metadata)\[(['\"])(?P<key>.+?)\3\]|([a-z_.]+))\s*(:|>=|<=|>|<|~)\s*(?:(['\"])(?P<text>.*?)\7|(?P<number>-?\d+))\s*"
)
SIGNS = {":": "=", ">": ">", "<": "<", ">=": ">=", "<=": "<="}


def of(kind: str, url: str, *fields: str) -> Handler:
    """Search handler for one type of object by these fields, `created` and metadata. Here the index has no delay."""

    def answer(books: Books, params: Thing) -> Thing:
        where, values = _sql(params["query"], {"created", *fields})
        limit, page = params.get("limit", 10), params.get("page", "0")
        start = int(page) if page.isascii() and page.isdigit() else 0
        found = books.select(kind, f"json_extract(body, '$.deleted') IS NULL AND ({where})", tuple(values))[::-1]
        data, more = found[start : start + limit], len(found) > start + limit
        return {
            "object": "search_result",
            "url": url,
            "has_more": more,
            "data": data,
            "next_page": str(start + limit) if more else None,
        }

    return answer


def _sql(query: str, fields: set[str]) -> tuple[str, list[Any]]:
    """Clauses joined by AND or by OR, never both, as at Stripe."""
    parts = re.split(r"\s+(AND|OR)\s+", query.strip())
    words = set(parts[1::2])
    if len(words) > 1:
        raise bad_value("query", "A search query can use AND or OR, not both.")
    clauses, values = [], []
    for part in parts[::2]:
        match = CLAUSE.fullmatch(part)
        if match is None or (match[2] is None and match[5] not in fields):
            raise bad_value("query", f"We were unable to parse your search query: {part!r}.")
        name = f'metadata."{match["key"]}"' if match[2] else match[5]
        if '"' in (match["key"] or "") or match[6] not in SIGNS:
            raise bad_value("query", f"This offline sandbox cannot search for {part!r}.")
        clauses.append(f"{'NOT ' if match[1] else ''}COALESCE(json_extract(body, ?) {SIGNS[match[6]]} ?, 0)")
        values += [f"$.{name}", match["text"] if match["number"] is None else int(match["number"])]
    return f" {words.pop() if words else 'AND'} ".join(clauses), values
