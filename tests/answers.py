"""What Django's test client answers, and the parts of what it streams."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer  # noqa: F401 - a name that exists in types alone


def streamed(answer: HttpResponseBase) -> Iterator[bytes]:
    """The parts of a file or an export, one by one as they are made."""
    assert isinstance(answer, StreamingHttpResponse)
    return cast(Iterator[bytes], answer.streaming_content)
