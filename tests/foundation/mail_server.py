"""A mail server on loopback that says what a test wants it to say, and keeps what it took."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

HANG, CLOSE = "hang", "close"  # in the place of an answer: none until the end of the test, or the connection is closed
Answer = str | Callable[[], str]


class MailServer:
    """`answers`: what it says to a word that begins a line, to GREETING and to END (of a message). Others it welcomes.

    `taken` holds each whole message, whatever was answered; `heard` each word.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.taken: list[str] = []
        self.heard: list[str] = []
        self.connections = 0
        self.over = threading.Event()
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def answer(self, word: str) -> str:
        known = {"EHLO": "250-here\r\n250 AUTH PLAIN", "AUTH": "235 come in", "DATA": "354 go on", "QUIT": "221 bye"}
        said = self.answers.get(word, known.get(word, "250 ok"))
        return said() if callable(said) else said

    def stop(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()


def _handler(server: MailServer) -> type[socketserver.StreamRequestHandler]:
    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            server.connections += 1
            going = self._say("GREETING") if "GREETING" in server.answers else self._write("220 ready")
            while going and (line := self.rfile.readline()):
                word = line[:4].decode().upper().strip()
                server.heard.append(word)
                going = self._say(word) and word != "QUIT"
                if going and word == "DATA" and server.answer("DATA").startswith("354"):
                    going = self._message()

        def _message(self) -> bool:
            lines = []
            while (line := self.rfile.readline()) and line != b".\r\n":
                lines.append(line.decode())
            server.taken.append("".join(lines))
            return self._say("END")

        def _say(self, word: str) -> bool:
            said = server.answer(word)
            if said == HANG:
                server.over.wait()
            return said not in (HANG, CLOSE) and self._write(said)

        def _write(self, words: str) -> bool:
            self.wfile.write(f"{words}\r\n".encode())
            return True

    return Conversation


@contextmanager
def running() -> Iterator[MailServer]:
    server = MailServer()
    try:
        yield server
    finally:
        server.stop()
