"""Client IP address of a request, as far as our own proxies vouch for it (X-Forwarded-For)."""

import ipaddress
import re

from django.conf import settings
from django.http import HttpRequest

WITH_PORT = re.compile(r"^(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)$")  # as some proxies write it


def of(request: HttpRequest, *args: object) -> str:
    """Return the client's IP address. X-Forwarded-For counts from the right, by as many proxies as are ours: what
    stands further left was written by the client and proves nothing.
    """
    direct = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        if len(hops) >= settings.TRUSTED_PROXIES:
            direct = hops[-settings.TRUSTED_PROXIES]
    direct = WITH_PORT.sub(r"\1\2", direct)
    return direct if _is_address(direct) else "0.0.0.0"  # noqa: S104 - a placeholder for a socket without address


def block(address: str) -> str:
    """Return the address block that one person has, for rate limits: an IPv4 address, or an IPv6 /64."""
    parsed = ipaddress.ip_address(address)
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network(f"{address}/64", strict=False))


def network(block: str) -> str:
    """Return the network around such a block, for limits on one sender with many addresses: of IPv4 a /24, of IPv6 a
    /48, the most that one customer of a provider or a rented server gets.
    """
    parsed = ipaddress.ip_network(block, strict=False)
    return str(parsed.supernet(new_prefix=24 if parsed.version == 4 else 48))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
