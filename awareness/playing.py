"""File serving: documents as downloads, films and sounds with range requests (Safari needs them), pictures inline.

Each has the content type that its bytes say, and none of them runs anything.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.exceptions import PermissionDenied, SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import add_never_cache_headers
from django.utils.http import http_date
from django.views.decorators.http import require_safe
from wagtail import hooks
from wagtail.documents import get_document_model
from wagtail.documents.views.serve import serve as whole
from wagtail.images import get_image_model
from wagtail.images.permissions import permission_policy
from wagtail.models import BaseViewRestriction, Page
from wagtail.utils.sendfile_streaming_backend import was_modified_since

from staff import file_kinds, gate

RANGE = re.compile(r"bytes=(\d*)-(\d*)")  # one range; a request for several ranges gets the whole file
PIECE = 64 * 1024  # bytes read at once
NOTHING_RUNS = "default-src 'none'; sandbox"
ARTWORK = ".original.format-jpeg.jpg"  # suffix of the renditions that podcast_feed.py makes
OF_STAFF = (BaseViewRestriction.LOGIN, BaseViewRestriction.GROUPS)


@require_safe
def serve(request: HttpRequest, number: int, name: str) -> HttpResponseBase:
    """Serve the document, or the byte range of `Range`. Permission and ETag are Wagtail's business. What does not play
    on a page is sent as an attachment.
    """
    document = get_object_or_404(get_document_model().objects.select_related("collection"), pk=number)
    try:
        response = whole(request, number, name)
    except FileNotFoundError:
        return HttpResponse(status=404)
    if document.collection.get_view_restrictions().exists():
        add_never_cache_headers(response)
    file = getattr(response, "file_to_stream", None)
    if response.status_code != 200 or not isinstance(response, FileResponse) or file is None:
        return response
    found = file_kinds.type_of(file, document.file_extension)
    file.seek(0)
    response.headers["Content-Type"] = found or "application/octet-stream"
    plays = found and document.file_extension.lower() in file_kinds.PLAYED
    manner = "inline" if plays else "attachment"
    _, _, called = response.headers["Content-Disposition"].partition(";")
    response.headers["Content-Disposition"] = f"{manner};{called}"
    response.headers["Content-Security-Policy"] = NOTHING_RUNS
    del response.headers["Content-Encoding"]  # Wagtail sends the word "None", an encoding that nobody knows
    if str(found).startswith("audio/"):
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # podcast players on other sites
    return _in_parts(request, response, file)


@require_safe
def picture(request: HttpRequest, folder: str, name: str) -> HttpResponseBase:
    """Serve /media/: renditions, and portraits of staff. Neither documents nor originals."""
    if re.search(r"\.original\.\w+$", name):
        raise Http404
    try:
        file = default_storage.open(f"{folder}/{name}")
    except (OSError, SuspiciousFileOperation, ValueError) as error:
        raise Http404 from error
    response = _shown(request, file)
    if name.endswith(ARTWORK):
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # podcast players on other sites show it
    return response


@require_safe
def original(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Serve an original picture, to staff who may change it."""
    image = get_object_or_404(get_image_model(), pk=pk)
    if not permission_policy.user_has_permission_for_instance(request.user, "change", image):
        raise PermissionDenied
    try:
        return _shown(request, image.file.storage.open(image.file.name))
    except OSError as error:
        raise Http404 from error


def _shown(request: HttpRequest, file: Any) -> HttpResponseBase:
    found = file_kinds.picture_type(file)
    if found is None:
        file.close()
        raise Http404
    file.seek(0)
    changed = int(Path(file.name).stat().st_mtime)
    if not was_modified_since(request.headers.get("If-Modified-Since"), changed):
        file.close()
        return HttpResponse(status=304)
    response = FileResponse(file, content_type=found)
    response.headers["Content-Disposition"] = "inline"
    response.headers["Content-Length"] = str(file.size)
    response.headers["Last-Modified"] = http_date(changed)
    response.headers["Content-Security-Policy"] = NOTHING_RUNS
    return _in_parts(request, response, file)


@hooks.register("before_serve_document", order=-1)
def staff_with_a_factor(document: Any, request: HttpRequest) -> HttpResponse | None:
    """Wagtail hook: a document that is private to staff needs a second factor; a password alone opens none."""
    kept = document.collection.get_view_restrictions().filter(restriction_type__in=OF_STAFF).exists()
    return gate.before_the_private(request) if kept else None


@hooks.register("before_serve_page", order=-1)
def readers_with_a_factor(page: Page, request: HttpRequest, args: Any, kwargs: Any) -> HttpResponse | None:
    """Wagtail hook: the same for a page. Without a session cookie nobody is signed in, and Wagtail refuses: the session
    is not read then, and no Vary is sent.
    """
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    kept = any(each.restriction_type in OF_STAFF for each in page.get_view_restrictions())
    return gate.before_the_private(request) if kept else None


def _in_parts(request: HttpRequest, response: FileResponse, file: Any) -> HttpResponseBase:
    """Return the whole response, or 206 with the byte range of `Range` (RFC 9110, section 14)."""
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
    """Whether the file is still the one of which the reader has a part: If-Range, by ETag or date."""
    known = request.headers.get("If-Range")
    return known is None or known in (response.headers.get("ETag"), response.headers.get("Last-Modified"))


def _part(wanted: str, size: int) -> tuple[int, int] | None:
    """Parse `Range`: first and last byte. None: send the whole. First beyond last: not satisfiable (416)."""
    found = RANGE.fullmatch(wanted.strip())
    if found is None or wanted.strip() == "bytes=-":
        return None
    begin, end = found[1], found[2]
    if not begin:  # suffix range: the last so many bytes
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
