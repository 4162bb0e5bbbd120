"""HTTP load generator: requests to a server on this machine as fast as it answers, over keep-alive connections."""

import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPResponse
from typing import cast

from benchmarks.measure import MeasureError

AT_ONCE = 8  # connections, each of which waits for its response before its next request
PATIENCE = 60  # seconds, timeout without any response
BUSY = b"HTTP/1.1 503 "


def request(port: int, path: str, body: bytes | None = None, **headers: str) -> bytes:
    """Return a request as bytes on the wire. `X_Forwarded_For=` is the header X-Forwarded-For."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", f"Host: localhost:{port}"]
    if body is not None:
        named["Content-Length"] = str(len(body))
    lines += [f"{name}: {value}" for name, value in named.items()]
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


def once(port: int, path: str, **headers: str) -> tuple[HTTPResponse, bytes]:
    """Send one request and return the whole response, chunked or not."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request("GET", path, headers={"Host": f"localhost:{port}"} | named)
        answer = connection.getresponse()
        return answer, answer.read()
    except OSError as error:
        raise MeasureError(f"No answer from {path}: {error}.") from error
    finally:
        connection.close()


def many(
    port: int, requests: Iterator[bytes], seconds: float, wanted: int = 200, busy: bool = False
) -> tuple[int, float]:
    """Return the number of responses, and the seconds. The last ones are waited for, so that every request counts.
    `busy`: the server may say that it is (503), which is no answer; it is asked until there is one.
    """
    began = last = time.perf_counter()
    answers, good = 0, f"HTTP/1.1 {wanted} ".encode()
    with selectors.DefaultSelector() as selector, ExitStack() as lines:
        for _line in range(AT_ONCE):
            line = lines.enter_context(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE))
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line.sendall(next(requests))
            selector.register(line, selectors.EVENT_READ, bytearray())
        while selector.get_map():
            ready = selector.select(PATIENCE)
            if not ready:
                raise MeasureError(f"The server did not answer within {PATIENCE} seconds.")
            for key, _mask in ready:
                line, answer = cast(socket.socket, key.fileobj), key.data
                got = line.recv(1 << 16)
                answer.extend(got)
                if got and not _whole(answer):
                    continue
                refused = busy and answer.startswith(BUSY)
                if not refused and not answer.startswith(good):
                    said = bytes(answer).partition(b"\r\n")[0].decode(errors="replace") or "nothing"
                    raise MeasureError(f"The server answered {said} where {wanted} was wanted.")
                answers, last = answers + (not refused), time.perf_counter()
                answer.clear()
                if last - began < seconds or not answers:
                    line.sendall(next(requests))
                else:
                    selector.unregister(line)
    return answers, last - began


def _whole(data: bytearray) -> bool:
    """Whether a response with Content-Length is complete."""
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return False
    words = bytes(data[:head]).lower()
    _before, found, after = words.partition(b"\r\ncontent-length:")
    if not found:
        raise MeasureError("A server did not say how long its answer is.")
    return len(data) >= head + 4 + int(after.partition(b"\r\n")[0])
