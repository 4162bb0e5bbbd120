"""A mail server that counts: what it holds was mailed, whatever the site's rows say. It is away, slow, or refuses."""

import email
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Callable


class MailServer:
    """Listens on loopback until stopped. `letters` counts deliveries by the mark that each letter carries.

    `slow`: seconds before each answer. `refused`: an address that it does not know (550). `heard` counts what it was
    asked, by "connections" and "refused".
    """

    def __init__(self) -> None:
        self.letters: Counter[str] = Counter()
        self.heard: Counter[str] = Counter()
        self.slow = 0.0
        self.refused = ""
        self._lock = threading.Lock()
        self._start(0)

    def _start(self, port: int) -> None:
        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def take(self, message: bytes) -> None:
        with self._lock:
            self.letters[email.message_from_bytes(message)["X-Letter"] or "without a mark"] += 1

    def stop(self) -> None:
        """From now on nobody can connect."""
        self._server.shutdown()
        self._server.server_close()

    def come_back(self) -> None:
        """After `stop`: at the same address, with what it had taken."""
        self._start(self.port)


def _handler(server: MailServer) -> Callable[..., socketserver.BaseRequestHandler]:
    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            server.heard["connections"] += 1
            self._say("220 ready")
            while line := self.rfile.readline():
                word = line[:4].upper().strip()
                if word == b"DATA":
                    self._say("354 go on")
                    message = self._message()
                    if message is None:
                        return
                    server.take(message)
                    self._say("250 taken")
                elif word == b"RCPT" and server.refused and server.refused.encode() in line:
                    server.heard["refused"] += 1
                    self._say("550 5.1.1 no such mailbox")
                elif word == b"QUIT":
                    self._say("221 bye")
                    return
                else:
                    self._say("250 ok")

        def _message(self) -> bytes | None:
            """None: whoever sends it died before its end. No server delivers such a one."""
            lines = []
            while (line := self.rfile.readline()) != b".\r\n":
                if not line:
                    return None
                lines.append(line)
            return b"".join(lines)

        def _say(self, words: str) -> None:
            time.sleep(server.slow)  # waits for nothing: it is slow
            self.wfile.write(f"{words}\r\n".encode())

    return Conversation
