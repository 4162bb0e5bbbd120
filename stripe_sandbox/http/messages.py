"""HTTP requests and responses, and the check that a host is this machine's own (loopback)."""

import ipaddress
import json
import secrets
import string
from dataclasses import dataclass, field
from typing import Any

INDENT: int | None = 2  # of JSON, for who reads it; without one it is written several times faster


@dataclass
class Request:
    """One HTTP request as the server read it; header names are lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def base(self) -> str:
        """Scheme and host as the client wrote them: URLs we hand out begin with it."""
        return f"http://{self.headers.get('host', '127.0.0.1')}"


@dataclass
class Answer:
    """One HTTP response; `cut` closes the connection instead of sending anything."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


def request_id() -> str:
    """A request id, as Stripe's Request-Id: of no use but to be quoted."""
    return f"req_{''.join(secrets.choice(string.ascii_letters + string.digits) for _ in range(14))}"


def json_answer(status: int, body: Any, headers: dict[str, str] | None = None) -> Answer:
    text = json.dumps(body, indent=INDENT, ensure_ascii=False).encode()
    return Answer(status, text, {"Content-Type": "application/json", **(headers or {})})


def loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own loopback."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
