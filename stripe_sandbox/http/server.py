"""Threading HTTP server that answers only to names of this machine (loopback)."""

import socket
import struct
import sys
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from .messages import Answer, Request, json_answer, loopback

LARGEST = 1024 * 1024


class Server(ThreadingHTTPServer):
    """Passes each request to `answer`; each connection has its thread."""

    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self, host: str, port: int, answer: Callable[[Request], Answer]) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), Handler)
        self.answer = answer

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a client that closed the connection: that is no error of ours."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            traceback.print_exc()


class Handler(BaseHTTPRequestHandler):
    """Reads one request after another from a keep-alive connection and writes their responses."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave in one packet
    disable_nagle_algorithm = True  # the rest of an answer over 8 kB waited 40 ms for the client's acknowledgement
    timeout = 65
    server: Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def _serve(self) -> None:
        try:
            answer = self._answer()
        except Exception:
            traceback.print_exc()
            error = {"message": "The sandbox itself failed; see its error output.", "type": "api_error"}
            answer = json_answer(500, {"error": error})
        if answer.cut:
            self._cut()
        else:
            self._write(answer)

    def _answer(self) -> Answer:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LARGEST or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            return json_answer(413, {"error": {"message": "Request too large.", "type": "invalid_request_error"}})
        body = self.rfile.read(int(length))
        host = urlsplit(f"//{self.headers.get('Host', '')}").hostname or ""
        if not loopback(host):
            message = f"The offline sandbox answers only to names of this machine, not to {host!r}."
            return json_answer(421, {"error": {"message": message, "type": "invalid_request_error"}})
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        method = "GET" if self.command == "HEAD" else self.command
        return self.server.answer(Request(method, path, query, headers, body))

    def _write(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        self.send_header("Server", self.version_string())
        self.send_header("Date", answer.headers.pop("Date", self.date_time_string()))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _cut(self) -> None:
        """Close the connection so that the other side sees a reset (RST)."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def version_string(self) -> str:
        return "stripe_sandbox"

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged: requests may carry card numbers of people who misread the page."""
