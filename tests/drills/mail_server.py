"""A mail server that takes everything and counts: what it holds was mailed, whatever the site's rows say."""

import email
import socketserver
import threading
from collections import Counter


class MailServer:
    """Listens on loopback until stopped. `letters` counts deliveries by the mark that each letter carries."""

    def __init__(self) -> None:
        self.letters: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _handler(self._take))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._server.server_address[1]}"

    def _take(self, message: bytes) -> None:
        with self._lock:
            self.letters[email.message_from_bytes(message)["X-Letter"] or "without a mark"] += 1

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(take):
    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 ready")
            while line := self.rfile.readline():
                word = line[:4].upper().strip()
                if word == b"DATA":
                    self._say("354 go on")
                    take(self._message())
                    self._say("250 taken")
                elif word == b"QUIT":
                    self._say("221 bye")
                    return
                else:
                    self._say("250 ok")

        def _message(self) -> bytes:
            lines = []
            while (line := self.rfile.readline()) and line != b".\r\n":
                lines.append(line)
            return b"".join(lines)

        def _say(self, words: str) -> None:
            self.wfile.write(f"{words}\r\n".encode())

    return Conversation
