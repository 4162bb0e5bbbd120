"""The other end of the wire: an HTTP server in this process that writes down what Stripe's library really sends."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Asked:
    """One call. `fields` are those of the address or of the body, as Stripe would read them."""

    method: str
    path: str
    fields: dict[str, str]
    headers: dict[str, str]


@dataclass
class Wire:
    """Answers with what lies at an address (`things`), else with `answers` in their order; the last of them stays."""

    things: dict[str, dict] = field(default_factory=dict)
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    takes: Callable[[], None] = lambda: None  # called before each answer

    def __enter__(self) -> "Wire":
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.block_on_close = False
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        return self

    def __exit__(self, *exc: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, *bodies: dict, status: int = 200) -> None:
        self.answers += [(status, json.dumps(body).encode()) for body in bodies]

    def refuse(self, status: int, **error: str) -> None:
        self.answer({"error": error}, status=status)

    def lay(self, path: str, *rows: dict, **thing: object) -> None:
        """An object at its address, or a list of such."""
        self.things[f"/v1/{path}"] = thing or {"object": "list", "has_more": False, "data": list(rows)}

    def only(self) -> Asked:
        (asked,) = self.asked
        return asked

    def take(self, path: str) -> tuple[int, bytes]:
        self.takes()
        if path in self.things:
            return 200, json.dumps(self.things[path]).encode()
        if not self.answers:
            return 404, b'{"error": {"message": "Nothing lies there.", "type": "invalid_request_error"}}'
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def _handler(wire: Wire) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            fields = dict(parse_qsl(address.query or body, keep_blank_values=True))
            wire.asked.append(Asked(self.command, address.path, fields, dict(self.headers)))
            status, answer = wire.take(address.path)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET  # noqa: N815 - the library's name

        def log_message(self, *args: object) -> None:
            """Nothing: the calls stand in `asked`."""

    return Handler
