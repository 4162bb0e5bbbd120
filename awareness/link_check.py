"""Link probe of another site by HTTP: few requests, short timeouts, and only on the public internet (SSRF)."""

import http.client
import ipaddress
import socket
import ssl
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from django.conf import settings

TIMEOUT = 5.0  # seconds, timeout of connecting and of each read
HOPS = 4  # redirects followed at most
PORTS = {"http": 80, "https": 443}
WRAPPED = [ipaddress.ip_network(each) for each in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")]


class RefusedError(Exception):
    """A URL that we do not probe: of another scheme or port, or not on the public internet."""


class Answer(NamedTuple):
    """The status of the last response, None where there was none, with the reason."""

    status: int | None
    why: str = ""
    refused: bool = False


def probe(address: str) -> Answer:
    """Probe a URL by HEAD, or GET where HEAD is not taken. Never raises. No body is read, no cookie is sent."""
    try:
        first = _follow(address, "HEAD")
        if first.status is not None and first.status < 400:
            return first
    except RefusedError as error:
        return Answer(None, str(error), refused=True)
    except (OSError, http.client.HTTPException, ValueError):
        pass  # some servers close the connection on HEAD
    try:
        return _follow(address, "GET")
    except RefusedError as error:
        return Answer(None, str(error), refused=True)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(None, f"{type(error).__name__}: {error}"[:200])


def public(ip: str) -> bool:
    """Whether an IP address belongs to the public internet: not to this machine, our network or a tunnel into it."""
    found = ipaddress.ip_address(ip.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return public(str(found.ipv4_mapped))
        if any(found in network for network in WRAPPED):
            return False
    return found.is_global and not found.is_multicast


def _follow(address: str, method: str) -> Answer:
    for _hop in range(HOPS + 1):
        status, onward = _once(address, method)
        if status not in (301, 302, 303, 307, 308) or not onward:
            return Answer(status)
        address = urljoin(address, onward)
    return Answer(status, "redirects without end")


def _once(address: str, method: str) -> tuple[int, str]:
    parts = urlsplit(address)
    port = parts.port or PORTS.get(parts.scheme, 0)
    if parts.scheme not in PORTS or port != PORTS[parts.scheme] or not parts.hostname or parts.username:
        raise RefusedError("not an ordinary web address")
    host = parts.hostname.encode("idna").decode()
    # Against DNS rebinding: the name is resolved once, and the connection goes to the address that was checked: a name
    # that changes between check and connection leads nowhere else.
    pipe = _connected(host, port)
    if parts.scheme == "https":
        pipe = ssl.create_default_context().wrap_socket(pipe, server_hostname=host)
    connection = http.client.HTTPConnection(host, timeout=TIMEOUT)
    connection.sock = pipe
    try:
        wanted = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        named = f"RoadOut-link-check (+{settings.BASE_URL})"
        connection.request(method, wanted, headers={"User-Agent": named, "Accept": "*/*", "Connection": "close"})
        response = connection.getresponse()
        return response.status, response.getheader("Location") or ""
    finally:
        connection.close()


def _connected(host: str, port: int) -> socket.socket:
    """Connect to the resolved address. Raises RefusedError when any address of the name is not public."""
    found = [each[4] for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not found or not all(public(str(each[0])) for each in found):
        raise RefusedError("not on the public internet")
    return socket.create_connection((str(found[0][0]), port), timeout=TIMEOUT)
