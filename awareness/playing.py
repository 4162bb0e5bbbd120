"""Documents as Wagtail serves them, and parts of them: Safari plays no film or sound from a site that cannot."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from wagtail.documents.views.serve import serve as whole

RANGE = re.compile(r"bytes=(\d*)-(\d*)")  # one part; whoever asks for several at once gets the whole
PIECE = 64 * 1024  # bytes read at once


@require_safe
def serve(request: HttpRequest, number: int, name: str) -> HttpResponseBase:
    """The document, or the part that `Range` asks for (RFC 9110, section 14). Whether the reader may have it, whether
    it changed, and its headers are Wagtail's business.
    """
    try:
        response = whole(request, number, name)
    except FileNotFoundError:
        return HttpResponse(status=404)
    if response.headers.get("Content-Type", "").startswith("audio/"):
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # podcast players on other sites
    file = getattr(response, "file_to_stream", None)
    if response.status_code != 200 or not isinstance(response, FileResponse) or file is None:
        return response
    response.headers["Accept-Ranges"] = "bytes"
    size = int(response.headers["Content-Length"])
    if request.method == "HEAD":
        response.streaming_content = []  # nothing is read of a file that nobody gets; closing the answer closes it
        return response
    part = _part(request.headers.get("Range", ""), size) if _same(request, response) else None
    if part is None:
        return response
    first, last = part
    if first > last:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"})
    file.seek(first)
    response.status_code = 206
    response.headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    response.headers["Content-Length"] = str(last - first + 1)
    response.streaming_content = _pieces(file, last - first + 1)
    return response


def _same(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether the file is still the one of which the reader has a part: by If-Range, an ETag or a date."""
    known = request.headers.get("If-Range")
    return known is None or known in (response.headers.get("ETag"), response.headers.get("Last-Modified"))


def _part(wanted: str, size: int) -> tuple[int, int] | None:
    """First and last byte. None: give the whole. First beyond last: there is no such part."""
    found = RANGE.fullmatch(wanted.strip())
    if found is None or wanted.strip() == "bytes=-":
        return None
    begin, end = found[1], found[2]
    if not begin:  # the last so many bytes
        length = int(end)
        return (max(size - length, 0), size - 1) if length else (size, size - 1)
    if end and int(end) < int(begin):
        return None
    first = int(begin)
    return (first, min(int(end), size - 1) if end else size - 1) if first < size else (size, size - 1)


def _pieces(file: BinaryIO, left: int) -> Iterator[bytes]:
    while left > 0:
        piece = file.read(min(PIECE, left))
        if not piece:
            return
        left -= len(piece)
        yield piece
