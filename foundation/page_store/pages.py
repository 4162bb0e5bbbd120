"""A finished page: headers and body as they go out, in each encoding, made once."""

import gzip
import hashlib
import html
import json
import re
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

import brotli

Headers = list[tuple[str, str]]
# Of each answer anew, or none of a stored one: the store writes its own.
OURS = {"content-length", "content-encoding", "vary", "etag", "set-cookie", "date", "connection"}
WITHOUT_BODY = {"content-type", "content-length", "content-encoding", "content-language"}
QUALITY = 9  # of brotli: a tenth of the time of the best, for a twentieth more bytes
# No-Vary-Search: `params, except=("page" "topic")`. The parameters that a page goes by; without the header, none.
EXCEPT = re.compile(r"except=\(([^)]*)\)")


class Variant(NamedTuple):
    """One encoding of a page, with all its headers."""

    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """A finished page. `generation`: the publish generation it was made in. `made`: seconds since 1970, UTC.
    `params`: the parameters of a query that it goes by.
    """

    generation: str
    made: float
    etag: str
    plain: Variant
    gzip: Variant
    brotli: Variant
    unchanged: Headers  # of a 304
    params: frozenset[str]

    @property
    def size(self) -> int:
        """Bytes of its bodies."""
        return len(self.plain.body) + len(self.gzip.body) + len(self.brotli.body)

    def queries(self, path: str) -> set[str]:
        """Those by which it links to others of its own path, as `page=2`; none where it goes by no parameter."""
        if not self.params:
            return set()
        links = re.findall(r'href="([^"?#]*)\?([^"#]+)', self.plain.body.decode(errors="replace"))
        typed = [parse_qsl(html.unescape(query)) for where, query in links if where in ("", path)]
        return {normalised(dict(pairs), self.params) for pairs in typed} - {""}

    def variant(self, accepted: str) -> Variant:
        """The smallest that a reader takes, by Accept-Encoding. Whoever weighs (`q=`) refuses perhaps: plain."""
        if "q=0" in accepted:
            return self.plain
        if "br" in accepted:
            return self.brotli
        return self.gzip if "gzip" in accepted else self.plain


def normalised(typed: dict[str, str], params: frozenset[str]) -> str:
    """A query of those parameters alone that pages go by, in order: others change nothing."""
    return urlencode(sorted((name, value) for name, value in typed.items() if name in params))


def finish(generation: str, made: float, headers: Headers, body: bytes, old: Page | None = None) -> Page:
    """Pack a page, unless the old one has the same bytes. `headers` are those of the answer as the site gave it,
    uncompressed.
    """
    if old is not None and old.plain.body == body:
        return _page(generation, made, headers, body, old.gzip.body, old.brotli.body)
    return _page(generation, made, headers, body, gzip.compress(body, mtime=0), brotli.compress(body, quality=QUALITY))


def to_bytes(page: Page, key: tuple[str, ...]) -> bytes:
    """One line of JSON, then the three bodies."""
    bodies = [page.plain.body, page.gzip.body, page.brotli.body]
    headers = [each for each in page.plain.headers if each[0].lower() not in OURS]
    told = {"key": key, "generation": page.generation, "made": page.made, "headers": headers}
    return json.dumps(told | {"lengths": [len(body) for body in bodies]}).encode() + b"\n" + b"".join(bodies)


def key_of(head: bytes) -> list[str]:
    """Of the first line of a file. Raises ValueError."""
    try:
        key = json.loads(head)["key"]
    except (KeyError, TypeError) as error:
        raise ValueError("not a finished page") from error
    if not isinstance(key, list) or not all(isinstance(part, str) for part in key):
        raise ValueError("not a finished page")
    return key


def from_bytes(raw: bytes) -> Page:
    """Raises ValueError for anything that `to_bytes` did not write whole."""
    head, _, rest = raw.partition(b"\n")
    told = json.loads(head)
    try:
        first, second, third = told["lengths"]
        headers = [(str(name), str(value)) for name, value in told["headers"]]
        generation, made = str(told["generation"]), float(told["made"])
    except (KeyError, TypeError) as error:
        raise ValueError("not a finished page") from error
    if len(rest) != first + second + third:
        raise ValueError("half a page")
    plain, packed, smallest = rest[:first], rest[first : first + second], rest[first + second :]
    return _page(generation, made, headers, plain, packed, smallest)


def _page(generation: str, made: float, headers: Headers, plain: bytes, packed: bytes, smallest: bytes) -> Page:
    etag = f'W/"{hashlib.sha256(plain).hexdigest()[:32]}"'  # weak: the same words, whichever way they are packed
    kept = [(name, value) for name, value in headers if name.lower() not in OURS]
    own = [*kept, ("Vary", "Accept-Encoding"), ("ETag", etag)]

    def variant(body: bytes, encoding: str) -> Variant:
        more = [("Content-Encoding", encoding)] if encoding else []
        return Variant([*own, ("Content-Length", str(len(body))), *more], body)

    unchanged = [(name, value) for name, value in own if name.lower() not in WITHOUT_BODY]
    told = EXCEPT.search(next((value for name, value in kept if name.lower() == "no-vary-search"), ""))
    params = frozenset(re.findall(r'"(\w+)"', told[1]) if told else ())
    packs = variant(plain, ""), variant(packed, "gzip"), variant(smallest, "br")
    return Page(generation, made, etag, *packs, unchanged, params)
