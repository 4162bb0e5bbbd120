"""A finished page: headers and body as they go out, in each encoding, made once."""

import gzip
import hashlib
import json
from dataclasses import dataclass
from typing import NamedTuple

import brotli

Headers = list[tuple[str, str]]
# Of each answer anew, or none of a stored one: the store writes its own.
OURS = {"content-length", "content-encoding", "vary", "etag", "set-cookie", "date", "connection"}
WITHOUT_BODY = {"content-type", "content-length", "content-encoding", "content-language"}


class Variant(NamedTuple):
    """One encoding of a page, with all its headers."""

    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """A finished page. `generation`: the publish generation it was made in. `made`: seconds since 1970, UTC."""

    generation: int
    made: float
    etag: str
    plain: Variant
    gzip: Variant
    brotli: Variant
    unchanged: Headers  # of a 304

    @property
    def size(self) -> int:
        """Bytes of its bodies."""
        return len(self.plain.body) + len(self.gzip.body) + len(self.brotli.body)

    def variant(self, accepted: str) -> Variant:
        """The smallest that a reader takes, by Accept-Encoding. Whoever weighs (`q=`) refuses perhaps: plain."""
        if "q=0" in accepted:
            return self.plain
        if "br" in accepted:
            return self.brotli
        return self.gzip if "gzip" in accepted else self.plain


def finish(generation: int, made: float, headers: Headers, body: bytes) -> Page:
    """Pack a page. `headers` are those of the answer as the site gave it, uncompressed."""
    return _page(generation, made, headers, body, gzip.compress(body, 9, mtime=0), brotli.compress(body))


def to_bytes(page: Page, headers: Headers) -> bytes:
    """One line of JSON, then the three bodies."""
    bodies = [page.plain.body, page.gzip.body, page.brotli.body]
    told = {"generation": page.generation, "made": page.made, "headers": headers, "lengths": list(map(len, bodies))}
    return json.dumps(told).encode() + b"\n" + b"".join(bodies)


def from_bytes(raw: bytes) -> Page:
    """Raises ValueError for anything that `to_bytes` did not write whole."""
    head, _, rest = raw.partition(b"\n")
    told = json.loads(head)
    try:
        first, second, third = told["lengths"]
        headers = [(str(name), str(value)) for name, value in told["headers"]]
        generation, made = int(told["generation"]), float(told["made"])
    except (KeyError, TypeError) as error:
        raise ValueError("not a finished page") from error
    if len(rest) != first + second + third:
        raise ValueError("half a page")
    plain, packed, smallest = rest[:first], rest[first : first + second], rest[first + second :]
    return _page(generation, made, headers, plain, packed, smallest)


def kept_headers(headers: Headers) -> Headers:
    """Those of an answer that its finished page keeps."""
    return [(name, value) for name, value in headers if name.lower() not in OURS]


def _page(generation: int, made: float, headers: Headers, plain: bytes, packed: bytes, smallest: bytes) -> Page:
    etag = f'W/"{hashlib.sha256(plain).hexdigest()[:32]}"'  # weak: the same words, whichever way they are packed
    own = [*kept_headers(headers), ("Vary", "Accept-Encoding"), ("ETag", etag)]

    def variant(body: bytes, encoding: str) -> Variant:
        more = [("Content-Encoding", encoding)] if encoding else []
        return Variant([*own, ("Content-Length", str(len(body))), *more], body)

    unchanged = [(name, value) for name, value in own if name.lower() not in WITHOUT_BODY]
    return Page(generation, made, etag, variant(plain, ""), variant(packed, "gzip"), variant(smallest, "br"), unchanged)
