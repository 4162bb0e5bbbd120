"""A webhook receiver on a port of its own, for tests that look at what really arrives."""

import itertools
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue


class Receiver:
    """A webhook receiver: `heard` yields (headers, body) of each call; it answers the statuses given, then 200."""

    def __init__(self) -> None:
        self.heard: Queue = Queue()
        self.statuses: Iterator[int] = itertools.repeat(200)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                # Before it is answered: who sends one event after another is heard in that order.
                receiver.heard.put((dict(self.headers), body))
                status = next(receiver.statuses)
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", f"{receiver.url}elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)  # one at a time: heard in the order in which they came
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook/"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def answers(self, *statuses: int) -> None:
        """The next answers, one each; after them 200."""
        self.statuses = itertools.chain(statuses, itertools.repeat(200))

    def next(self) -> tuple[dict, bytes]:
        return self.heard.get(timeout=60)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
